"""The median. NumPy's imports its masked arrays, which takes a start as long as measuring all else that needs one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def median(values: NDArray[np.floating[Any]]) -> float:
    """Of at least one number, and no NaN among them; the mean of the middle two where their count is even."""
    ordered = np.sort(values, axis=None)
    return float(ordered[(len(ordered) - 1) // 2 : len(ordered) // 2 + 1].mean())
