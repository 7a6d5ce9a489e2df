"""Which clips teach, which choose and which judge; and whether one of them does two of that.

Clips belong together when they are cut from one recording or have the same audio: a group is never torn apart by what
is chosen here. Splits that data sets publish may tear one apart; :func:`leaks` finds that.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from training.datasets.published import PUBLISHED
from training.datasets.table import Row, Split

SHARES: tuple[tuple[Split, float], ...] = (("valid", 0.1), ("test", 0.1))  # of the random split; the rest is train


def recording_of(row: Row) -> str:
    """What a clip is cut from: the YouTube id for public data sets, comparable between them; else source and file."""
    if row.source in PUBLISHED:
        return "youtube " + row.id.removeprefix(f"{row.source}-")
    return row.id.rpartition("@")[0] or row.id


def groups_of(rows: Sequence[Row]) -> list[list[int]]:
    """The indices of clips that belong together, in the rows' order; every clip is in exactly one group."""
    leader = list(range(len(rows)))

    def lead(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    first: dict[str, int] = {}
    for index, row in enumerate(rows):
        for mark in ("recording " + recording_of(row), "audio " + row.audio_hash if row.audio_hash else ""):
            if mark:
                leader[lead(index)] = lead(first.setdefault(mark, index))
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for index in range(len(rows)):
        groups[lead(index)].append(index)
    return list(groups.values())


def official_splits(
    rows: Sequence[Row], given: Sequence[Split | None], valid_share: float, test_share: float
) -> list[Row]:
    """The rows in the splits that their data sets gave them (``None``: none).

    Of groups without any, ``test_share`` is for testing. Of train, ``valid_share`` is for validation, unless its data
    set has validation clips of its own. Both go by a hash, so that a clip stays where it is when others come or go.
    """
    validated = {row.source for row, split in zip(rows, given, strict=True) if split == "valid"}
    splits: list[Split] = ["train"] * len(rows)
    for group in groups_of(rows):
        named = {given[index] for index in group} - {None}
        share = _share(min(recording_of(rows[index]) for index in group))
        free: Split = "train"  # what becomes of clips without a split
        if "test" in named or (not named and share >= 1 - test_share):
            free = "test"
        elif "valid" in named:
            free = "valid"
        validates = share < valid_share and not any(rows[index].source in validated for index in group)
        for index in group:
            split = given[index] or free
            splits[index] = "valid" if split == "train" and validates else split
    return [replace(row, split=split) for row, split in zip(rows, splits, strict=True)]


def random_splits(rows: Sequence[Row], seed: int) -> list[Row]:
    """The rows in splits of 80, 10 and 10 %, drawn with ``seed``, whatever splits they were in."""
    groups = groups_of(sorted(rows, key=lambda row: row.id))
    ids = sorted(row.id for row in rows)
    random.Random(seed).shuffle(groups)
    split_of: dict[str, Split] = {}
    for name, share in SHARES:
        wanted = round(share * len(rows))
        while groups and wanted >= len(groups[-1]):
            wanted -= len(groups[-1])
            split_of |= dict.fromkeys((ids[index] for index in groups.pop()), name)
    return [replace(row, split=split_of.get(row.id, "train")) for row in rows]


def leaks(rows: Sequence[Row]) -> list[list[Row]]:
    """Groups of clips that belong together and are in different splits."""
    groups = [[rows[index] for index in group] for group in groups_of(rows)]
    return [group for group in groups if len({row.split for row in group}) > 1]


def without_leaks(rows: Sequence[Row]) -> list[Row]:
    """The rows without those that :func:`leaks` finds outside the split that judges hardest: test, valid, train."""
    rank = {"test": 0, "valid": 1, "train": 2}
    dropped = set()
    for group in leaks(rows):
        best = min(rank[row.split] for row in group)
        dropped |= {row.id for row in group if rank[row.split] > best}
    return [row for row in rows if row.id not in dropped]


def _share(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64
