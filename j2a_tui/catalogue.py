"""What is known of every captioned window of the folder, to count and to find by. Knows no screen."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path

from j2a.clip import Clip
from j2a.records import dataclass
from j2a.store import Row, Status

Place = tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One window with a caption or a decision, or with neither since that was taken back."""

    clip: Clip
    status: Status | None  # None: nothing is there any more
    text: str
    bpm: float | None
    key: str | None
    tags: frozenset[str]
    edited: bool
    contradicted: int  # different claims that the measurement contradicts
    annotator: str
    updated_at: str
    disagree: bool = False  # its variants claim different tempi, keys or meters
    tempo_open: bool = False  # half or double of its tempo may be meant

    @classmethod
    def of(cls, row: Row) -> Entry:
        """What counts of a row of the store."""
        from j2a_tui.claims import (  # its patterns take a moment, which the first picture is not to wait for
            contradicted,
            disagree,
        )

        features = row.features
        there = bool(row.text.strip()) or row.status is not Status.DRAFT
        return cls(
            row.clip, row.status if there else None, row.text,
            features.bpm, features.key, frozenset(tag.label for tag in features.tags or ()),
            row.edited, len(contradicted(row.text, features)), row.annotator, row.updated_at,
            len(row.variants) > 1 and disagree([variant.text for variant in row.every_variant]),
            features.bpm_sure is False and "bpm" not in features.corrected,
        )


@dataclass(frozen=True, slots=True)
class Meets:
    """The files that meet conditions: these, or with ``inside`` False all others."""

    paths: AbstractSet[Path]
    inside: bool = True

    def __call__(self, path: Path) -> bool:
        """Whether a file does."""
        return (path in self.paths) == self.inside


class Catalogue:
    """The entries of each file."""

    def __init__(self) -> None:
        self._files: dict[Path, dict[Place, Entry]] = {}
        self.contradicted = 0  # contradicted claims of the whole folder

    def of(self, path: Path) -> Iterable[Entry]:
        """The windows of a file."""
        return self._files.get(path, {}).values()

    def files(self) -> Iterable[Path]:
        """Every file of which anything is known."""
        return self._files.keys()

    def contradicted_in(self, path: Path) -> int:
        """Contradicted claims in the captions of a file."""
        return sum(entry.contradicted for entry in self.of(path))

    def put(self, entry: Entry) -> None:
        """A window stands like this now."""
        self.forget(entry.clip)
        self._files.setdefault(entry.clip.path, {})[entry.clip.start_s, entry.clip.end_s] = entry
        self.contradicted += entry.contradicted

    def fill(self, entry: Entry) -> None:
        """A window stood like this; what is known of it already is newer."""
        if (entry.clip.start_s, entry.clip.end_s) not in self._files.get(entry.clip.path, {}):
            self.put(entry)

    def edited(self, path: Path) -> bool:
        """Whether somebody wrote in a caption of a file."""
        return any(entry.edited for entry in self.of(path))

    def forget(self, clip: Clip) -> None:
        """Nothing is known of a window any more."""
        entry = self._files.get(clip.path, {}).pop((clip.start_s, clip.end_s), None)
        if entry is not None:
            self.contradicted -= entry.contradicted
