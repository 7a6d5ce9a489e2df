"""A folder into a sheet: what the command and :mod:`j2a.api` have in common."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from pathlib import Path

from j2a import templates
from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import UsageError
from j2a.folder.books import Books, Rows, Tally
from j2a.folder.corrections import said_of
from j2a.folder.plan import Cut, limited, plan
from j2a.folder.run import FolderRun, Settings
from j2a.folder.same_sound import SameSound
from j2a.folder.sheet import Sheet
from j2a.folder.workers import default_workers
from j2a.library import Track, scan, told_unread
from j2a.paths import real_file, real_folder
from j2a.printable import printable
from j2a.records import dataclass
from j2a.store import Store
from j2a.tags import read_figures

_SHORTEST_WINDOW_S = 1.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What of a folder is to be captioned, and how."""

    cut: Cut = field(default_factory=lambda: Cut(10.0))
    settings: Settings = field(default_factory=Settings)
    workers: int | None = None  # clips measured at a time, or engines of all machines; None: one a processor
    limit: int | None = None  # new captions
    shuffle: int | None = None  # the seed of a random order of files
    only_missing: bool = False  # without those that have a caption in the app
    ray: str | None = None  # the address of a cluster, or "auto"


def cut_into(window_s: float, per_file: int | None = None) -> Cut:
    """Clips of so many seconds; 0 for whole files. Raises ``UsageError`` for a length that no clip can have."""
    if window_s and not _SHORTEST_WINDOW_S <= window_s < math.inf:  # nor is it no number
        raise UsageError("a window is at least one second long.", "Give --window 10, or 0 for whole files.")
    return Cut(window_s, per_file)


def files_of(folder: Path, wish: Wish, unread: dict[str, str] | None = None) -> tuple[Path, list[Track]]:
    """The folder that names are relative to, and its files in the order wished for; ``unread`` as of ``library.scan``.

    Raises ``UsageError``.
    """
    if folder.is_file():
        file, about = real_file(folder), folder.stat()
        return file.parent, [Track(file, printable(file.name), about.st_size, about.st_mtime)]
    folder = real_folder(folder)
    unread = {} if unread is None else unread
    tracks = scan(folder, unread=unread)
    if not tracks:
        why = told_unread(unread) or "Name a folder with music in it."
        raise UsageError(f"{printable(str(folder))} holds no audio files.", why)
    if wish.shuffle is not None:
        random.Random(wish.shuffle).shuffle(tracks)
    return folder, tracks


def captioned(
    root: Path,
    tracks: Sequence[Track],
    sheet: Sheet,
    wish: Wish,
    on_progress: Callable[[Tally], None] = lambda tally: None,
    on_note: Callable[[str], None] = lambda line: None,
) -> Tally:
    """Caption files of the folder ``root`` into ``sheet``. Raises ``J2AError`` for what ends a run.

    ``on_progress`` is called whenever something has happened, and every second; ``on_note`` with a line for the user.
    """
    rows: Rows = MissingRows(sheet, _in_the_app(root)) if wish.only_missing else sheet
    books = Books(rows, on_progress)
    said = functools.cache(said_of)
    same_sound = SameSound(
        lambda path: (said(path), templates.of_file(wish.settings.prompt, path), read_figures(path))
    )
    planned = plan(tracks, wish.cut, lambda track, note: on_note(f"{track.name}: {note}"), books.given_up, same_sound)
    if wish.limit is not None:
        planned = limited(planned, wish.limit, rows.has)
    if wish.ray is None:
        settings = replace(wish.settings, workers=wish.workers or default_workers())
        return FolderRun(planned, books, settings, said).run()

    from j2a.folder.crew import Crew
    from j2a.folder.farm import FarmRun
    from j2a.folder.ray_cluster import connected

    with connected(wish.ray, wish.settings) as cluster:
        return FarmRun(planned, books, Crew(cluster, wish.workers, on_note), said, on_note).run()


class MissingRows:
    """A sheet that also has what is captioned elsewhere."""

    def __init__(self, sheet: Sheet, elsewhere: set[Clip]) -> None:
        self._sheet = sheet
        self._elsewhere = elsewhere

    def has(self, clip: Clip) -> bool:
        """As of ``Rows``."""
        return self._sheet.has(clip) or _to_the_millisecond(clip) in self._elsewhere

    def append(self, clips: Sequence[Clip], captions: Sequence[Caption]) -> None:
        """As of ``Rows``."""
        self._sheet.append(clips, captions)

    def can_copy(self, clip: Clip) -> bool:
        """As of ``Rows``."""
        return self._sheet.can_copy(clip)

    def copy(self, clips: Sequence[tuple[Clip, Clip]]) -> None:
        """As of ``Rows``."""
        self._sheet.copy(clips)


def _in_the_app(root: Path) -> set[Clip]:
    """The windows of a folder that have a caption there."""
    with Store(to_read=True) as store:
        return {_to_the_millisecond(row.clip) for row in store.rows(root, lambda damaged: None) if row.text.strip()}


def _to_the_millisecond(clip: Clip) -> Clip:
    """As the store knows it."""
    return Clip(clip.path, round(clip.start_s, 3), None if clip.end_s is None else round(clip.end_s, 3))
