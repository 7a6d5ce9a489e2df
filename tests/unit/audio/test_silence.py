"""Sound without its long silences, whatever the blocks it comes in."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from j2a.audio.silence import KEPT_S, LONGEST_S, audible

RATE = 100
QUIET, LOUD = np.float32(1e-4), np.float32(0.3)


def heard(sound: np.ndarray, cuts: list[int]) -> np.ndarray:
    blocks = list(audible(np.split(sound, sorted(cuts)), RATE))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 400)), max_size=8), st.lists(st.integers(0, 3_000), max_size=8))
def test_only_long_silences_are_shortened_wherever_the_blocks_end(parts, cuts) -> None:
    sound = np.concatenate([np.zeros(0, np.float32), *(np.full(n, LOUD if loud else QUIET) for loud, n in parts)])
    runs = [(loud, len(list(run))) for loud, run in itertools.groupby(sound.tolist(), lambda x: x > 0.1)]
    right = [
        (LOUD, n) if loud else (QUIET, n if n <= LONGEST_S * RATE else round(KEPT_S * RATE)) for loud, n in runs
    ]  # fmt: skip
    expected = np.concatenate([np.zeros(0, np.float32), *(np.full(n, level) for level, n in right)])
    if not any(loud for loud, _ in runs):
        expected = expected[:0]
    assert np.array_equal(heard(sound, cuts), expected)


def test_a_single_click_keeps_enough_around_it_to_be_listened_to() -> None:
    sound = np.zeros(1_000, np.float32)
    sound[500] = LOUD
    assert len(heard(sound, [])) == 2 * round(KEPT_S * RATE) + 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_no_silence(value: float) -> None:
    sound = np.zeros(1_000, np.float32)
    sound[10] = value
    assert not np.isfinite(heard(sound, [])).all()
