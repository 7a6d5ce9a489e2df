"""What a format is to those who write and read files of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from j2a.formats.entry import Entry, Files, Place
from j2a.records import dataclass

Unit = Literal["window", "file"]


@dataclass(frozen=True, slots=True)
class Format:
    """One form of captions. ``write`` and ``read`` are pure; ``read`` raises ``FormatError``."""

    name: str
    purpose: str  # who reads it
    writes: str  # which files, in a few words
    unit: Unit  # what one text belongs to: a window, or a whole file
    write: Callable[[list[Entry], Place], Files]
    read: Callable[[str, bytes], list[Entry]] | None  # (path relative to where it was found, what stands there)
    figures: bool | None = None  # whether its readers want BPM, key and meter in the text; None: as it stands
    merged: Callable[[bytes, bytes], bytes] | None = None  # (what is there, ours): what others keep in the same file
    file_name: str = ""  # of a format that is one file; "": files beside the audio
    endings: tuple[str, ...] = ()  # of files beside the audio, the longest first
    needs_duration: bool = False
    beside_audio: bool = False  # its paths only mean something where the audio lies
