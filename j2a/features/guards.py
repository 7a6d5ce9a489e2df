"""What must be true of sound before it is measured: madmom answers silence, noise and NaN with confident nonsense."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from j2a.features.madmom_door import SAMPLE_RATE

MIN_DURATION_S = 2.0  # key activations are NaN below about 1.5 s
MAX_DURATION_S = 600.0  # beat decoding takes about 9.5 MB of memory a second of sound
SILENCE_PEAK = 1e-3  # -60 dBFS
# A partial stands out of its neighbourhood by this factor in magnitude; noise (Rayleigh) does so 0.2 % of the time.
PARTIAL_FACTOR = 3.0
# Share of the energy between 60 Hz and 2.6 kHz, madmom's range for keys and chords, that must be in partials.
MIN_TONAL_SHARE = 0.25

_WINDOW, _LOW_HZ, _HIGH_HZ, _NEIGHBOURS = 8192, 60, 2600, 41


def fault(samples: NDArray[np.float32]) -> str | None:
    """Why nothing can be measured in float32 (T,) mono samples at 44.1 kHz, as one sentence; ``None`` if it can."""
    if samples.ndim != 1:
        raise ValueError(f"expected mono samples (T,), not an array of shape {samples.shape}")
    if len(samples) < MIN_DURATION_S * SAMPLE_RATE:
        return (f"The section is too short: {len(samples) / SAMPLE_RATE:.1f} s, and at least "
                f"{MIN_DURATION_S:.0f} s are needed.")
    if not np.isfinite(samples).all():
        return "The samples hold NaN or infinite values: the file is damaged."
    peak = float(np.abs(samples).max())
    if peak < SILENCE_PEAK:
        return f"The section is silent (no sample above {20 * np.log10(SILENCE_PEAK):.0f} dBFS)."
    return None


def too_long(duration_s: float) -> str | None:
    """Why a section of that length is not measured; ``None`` if it is."""
    if duration_s <= MAX_DURATION_S:
        return None
    return (f"The section is {duration_s / 60:.0f} minutes long: measuring more than {MAX_DURATION_S / 60:.0f} minutes "
            "at once would take too much memory. Choose a shorter section.")


def not_tonal(samples: NDArray[np.float32]) -> str | None:
    """Why keys and chords cannot be told, when the sound is noise or drums only; ``None`` if they can."""
    share = tonal_share(samples)
    if share >= MIN_TONAL_SHARE:
        return None
    return f"The section is noise or unpitched sound: only {share:.0%} of its energy is in tones."


def tonal_share(samples: NDArray[np.float32]) -> float:
    """Share (0 to 1) of the energy in 60 Hz to 2.6 kHz that is in partials: bins far above the median around them.

    ``samples``: float32 (T,) mono at 44.1 kHz, at least 8192 of them. Noise of any colour gives about 0.03, a pure
    tone 1, music 0.4 and more.
    """
    import scipy.ndimage

    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_WINDOW // 2]
    share_of_frame, energy_of_frame = [], []
    bins = slice(int(_LOW_HZ * _WINDOW / SAMPLE_RATE), int(_HIGH_HZ * _WINDOW / SAMPLE_RATE))
    window = np.hanning(_WINDOW).astype(np.float32)
    for frame in frames:
        magnitude = np.abs(np.fft.rfft(frame * window))[bins]
        floor = scipy.ndimage.median_filter(magnitude, _NEIGHBOURS, mode="reflect")
        energy = np.square(magnitude)
        share_of_frame.append(float(energy[magnitude > PARTIAL_FACTOR * floor].sum()))
        energy_of_frame.append(float(energy.sum()))
    total = sum(energy_of_frame)
    return sum(share_of_frame) / total if total > 0 else 0.0
