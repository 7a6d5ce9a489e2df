"""What a run over a folder has done so far: the rows of its sheet, its tally, and which files failed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import field
from pathlib import Path
from typing import Protocol

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.engine.messages import EMPTY
from j2a.records import dataclass

TOLD_AFTER_S = 1.0
_GIVEN_UP_AFTER = 10  # sections of a file, one behind the other, that cannot be described
LEFT_OUT = "What comes after them was left out."


@dataclass(slots=True)
class Tally:
    """What happened so far. A file has failed when it cannot be opened, or one of its clips cannot be described."""

    files: int = 0  # files that nothing more is to be done for
    measured: int = 0  # clips, by this run
    captions: int = 0  # written by this run
    found: int = 0  # that were there before
    copied: int = 0  # of those written by this run: taken from a file that sounds the same
    alike: int = 0  # files that got captions so
    failed: dict[Path, str] = field(default_factory=dict)
    left_out: dict[Path, str] = field(default_factory=dict)  # failed files whose end was not tried any more


class Rows(Protocol):
    """Where captions go; ``Sheet`` puts them on the disk."""

    def has(self, clip: Clip) -> bool:
        """Whether a clip's row is there."""

    def append(self, clips: Sequence[Clip], captions: Sequence[Caption]) -> None:
        """Write one row a clip."""

    def can_copy(self, clip: Clip) -> bool:
        """Whether a clip's row is there, made as this run makes them."""

    def copy(self, clips: Sequence[tuple[Clip, Clip]]) -> None:
        """Write one row a pair: that of its second clip once more, for its first."""


class Books:
    """Every row and every failure is entered here. ``on_progress`` is called after each, and every second by whoever
    waits (:meth:`tell_in_time`). A file of which one section after the other cannot be described is added to
    ``given_up``: a header may promise days of sound that is not there."""

    def __init__(
        self, rows: Rows, on_progress: Callable[[Tally], None] = lambda tally: None, given_up: set[Path] | None = None
    ) -> None:
        self.rows = rows
        self.tally = Tally()
        self.given_up = set() if given_up is None else given_up
        self._on_progress = on_progress
        self._told_at = float("-inf")
        self._failures: Counter[Path] = Counter()  # in a row
        self._alike = -1  # the last file that got captions from another

    def tell(self) -> None:
        """Something has changed."""
        self._on_progress(self.tally)

    def tell_in_time(self) -> None:
        """How far it is, also while nothing of the tally changes."""
        now = time.monotonic()
        if now - self._told_at >= TOLD_AFTER_S:
            self._told_at = now
            self.tell()

    def measured(self, path: Path, clips: int = 1) -> None:
        """So many clips of a file could be read."""
        self.tally.measured += clips
        if clips:
            del self._failures[path]

    def written(self, file: int, clips: Sequence[Clip], captions: Sequence[Caption]) -> None:
        """Enter captions, the last one of the file of that number. One without words is a failure."""
        both = list(zip(clips, captions, strict=True))
        for clip in [clip for clip, caption in both if not caption.text.strip()]:
            self.fail(clip.path, f"{clip.path}: {EMPTY} Try again, or another --seed with --temperature.")
        if said := [one for one in both if one[1].text.strip()]:
            self.rows.append([clip for clip, _ in said], [caption for _, caption in said])
        self.tally.captions += len(said)
        self.tally.files = file
        self.tell()

    def copied(self, file: int, pairs: Sequence[tuple[Clip, Clip]]) -> None:
        """Enter rows of clips that sound as the second of their pair, whose row is there."""
        self.rows.copy(pairs)
        self.tally.captions += len(pairs)
        self.tally.copied += len(pairs)
        self.tally.alike += file != self._alike
        self.tally.files = self._alike = file
        self.tell()

    def fail(self, path: Path, reason: str) -> bool:
        """Enter a failure; whether the file is given up with it."""
        self._failures[path] += 1
        if path not in self.tally.failed:
            self.tally.failed[path] = reason
            self.tell()
        if self._failures[path] != _GIVEN_UP_AFTER:
            return False
        self.give_up(path, f"{path}: {_GIVEN_UP_AFTER} sections in a row could not be read. {LEFT_OUT}")
        return True

    def give_up(self, path: Path, reason: str) -> None:
        """No more is to come of a file."""
        self.given_up.add(path)
        self.tally.left_out[path] = reason
        self.tell()
