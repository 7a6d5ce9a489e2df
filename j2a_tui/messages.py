"""What threads tell the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from j2a.errors import J2AError
from j2a.records import dataclass

if TYPE_CHECKING:
    from j2a.clip import Clip
    from j2a.library import Track
    from j2a.tags import Tags
    from j2a_tui.catalogue import Entry
    from j2a_tui.finding import Index


class EngineEvents(Message):
    """Events of the engine are waiting in the app's queue."""


@dataclass
class Scanned(Message):
    """The folder was read."""

    tracks: Sequence[Track]


@dataclass
class TagsRead(Message):
    """Tags of some files; a file without readable tags is not among them."""

    tags: Mapping[Path, Tags]
    last: bool = False  # no more come


@dataclass
class Indexed(Message):
    """The words of all names, titles and artists, to find what was written wrongly."""

    index: Index


@dataclass
class Catalogued(Message):
    """How captioned windows of some files stand."""

    entries: Sequence[Entry]
    last: bool  # no more come


@dataclass
class FoundAgain(Message):
    """Captioned files that are gone from where they were, each as it was called and as it is called now."""

    moves: Sequence[tuple[Path, Path]]


@dataclass
class ComingUp(Message):
    """The clips whose captions are wanted next."""

    clips: Sequence[Clip]
    durations_s: Mapping[Path, float]  # of the files that were looked at for it


@dataclass
class AudioOpened(Message):
    """How long a file is, or why it cannot be read."""

    path: Path
    duration_s: float | None
    title: str = ""
    problem: str = ""


@dataclass
class OverviewGrew(Message):
    """Loudness of the whole file, as far as it was read; the rest is 0."""

    path: Path
    rms: Sequence[float]
    peak: Sequence[float]


@dataclass
class DetailRead(Message):
    """Loudness of one window."""

    path: Path
    start_s: float
    end_s: float
    rms: Sequence[float]
    peak: Sequence[float]


@dataclass
class DevicesListed(Message):
    """The output devices that are there now."""

    names: Sequence[str]


@dataclass
class Problem(Message):
    """Something the user should read."""

    error: J2AError


@dataclass
class Crashed(Message):
    """A background thread met a bug."""

    error: Exception
