"""How much of a pitch class is in each frequency: Ellis's chromagram (2007), as librosa has it by default."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

_CLASSES = 12
_A0_HZ = 27.5
_CENTRE, _WIDTH = 5.0, 2.0  # octaves above A0 that count most, and how far beside them a frequency still counts


@functools.cache
def filters(sample_rate: int, fft_size: int) -> NDArray[np.float32]:
    """A bell about every pitch class, tuned to A4 = 440 Hz: float32 (fft_size // 2 + 1, 12), the first is C."""
    frequencies = np.arange(1, fft_size) * (sample_rate / fft_size)
    pitches = _CLASSES * np.log2(frequencies / _A0_HZ)  # semitones above A0
    pitches = np.concatenate(([pitches[0] - 1.5 * _CLASSES], pitches))  # 0 Hz has none
    widths = np.concatenate((np.maximum(np.diff(pitches), 1.0), [1.0]))  # low bins are wider than a semitone
    half = _CLASSES / 2
    distances = np.remainder(pitches[:, None] - np.arange(_CLASSES) + half, _CLASSES) - half
    bells = np.exp(-0.5 * (2 * distances / widths[:, None]) ** 2)
    bells /= np.linalg.norm(bells, axis=1, keepdims=True)
    bells *= np.exp(-0.5 * ((pitches / _CLASSES - _CENTRE) / _WIDTH) ** 2)[:, None]
    from_c: NDArray[np.float64] = np.roll(bells, -3, axis=1)[: fft_size // 2 + 1]
    return from_c.astype(np.float32)
