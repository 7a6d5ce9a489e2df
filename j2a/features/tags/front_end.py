"""What the tag networks look at: log-mel spectra as librosa makes them, in patches of three seconds.

n samples at 16 kHz, F frames of 256 samples, B patches.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from j2a.features import mel
from j2a.features.fast import spectra

Array = NDArray[np.float32]
SAMPLE_RATE = 16_000
PATCH_FRAMES, BANDS = 187, 96
MAX_PATCHES = 10  # of a whole song: half a minute of it, from everywhere
_FRAME, _HOP = 512, 256
_GAIN = 10_000  # log-mel = log10(10,000 power + 1)


def patches(samples: Array) -> Array:
    """Log-mel patches, float32 (B, 187, 96), of samples, float32 (n,), at 16 kHz.

    One after the other, an incomplete last one left out; where there are more than ten, ten spread evenly. Less than
    three seconds are repeated until they fill a patch.
    """
    if len(samples) <= _HOP:
        raise ValueError(f"{len(samples)} samples are less than a frame")
    frames = 1 + len(samples) // _HOP
    if frames < PATCH_FRAMES:
        spectrum = _log_mel(np.pad(samples, _HOP, "reflect"))
        return np.resize(spectrum, (1, PATCH_FRAMES, BANDS))  # repeats it along time
    return np.stack([_log_mel(_seen(samples, start)) for start in _starts(frames)])


def _starts(frames: int) -> list[int]:
    """The first frames of the patches."""
    count = frames // PATCH_FRAMES
    if count <= MAX_PATCHES:
        return [PATCH_FRAMES * number for number in range(count)]
    spread: list[int] = np.linspace(0, frames - PATCH_FRAMES, MAX_PATCHES).round().astype(int).tolist()
    return spread


def _seen(samples: Array, start: int) -> Array:
    """The samples that a patch's frames see, the first centred on sample ``start * 256``; mirrored at both ends."""
    first = (start - 1) * _HOP
    last = first + (PATCH_FRAMES + 1) * _HOP
    before, after = max(0, -first), max(0, last - len(samples))
    return np.pad(samples[max(0, first) : last], (before, after), "reflect")


def _log_mel(samples: Array) -> Array:
    """(F, 96) of samples with a hop of context on both sides."""
    power = np.square(spectra.magnitudes(samples, _FRAME, _HOP, mel.hann(_FRAME)))
    log_mel: Array = np.log10(power @ mel.filters(SAMPLE_RATE, _FRAME, BANDS) * np.float32(_GAIN) + np.float32(1))
    return log_mel


def power_of(log_mel: Array) -> Array:
    """What :func:`patches` took the logarithm of."""
    power: Array = (np.float32(10) ** log_mel - np.float32(1)) / np.float32(_GAIN)
    return power
