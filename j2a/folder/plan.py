"""Which clips a folder is cut into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from j2a.clip import Clip
from j2a.errors import AudioError
from j2a.library import Track


@dataclass(frozen=True, slots=True)
class Planned:
    """One clip; ``file`` counts the folder's files from 0."""

    file: int
    clip: Clip


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that could not be opened, and why."""

    file: int
    path: Path
    reason: str


def plan(tracks: Sequence[Track], length_s: float, per_file: int | None) -> Iterator[Planned | Broken]:
    """The clips of every file in turn; a file is opened when its turn comes.

    ``length_s`` 0 makes one clip of every file. With ``per_file`` a file gives at most so many windows, spread evenly.
    """
    from j2a import audio

    for number, track in enumerate(tracks):
        try:
            duration_s = audio.probe(track.path).duration_s
        except AudioError as error:
            yield Broken(number, track.path, str(error))
            continue
        if not length_s:
            yield Planned(number, Clip(track.path))
            continue
        chosen = windows(duration_s, length_s)
        if per_file is not None:
            chosen = spread(chosen, per_file)
        for start_s, end_s in chosen:
            yield Planned(number, Clip(track.path, start_s, end_s))


def windows(duration_s: float, length_s: float) -> list[tuple[float, float]]:
    """(start, end) in seconds, one behind the other, to the millisecond.

    What is left at the end is a window of its own when it is at least half as long as the others. A file that is
    shorter than one window is one window, of a millisecond at least.
    """
    whole = int(duration_s / length_s + 1e-6)
    found = [(round(n * length_s, 3), round((n + 1) * length_s, 3)) for n in range(whole)]
    rest = (round(whole * length_s, 3), max(round(duration_s, 3), 0.001))
    if not found or rest[1] - rest[0] >= length_s / 2:
        found.append(rest)
    return [(start_s, min(end_s, rest[1])) for start_s, end_s in found]


def spread(chosen: list[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    """At most ``count`` of the windows, each from the middle of its share of the file."""
    if len(chosen) <= count:
        return chosen
    return [chosen[int((n + 0.5) * len(chosen) / count)] for n in range(count)]
