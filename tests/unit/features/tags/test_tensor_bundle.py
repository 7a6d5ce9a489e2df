"""The reader of TensorFlow's bundles, on bundles that the test writes, whole and damaged."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from j2a.features.tags.tensor_bundle import BundleError, read_tensors
from tests.unit.features.tags.made_up import bundle, entry, table

RANDOM = np.random.default_rng(0)
VALUES = {
    "conv2d/bias": RANDOM.normal(size=3).astype(np.float32),
    "conv2d/kernel": RANDOM.normal(size=(2, 4, 1, 3)).astype(np.float32),
    "conv2d_1/kernel": RANDOM.normal(size=(300,)).astype(np.float32),
    "power": np.array(0.9, np.float32),
}
INDEX, DATA = bundle(VALUES)


def test_every_tensor_comes_back() -> None:
    found = read_tensors(INDEX, DATA)
    assert set(found) == set(VALUES)
    for name, value in VALUES.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], value)


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.lists(st.integers(1, 5), max_size=4), max_size=12))
def test_any_names_and_shapes(shapes: dict[str, list[int]]) -> None:
    values = {name: np.full(shape, at, np.float32) for at, (name, shape) in enumerate(shapes.items())}
    found = read_tensors(*bundle(values))
    assert set(found) == set(values)
    assert all(np.array_equal(found[name], values[name]) for name in values)


def test_what_is_not_read_is_refused_in_words() -> None:
    cases = {
        "compressed": table([[(b"a", entry([1], 0, 4))]], kind=1),
        "only float32": table([[(b"a", entry([1], 0, 4, dtype=2))]]),
        "shard 1": table([[(b"a", entry([1], 0, 4, shard=1))]]),
        "cannot have 8 bytes": table([[(b"a", entry([1], 0, 8))]]),
        "data is cut": table([[(b"a", entry([2], 4, 8))]]),
        "impossible shape": table([[(b"a", entry([2**40, 2**40], 0, 4))]]),
        "cannot have 4 bytes": table([[(b"a", entry([2**30] * 8, 0, 4))]]),
        "not UTF-8": table([[(b"\xff", entry([1], 0, 4))]]),
        "unknown field": table([[(b"a", b"\x38\x01")]]),
        "unknown kind": table([[(b"a", b"\x0b")]]),
        "0 bytes": b"",
        "does not end as": b"x" * 100,
    }
    for words, index in cases.items():
        with pytest.raises(BundleError, match=words):
            read_tensors(index, b"\0" * 8)


def test_files_cut_anywhere_are_refused() -> None:
    for length in range(len(INDEX)):
        with pytest.raises(BundleError):
            read_tensors(INDEX[:length], DATA)
    for length in range(len(DATA)):
        with pytest.raises(BundleError, match="cut"):
            read_tensors(INDEX, DATA[:length])


def test_flipped_bits_are_refused_or_read_within_the_data() -> None:
    """Checksums are compared elsewhere: whatever an index says, nothing outside the data is looked at."""
    for at in range(len(INDEX)):
        for bit in range(8):
            damaged = bytearray(INDEX)
            damaged[at] ^= 1 << bit
            try:
                found = read_tensors(bytes(damaged), DATA)
            except BundleError:
                continue
            assert sum(value.nbytes for value in found.values()) <= 2 * len(DATA)


@given(st.binary(max_size=300), st.binary(max_size=60))
def test_any_bytes_before_a_good_end(content: bytes, footer: bytes) -> None:
    index = content + footer[:40].ljust(40, b"\0") + INDEX[-8:]
    with contextlib.suppress(BundleError):
        read_tensors(index, DATA)
