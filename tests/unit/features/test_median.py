"""The median without NumPy's masked arrays."""

from __future__ import annotations

import numpy as np
import pytest

from j2a.features.median import median


@pytest.mark.parametrize("count", [1, 2, 3, 10, 101])
def test_it_is_numpys(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count)
    assert median(values) == np.median(values)
    assert median(values.astype(np.float32)) == float(np.median(values.astype(np.float32)))
