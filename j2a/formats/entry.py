"""What the formats have in common: one window of one file, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path, PurePosixPath
from typing import Any

from j2a.errors import J2AError
from j2a.features.record import Chord
from j2a.records import dataclass

Files = dict[str, bytes]
"""What a format writes: POSIX paths, relative to the place that was named, and what stands there."""


class FormatError(J2AError):
    """A file that is not what its format says it is; one clear line for whoever gave it."""

    title = "Cannot read captions"


@dataclass(frozen=True, slots=True)
class Entry:
    """One window. Every format holds some of it; what is "", ``None`` or empty is not known, or not held.

    ``file``: the audio's POSIX path relative to the folder, with the bytes that are not UTF-8 as Python's surrogates. A
    file beside the audio, which knows no more of it, gives it without its ending (``beside``).
    """

    file: str
    start_s: float = 0.0
    end_s: float | None = None  # None: to the end of the file
    caption: str = ""
    bpm: float | None = None
    bpm_sure: bool | None = None  # False: half or double may be meant
    key: str = ""  # "A minor"
    meter: str = ""  # "3/4"
    genre: str = ""
    tags: tuple[str, ...] = ()  # "guitar", "no vocals" is none of them
    instrumental: bool | None = None  # True where there is surely no voice
    language: str = ""  # ISO 639-1
    lyrics: str = ""
    beats: tuple[float, ...] = ()  # seconds from the window's start, rising
    downbeats: tuple[float, ...] = ()
    chords: tuple[Chord, ...] = ()
    duration_s: float | None = None  # of the whole file
    status: str = ""
    generated: str = ""  # the words of the model
    edited: bool | None = None
    annotator: str = ""
    updated_at: str = ""  # ISO 8601
    provenance: Mapping[str, Any] = field(default_factory=dict)  # j2a.caption.Caption.to_json(); {}: by hand
    corrections: Mapping[str, Any] = field(default_factory=dict)  # of the file: Corrections.to_json()
    beside: bool = False

    @property
    def whole(self) -> bool:
        """Whether it is the whole file."""
        return self.start_s == 0 and self.end_s is None

    @property
    def stem(self) -> str:
        """The path without its ending: what files beside the audio are called by."""
        return self.file if self.beside else str(PurePosixPath(self.file).with_suffix(""))

    @property
    def sure_bpm(self) -> float | None:
        """The tempo where its level is sure, for formats that cannot say that half or double may be meant."""
        return None if self.bpm_sure is False else self.bpm

    @property
    def length_s(self) -> float | None:
        """Seconds from start to end, as far as they are known."""
        end_s = self.duration_s if self.end_s is None else self.end_s
        return None if end_s is None else max(0.0, end_s - self.start_s)

    @property
    def order(self) -> tuple[str, float, float]:
        """By file and time, the whole file last."""
        return self.file, self.start_s, math.inf if self.end_s is None else self.end_s


@dataclass(frozen=True, slots=True)
class Place:
    """Where the audio of the entries lies: the folder that their paths are relative to, absolute."""

    folder: Path
    name: str = "captions"  # of the data set

    def path(self, entry: Entry) -> str:
        """The absolute POSIX path of an entry's audio."""
        return (self.folder / entry.file).as_posix()


def chosen_of_file(entries: list[Entry]) -> Entry:
    """The one that stands for a file where a format has room for one: an accepted one before others, then the one of
    the whole file, then the earliest."""
    return min(entries, key=lambda one: (one.status != "accepted", not one.whole, one.order))


def by_file(entries: list[Entry]) -> dict[str, list[Entry]]:
    """The entries of each file, sorted."""
    found: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda one: one.order):
        found.setdefault(entry.file, []).append(entry)
    return found
