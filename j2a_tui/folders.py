"""The rows of a list whose files lie in folders: headings, folders that are folded, and what the cursor stands on.

Rows are made when they are asked for: of 50,000 files a screen shows forty.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import overload

TOP_FOLDER = "."  # the heading of files that lie beside folders


class Folders:
    """In which run of files that lie in one folder each file is, by its place in the order of names."""

    def __init__(self, names: Sequence[str]) -> None:
        self._run_of = array("I")
        self._ends: list[int] = []  # the place behind each run
        self._names: list[str] = []
        for place, name in enumerate(names):
            folder = name[: name.rfind("/") + 1]
            if not self._names or self._names[-1] != folder:
                self._names.append(folder)
                self._ends.append(place)
            self._ends[-1] = place + 1
            self._run_of.append(len(self._names) - 1)

    @property
    def any(self) -> bool:
        """Whether there are folders at all."""
        return any(self._names)

    def of(self, place: int) -> str:
        """The folder of a file, with a slash at its end; "" for one that lies beside folders."""
        return self._names[self._run_of[place]]

    def every(self, places: Sequence[int]) -> set[str]:
        """The folders of these files."""
        return {folder for folder, _, _ in self.runs(places)}

    def runs(self, places: Sequence[int]) -> list[tuple[str, int, int]]:
        """Each run among places that ascend: its folder, and where it begins and ends among them."""
        runs: list[tuple[str, int, int]] = []
        begin, count = 0, len(places)
        while begin < count:
            run = self._run_of[places[begin]]
            behind, end = self._ends[run], begin + 1
            if end < count and places[end] < behind:
                end = bisect_left(places, behind, end)
            folder = self._names[run]
            if runs and runs[-1][0] == folder:  # what lies between them is not there
                runs[-1] = (folder, runs[-1][1], end)
            else:
                runs.append((folder, begin, end))
            begin = end
        return runs


class Layout:
    """The files at ``places``, under headings; see :class:`~j2a_tui.listing.Listing` for what the fields hold."""

    def __init__(self, folders: Folders, places: Sequence[int], folded: AbstractSet[str]) -> None:
        runs = folders.runs(places)
        whole = not any(folder in folded for folder, _, _ in runs)
        entries: list[int | str] = []
        self.counts: dict[str, int] = {}
        blocks = _Blocks()
        row = entry = 0
        for folder, begin, end in runs:
            closed = folder in folded
            if closed:
                self.counts[folder] = self.counts.get(folder, 0) + end - begin
                entries.append(folder)
            elif not whole:
                entries.extend(places[begin:end])
            heading = "" if closed or not (folder or row) else folder or TOP_FOLDER
            size = 1 if closed else end - begin
            blocks.add(row, entry, heading)
            row += size + bool(heading)
            entry += size
        self.entries: Sequence[int | str] = places if whole else entries
        self.rows = Rows(blocks, row)
        self.row_of = RowOf(blocks, entry)


class _Blocks:
    """What stands under one heading, or under none."""

    def __init__(self) -> None:
        self.rows: list[int] = []  # its first row, that of the heading where it has one
        self.entries: list[int] = []  # its first entry
        self.headings: list[str] = []  # "" for none

    def add(self, row: int, entry: int, heading: str) -> None:
        self.rows.append(row)
        self.entries.append(entry)
        self.headings.append(heading)


class Rows(Sequence["int | str"]):
    """The entry in each row, or the name of a folder that is open."""

    def __init__(self, blocks: _Blocks, count: int) -> None:
        self._blocks, self._count = blocks, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, row: int) -> int | str: ...
    @overload
    def __getitem__(self, row: slice) -> list[int | str]: ...
    def __getitem__(self, row: int | slice) -> int | str | list[int | str]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(self._count))]
        row = _within(row, self._count)
        block = bisect_right(self._blocks.rows, row) - 1
        heading, further = self._blocks.headings[block], row - self._blocks.rows[block]
        if heading and not further:
            return heading
        return self._blocks.entries[block] + further - bool(heading)


class RowOf(Sequence[int]):
    """The row of each entry."""

    def __init__(self, blocks: _Blocks, count: int) -> None:
        self._blocks, self._count = blocks, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, entry: int) -> int: ...
    @overload
    def __getitem__(self, entry: slice) -> list[int]: ...
    def __getitem__(self, entry: int | slice) -> int | list[int]:
        if isinstance(entry, slice):
            return [self[one] for one in range(*entry.indices(self._count))]
        entry = _within(entry, self._count)
        block = bisect_right(self._blocks.entries, entry) - 1
        return self._blocks.rows[block] + entry - self._blocks.entries[block] + bool(self._blocks.headings[block])


def _within(index: int, count: int) -> int:
    """From the front. Raises ``IndexError``."""
    if not -count <= index < count:
        raise IndexError(index)
    return index % count
