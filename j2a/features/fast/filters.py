"""madmom's triangular filters and what else depends on the sizes of its frames alone; equal to madmom's to the bit."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from j2a.features.madmom_door import SAMPLE_RATE

Array = NDArray[np.float32]
_A4_HZ = 440.0
_RISE_RATIO = 0.5  # a rise is measured from the frame whose window has fallen to this part where the next one's begins


@functools.cache
def filterbank(frame_size: int, bands_an_octave: int, low_hz: float, high_hz: float) -> Array:
    """Triangles spaced logarithmically, each of area 1, none twice: float32 (frame_size / 2, bands)."""
    frequencies = np.asarray(np.fft.rfftfreq(frame_size, 1 / SAMPLE_RATE)[:-1], np.float64)
    nearest = _nearest(_spaced(bands_an_octave, low_hz, high_hz), frequencies)
    corners = sorted(set(nearest.tolist()))  # np.unique would import numpy.ma
    bank = np.zeros((len(frequencies), len(corners) - 2), np.float32)
    for band, (start, centre, stop) in enumerate(zip(corners, corners[1:], corners[2:], strict=False)):
        if stop - start < 2:
            centre, stop = start, start + 1
        triangle = np.zeros(stop - start)
        rising, falling = centre - start, stop - centre
        # As np.linspace has them, which takes five times as long for so few.
        triangle[:rising] = np.arange(rising) * (1 / max(1, rising))
        triangle[rising:] = np.arange(falling) * (-1 / falling) + 1
        weights = triangle.astype(np.float32)
        bank[start:stop, band] = weights / np.sum(weights)
    return bank


def _spaced(bands_an_octave: int, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """So many frequencies an octave, one of them 440 Hz, from the lowest to the highest."""
    left = np.floor(np.log2(low_hz / _A4_HZ) * bands_an_octave)
    right = np.ceil(np.log2(high_hz / _A4_HZ) * bands_an_octave)
    hertz: NDArray[np.float64] = _A4_HZ * 2.0 ** (np.arange(left, right) / float(bands_an_octave))
    return hertz[np.searchsorted(hertz, low_hz) : np.searchsorted(hertz, high_hz, "right")]


def _nearest(hertz: NDArray[np.float64], bins: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin nearest to each frequency."""
    places = np.clip(bins.searchsorted(hertz), 1, len(bins) - 1)
    lower: NDArray[np.int64] = places - (hertz - bins[places - 1] < bins[places] - hertz)
    return lower


@functools.cache
def rise_frames(frame_size: int, hop: float) -> int:
    """How many frames before a rise is measured from: more for long windows, which overlap more."""
    window = np.hanning(frame_size)
    reached = int(np.argmax(window > _RISE_RATIO * max(window)))
    return int(max(1, round((len(window) / 2 - reached) / hop)))
