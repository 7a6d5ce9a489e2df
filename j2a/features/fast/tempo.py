"""The tempo histogram of a beat activation, by comb filters (Böck et al., ISMIR 2015): as in madmom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a.compiled import DOUBLE, LONG, POINTER, kernel
from j2a.features.madmom_door import FPS

Array = NDArray[np.float64]
MIN_BPM, MAX_BPM = 40.0, 250.0
RESONANCE = float(np.float32(0.79))  # how much of a beat is left at the next
SMOOTHED_FRAMES, SMOOTHED_BINS = 14, 9  # lengths of Hamming's windows
_BLOCK_FRAMES = 65_536  # filtered in one call: some 20 ms


def candidates(activations: NDArray[np.float32], check: Callable[[], None] = lambda: None) -> Array:
    """Tempi in BPM and their shares, strongest first: float64 (candidates, 2), of activations (F,), 100 a second.

    ``check`` is called all along; it may raise.
    """
    delays = np.arange(int(np.floor(60.0 * FPS / MAX_BPM)), int(np.ceil(60.0 * FPS / MIN_BPM)) + 1)
    smooth = np.convolve(activations, np.hamming(SMOOTHED_FRAMES), "same").astype(np.float64)
    bins = np.convolve(histogram(smooth, int(delays[0]), len(delays), check), np.hamming(SMOOTHED_BINS), "same")
    tempi = 60.0 * FPS / delays
    peaks = np.flatnonzero((bins > np.roll(bins, 1)) & (bins > np.roll(bins, -1)))
    if len(peaks) == 0:  # a flat histogram
        return np.array([[tempi[len(tempi) // 2], 1.0]])
    if len(peaks) == 1:
        return np.array([[tempi[peaks[0]], 1.0]])
    strongest = peaks[np.argsort(bins[peaks])[::-1]]
    return np.stack([tempi[strongest], bins[strongest] / np.sum(bins[strongest])], axis=1)


def histogram(activations: Array, shortest: int, count: int, check: Callable[[], None] = lambda: None) -> Array:
    """How much resonates most at each of ``count`` delays from ``shortest`` frames on: float64 (count,).

    ``activations``: float64 (F,), contiguous.
    """
    seen, bins = np.zeros((shortest + count, count)), np.zeros(count)
    for start in range(0, len(activations), _BLOCK_FRAMES):
        check()
        block = activations[start : start + _BLOCK_FRAMES]
        _comb_filters()(
            block.ctypes.data, len(block), start, RESONANCE, shortest, count, seen.ctypes.data, bins.ctypes.data
        )
    return bins


def _comb_filters() -> Callable[..., Any]:
    return kernel("comb_filters", POINTER, LONG, LONG, DOUBLE, LONG, LONG, POINTER, POINTER)
