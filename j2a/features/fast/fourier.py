"""The Fourier transform along a few bands as a matrix product: kernels of many bands need fewer products behind it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def along(bands: int) -> tuple[Array, Array]:
    """(there, back), each (bands, bands) float32, for so many bands: ``back @ (there @ x)`` is x (bands, ...).

    The numbers are those of a real transform: of no turn; the real and the imaginary part of each turn; where ``bands``
    is even, of bands / 2 turns.
    """
    turns = np.exp(-2j * np.pi * np.outer(np.arange(bands // 2 + 1), np.arange(bands)) / bands)
    there, weights = [], []
    for number, turn in enumerate(turns):
        alone = number in (0, bands / 2)
        there += [turn.real] if alone else [turn.real, turn.imag]
        weights += [1 / bands] if alone else 2 * [2 / bands]
    numbers = np.array(there)
    return numbers.astype(np.float32), np.ascontiguousarray(numbers.T * weights, np.float32)
