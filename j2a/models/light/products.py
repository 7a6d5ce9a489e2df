"""Matrix products on weights as they lie in their file: float32, float16, or the bits of bfloat16.

Activations stand feature by feature: (features, rows), rows one, or a multiple of ``ROWS`` of which the last ones may
be padding. A row's results do not depend on the rows beside it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a.compiled import LONG, POINTER, kernel

Array = NDArray[np.float32]
ROWS = 16
_KINDS = {np.dtype(np.float32): 0, np.dtype(np.uint16): 1, np.dtype(np.float16): 2}
_INT = ctypes.c_int32


class Matrix(ctypes.Structure):
    """Weights as ``struct matrix`` names them; they must be kept as long as this."""

    _fields_ = (("weights", POINTER), ("outs", LONG), ("ins", LONG), ("kind", _INT))


def matrix(weights: NDArray[Any]) -> Matrix:
    """Of (outs, ...) weights, whatever lies behind the first axis taken as one."""
    return Matrix(weights.ctypes.data, len(weights), weights[0].size, _KINDS[weights.dtype])


def usable(weights: NDArray[Any]) -> NDArray[Any]:
    """Weights that products can read: themselves, or in float32 where they are of another type."""
    fits = weights.dtype in _KINDS and weights.flags.c_contiguous
    return weights if fits else np.ascontiguousarray(weights, np.float32)


def padded(rows: int) -> int:
    """How many rows a product works at for so many."""
    return 1 if rows == 1 else -(-rows // ROWS) * ROWS


def side_by_side(rows: Sequence[Array] | Array) -> Array:
    """Rows (features,) as (features, padded rows)."""
    out = np.zeros((len(rows[0]), padded(len(rows))), np.float32)
    for place, row in enumerate(rows):
        out[:, place] = row
    return out


def product(weights: NDArray[Any], x: Array, bias: Array | None = None, *, lanes: int = 0) -> Array:
    """Weights (outs, ins) times x (ins, rows), and a bias (outs,).

    ``lanes``: of how many floats the vectors may be at most, 4, 8 or 16; 0: as many as the processor has.
    """
    out = np.empty((len(weights), x.shape[1]), np.float32)
    of = matrix(weights)
    _product()(ctypes.byref(of), x.ctypes.data, None, x.shape[1], out.ctypes.data, x.shape[1], 0, lanes)
    return out if bias is None else np.add(out, bias[:, None], out)


def convolution(weights: NDArray[Any], planes: Array, width: int, rows: int) -> Array:
    """Weights (outs, channels, across, down) over planes (channels, any), whose lines are ``width`` long: (outs, rows).

    Result i is of the window that begins at place i of every plane, also of windows that reach round a line's end.
    Behind the planes there must be room for ``rows`` and the window.
    """
    _, channels, across, down = weights.shape
    if channels * planes.strides[0] >= 1 << 33:  # places are of 32 bits
        raise MemoryError(f"a convolution over {channels} planes of {planes.shape[1]:,} numbers")
    places = (
        np.arange(channels)[:, None, None] * planes.strides[0] // planes.itemsize
        + np.arange(across)[:, None]
        + np.arange(down) * width
    ).astype(np.int32)
    out = np.empty((len(weights), rows), np.float32)
    of = matrix(weights)
    _product()(ctypes.byref(of), planes.ctypes.data, places.ctypes.data, rows, out.ctypes.data, rows, 0, 0)
    return out


def _product() -> Any:
    return kernel("product", POINTER, POINTER, POINTER, LONG, POINTER, LONG, _INT, _INT)
