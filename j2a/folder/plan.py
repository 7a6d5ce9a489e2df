"""Which clips a folder is cut into."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from j2a.clip import Clip
from j2a.errors import AudioError
from j2a.library import Track
from j2a.records import dataclass

if TYPE_CHECKING:
    from j2a.folder.same_sound import SameSound

VOTERS = 12  # windows, one behind the other, that agree on one level of the tempo: two minutes of ten seconds each


@dataclass(frozen=True, slots=True)
class Planned:
    """One clip; ``file`` counts the folder's files from 0, ``section`` the stretches of a file that vote together.

    ``like`` is an earlier file with the same sound: what is written of its clip of the same times holds for this one.
    """

    file: int
    clip: Clip
    section: int = 0
    like: Path | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that could not be opened, and why."""

    file: int
    path: Path
    reason: str


class Cut(NamedTuple):
    """How files are cut: into clips of so many seconds, 0 for one clip of each; at most so many, spread evenly."""

    length_s: float
    per_file: int | None = None

    def times(self, duration_s: float) -> Iterator[tuple[float, float | None]]:
        """Start and end of each clip of a file, in seconds."""
        return windows(duration_s, *self) if self.length_s else iter([(0.0, None)])


def plan(
    tracks: Sequence[Track],
    cut: Cut,
    on_note: Callable[[Track, str], None] = lambda track, note: None,
    given_up: Container[Path] = (),
    same_sound: SameSound | None = None,
) -> Iterator[Planned | Broken]:
    """The clips of every file in turn; a file is opened when its turn comes.

    ``on_note`` is told where a part of a file cannot be read. Of a file that is ``given_up`` meanwhile no more comes.
    ``same_sound`` finds files that sound as an earlier one.
    """
    from j2a import audio

    for number, track in enumerate(tracks):
        try:
            info = audio.probe(track.path)
        except AudioError as error:
            yield Broken(number, track.path, str(error))
            continue
        if info.note:
            on_note(track, info.note)
        like = same_sound.as_earlier(track.path, info, cut.times) if same_sound else None
        for count, (start_s, end_s) in enumerate(cut.times(info.duration_s)):
            if track.path in given_up:
                break
            yield Planned(number, Clip(track.path, start_s, end_s), count // VOTERS, like)


def section_of(item: Planned | Broken) -> tuple[int, int]:
    """What tells the clips that vote together from others."""
    return (item.file, -1) if isinstance(item, Broken) else (item.file, item.section)


def limited(
    planned: Iterator[Planned | Broken], most: int, is_done: Callable[[Clip], bool]
) -> Iterator[Planned | Broken]:
    """The plan up to so many clips that are not done yet."""
    left = most
    for item in planned:
        if isinstance(item, Planned) and not is_done(item.clip):
            if not left:
                return
            left -= 1
        yield item


def windows(duration_s: float, length_s: float, at_most: int | None = None) -> Iterator[tuple[float, float]]:
    """(start, end) in seconds, one behind the other, to the millisecond.

    What is left at the end is a window of its own when it is at least half as long as the others. A file that is
    shorter than one window is one window, of a millisecond at least. ``at_most`` so many are given, each from the
    middle of its share of the file.
    """
    end_s = max(round(duration_s, 3), 0.001)
    count = int(duration_s / length_s + 1e-6)
    if not count or end_s - round(count * length_s, 3) >= length_s / 2:
        count += 1
    numbers = range(count)
    if at_most is not None and at_most < count:
        numbers = [int((n + 0.5) * count / at_most) for n in range(at_most)]  # type: ignore[assignment]
    for number in numbers:
        yield round(number * length_s, 3), min(round((number + 1) * length_s, 3), end_s)
