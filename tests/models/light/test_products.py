"""Products on weights of every type and on vectors of every width: those of NumPy in 64 bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from j2a.models.files.saved import as_float32
from j2a.models.light.products import ROWS, convolution, padded, product, side_by_side

KINDS = ("float32", "bfloat16", "float16")
LANES = (4, 8, 16)  # a processor without the wider ones takes what it has


def weights_of(kind: str, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Random ones; among those of 16 bits some that are subnormal."""
    found = np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)
    if kind == "bfloat16":
        return (found.view(np.uint32) >> 16).astype(np.uint16)
    if kind == "float16":
        found.flat[::7] *= 1e-6
    return found.astype(kind)


def test_halves_are_widened_exactly():
    every = np.arange(1 << 16, dtype=np.uint16)
    numbers = every[np.isfinite(every.view(np.float16))].view(np.float16)
    for rows in (1, ROWS):
        for lanes in LANES:
            one = np.ones((1, rows), np.float32)
            found = product(numbers[:, None], one, lanes=lanes)[:, 0]
            np.testing.assert_array_equal(found, numbers.astype(np.float32))
    numbers = every[np.isfinite(as_float32(every))]
    np.testing.assert_array_equal(product(numbers[:, None], one)[:, 0], as_float32(numbers))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40), st.integers(1, 70) | st.integers(500, 1100), st.sampled_from((1, ROWS, 2 * ROWS, 3 * ROWS)),
    st.sampled_from(KINDS), st.sampled_from(LANES), st.booleans(),
)  # fmt: skip
def test_products_are_those_of_numpy(outs, ins, rows, kind, lanes, has_bias):
    weights = weights_of(kind, (outs, ins))
    generator = np.random.default_rng(1)
    x = generator.normal(0, 1, (ins, rows)).astype(np.float32)
    bias = generator.normal(0, 1, outs).astype(np.float32) if has_bias else None
    expected = as_float32(weights).astype(np.float64) @ x + (0 if bias is None else bias[:, None])
    np.testing.assert_allclose(product(weights, x, bias, lanes=lanes), expected, atol=1e-5 * np.sqrt(ins), rtol=1e-5)


@pytest.mark.parametrize("lanes", LANES)
def test_a_rows_result_does_not_depend_on_the_rows_beside_it(lanes):
    weights = weights_of("bfloat16", (37, 600))
    x = np.random.default_rng(2).normal(0, 1, (600, 4 * ROWS)).astype(np.float32)
    together = product(weights, x, lanes=lanes)
    for first in range(0, 4 * ROWS, ROWS):
        alone = product(weights, np.ascontiguousarray(x[:, first : first + ROWS]), lanes=lanes)
        np.testing.assert_array_equal(alone, together[:, first : first + ROWS])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 12), st.integers(1, 12), st.sampled_from(KINDS))
def test_convolutions_are_those_of_numpy(outs, channels, bins, times, kind):
    """By windows of 3 x 3 over planes with a rim; the kernel's first axis goes along the lines."""
    weights = weights_of(kind, (outs, channels, 3, 3))
    planes = np.random.default_rng(3).normal(0, 1, (channels, bins + 2, times + 2)).astype(np.float32)
    rows = padded(bins * (times + 2))
    room = np.zeros(planes.size + rows + 3 * (times + 2), np.float32)
    room[: planes.size] = planes.ravel()
    found = convolution(weights, room[: planes.size].reshape(channels, -1), times + 2, rows)
    found = found[:, : bins * (times + 2)].reshape(outs, bins, times + 2)[:, :, :times]
    windows = np.lib.stride_tricks.sliding_window_view(planes, (3, 3), axis=(1, 2))  # (channels, bins, times, 3, 3)
    expected = np.einsum("ocij,cbtji->obt", as_float32(weights).astype(np.float64), windows)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_rows_are_padded_with_nothing():
    rows = np.arange(12, dtype=np.float32).reshape(3, 4)
    found = side_by_side(rows)
    assert found.shape == (4, ROWS) and not found[:, 3:].any()
    np.testing.assert_array_equal(found[:, :3], rows.T)
    assert side_by_side(rows[:1]).shape == (4, 1)
