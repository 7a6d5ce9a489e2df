"""Slaney's mel scale: linear up to 1 kHz, logarithmic above (Auditory Toolbox, 1998), as librosa has it by default."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

_LOG_STEP = math.log(6.4) / 27
_HZ_A_MEL = 200 / 3
_FIRST_LOG = 15  # mel at 1 kHz


@functools.cache
def filters(sample_rate: int, fft_size: int, bands: int, lowest_hz: float = 0.0) -> NDArray[np.float32]:
    """Triangles of equal area from ``lowest_hz`` to half of ``sample_rate``: float32 (fft_size // 2 + 1, bands)."""
    corners = _to_hz(np.linspace(_to_mel(lowest_hz), _to_mel(sample_rate / 2), bands + 2))
    frequencies = np.fft.rfftfreq(fft_size, 1 / sample_rate)[:, None]
    lower, centre, upper = corners[:-2], corners[1:-1], corners[2:]
    rising = (frequencies - lower) / (centre - lower)
    falling = (upper - frequencies) / (upper - centre)
    triangles: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling)) * (2 / (upper - lower))
    return triangles.astype(np.float32)


@functools.cache
def hann(size: int) -> NDArray[np.float32]:
    """Hann's window, periodic: float32 (size,)."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


def _to_mel(hertz: float) -> float:
    return hertz / _HZ_A_MEL if hertz < 1000 else _FIRST_LOG + math.log(hertz / 1000) / _LOG_STEP


def _to_hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    hertz: NDArray[np.float64] = np.where(
        mels < _FIRST_LOG, mels * _HZ_A_MEL, 1000 * np.exp(_LOG_STEP * (mels - _FIRST_LOG))
    )
    return hertz
