"""Splits that do not leak."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from training.datasets.table import Row, Split
from training.prepare.split import leaks, official_splits, random_splits, without_leaks

ROWS = st.lists(
    st.tuples(st.sampled_from(["musiccaps", "yt8m", "own"]), st.integers(0, 30), st.integers(0, 40)),
    unique_by=lambda drawn: drawn[:2],
    max_size=60,
)


def _rows(drawn: list[tuple[str, int, int]]) -> list[Row]:
    return [
        Row(
            f"{source}-{n}@0-" if source == "own" else f"{source}-{n}",
            "a",
            "train",
            source=source,
            audio_hash=str(audio),
        )
        for source, n, audio in drawn
    ]


@settings(max_examples=60, deadline=None)
@given(ROWS, st.data())
def test_nothing_that_belongs_together_is_torn_apart(drawn: list[tuple[str, int, int]], data: st.DataObject) -> None:
    rows = _rows(drawn)
    assert not leaks(random_splits(rows, seed=1))
    assert not leaks(official_splits(rows, [None] * len(rows), 0.2, 0.2))
    choices = st.sampled_from(["train", "valid", "test", None])
    given_splits: list[Split | None] = data.draw(st.lists(choices, min_size=len(rows), max_size=len(rows)))
    placed = official_splits(rows, given_splits, 0.3, 0.2)
    kept = without_leaks(placed)
    assert not leaks(kept)
    assert [row for row in kept if row.split == "test"] == [row for row in placed if row.split == "test"]
    for row, split in zip(placed, given_splits, strict=True):
        assert split is None or row.split == split or (split, row.split) == ("train", "valid")


def test_random_shares_are_80_10_10_and_do_not_depend_on_the_order() -> None:
    rows = _rows([("musiccaps", n, n) for n in range(1000)])
    placed = random_splits(rows, seed=2)
    assert [sum(row.split == name for row in placed) for name in ("train", "valid", "test")] == [800, 100, 100]
    assert sorted(random_splits(rows[::-1], seed=2), key=lambda row: row.id) == sorted(placed, key=lambda row: row.id)
    assert placed != random_splits(rows, seed=3)
