"""Reading the folder and its files in the background. Jobs for :class:`Background`; results are posted as messages."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from textual.message import Message

from j2a import library
from j2a.clip import Clip
from j2a.errors import AudioError, J2AError, StoreError, UsageError
from j2a.store import Row
from j2a.tags import TagCache
from j2a_tui import contents
from j2a_tui.catalogue import Entry
from j2a_tui.finding import Index
from j2a_tui.messages import (
    AudioOpened,
    Catalogued,
    ComingUp,
    DetailRead,
    FoundAgain,
    Indexed,
    OverviewGrew,
    Problem,
    Scanned,
    TagsRead,
)
from j2a_tui.tag_process import TagProcess
from j2a_tui.windows import Window

OVERVIEW_COLUMNS = 480
OVERVIEW_STEP_S = 60.0
DETAIL_COLUMNS = 480
TAG_BATCH = 50
CATALOGUE_BATCH = 8  # files: a step that the screen does not feel

Post = Callable[[Message], object]


def getting_ready() -> Iterator[None]:
    """What the first caption needs is loaded before it comes."""
    import j2a_tui.claims

    assert j2a_tui.claims
    yield


def scanning(folder: Path, cancelled: Callable[[], bool], post: Post) -> Iterator[None]:
    """Find the audio files of a folder."""
    unread: dict[str, str] = {}
    try:
        tracks = library.scan(folder, cancelled, unread)
    except UsageError as error:
        post(Problem(error))
        tracks = []
    post(Scanned(tracks))
    if unread:
        post(Problem(J2AError(library.told_unread(unread), title="Not everything is listed")))
    yield


def tagging(tracks: Sequence[library.Track], post: Post) -> Iterator[None]:
    """Tags and durations, in batches: the first, which is on the screen, at once; the others by a process."""
    cache = TagCache()
    for batch in cache.read(tracks[:TAG_BATCH], batch=TAG_BATCH):
        post(TagsRead({track.path: tags for track, tags in batch if tags}))
    cache.close()
    yield
    if len(tracks) <= TAG_BATCH:
        post(TagsRead({}, last=True))
        return
    process = TagProcess()
    try:
        for first in range(TAG_BATCH, len(tracks), TAG_BATCH):
            post(TagsRead(process.read(tracks[first : first + TAG_BATCH])))
            yield
    except AudioError as error:
        post(Problem(error))
    finally:
        process.close()
    post(TagsRead({}, last=True))


def indexing(texts: Sequence[str], post: Post) -> Iterator[None]:
    """The words of names, titles and artists."""
    for index in Index.build(texts):
        if index is not None:
            post(Indexed(index))
        yield


def cataloguing(rows_of: Callable[[Path], Sequence[Row]], files: Sequence[Path], post: Post) -> Iterator[None]:
    """What the captions of files say, a few at a time. What cannot be read is told when it is opened."""
    for first in range(0, len(files), CATALOGUE_BATCH):
        entries = []
        for path in files[first : first + CATALOGUE_BATCH]:
            with contextlib.suppress(StoreError):
                entries += [Entry.of(row) for row in rows_of(path)]
        post(Catalogued(entries, first + CATALOGUE_BATCH >= len(files)))
        yield


def looking_ahead(files: Sequence[Path], post: Post, first: Sequence[Clip] = ()) -> Iterator[None]:
    """What comes next: clips that are known, then the windows that files that can be read would be opened with."""
    from j2a import audio

    clips, durations_s = list(first), {}
    for path in files[: max(0, len(files) - len(clips))]:
        with contextlib.suppress(AudioError):
            durations_s[path] = audio.probe(path).duration_s
            window = Window().within(durations_s[path])
            clips.append(Clip(path, window.start_s, window.end_s))
        yield
    post(ComingUp(clips, durations_s))


def opening(path: Path, post: Post) -> Iterator[None]:
    """The length of a file, then its overview piece by piece."""
    from j2a import audio
    from j2a.cache import Cache

    cache = Cache()
    try:
        info = audio.probe(path)
    except AudioError as error:
        post(AudioOpened(path, None, error.title, f"{error.message} {error.hint}".strip()))
        return
    duration_s = info.duration_s
    if duration_s <= 0:
        post(AudioOpened(path, None, AudioError.title, "There is no sound in this file."))
        return
    post(AudioOpened(path, duration_s))
    if info.note:
        post(Problem(AudioError(f"{path.name}: {info.note}", title="Only a part is read")))
    yield
    rms, peak = [0.0] * OVERVIEW_COLUMNS, [0.0] * OVERVIEW_COLUMNS
    step = max(1, int(OVERVIEW_COLUMNS * OVERVIEW_STEP_S / max(duration_s, OVERVIEW_STEP_S)))
    for first in range(0, OVERVIEW_COLUMNS, step):
        last = min(first + step, OVERVIEW_COLUMNS)
        part = Clip(path, first / OVERVIEW_COLUMNS * duration_s, last / OVERVIEW_COLUMNS * duration_s)
        try:
            levels = audio.remembered_peaks(part, last - first, cache)
        except AudioError:
            # The rest stays flat. The player and the engine say what is wrong with the file when they get there.
            return
        rms[first:last], peak[first:last] = levels.rms.tolist(), levels.peak.tolist()
        post(OverviewGrew(path, tuple(rms), tuple(peak)))
        yield


def detailing(path: Path, window: Window, post: Post) -> Iterator[None]:
    """Loudness of the window."""
    from j2a import audio
    from j2a.cache import Cache

    try:
        levels = audio.remembered_peaks(Clip(path, window.start_s, window.end_s), DETAIL_COLUMNS, Cache())
    except AudioError:
        return
    post(DetailRead(path, window.start_s, window.end_s, tuple(levels.rms.tolist()), tuple(levels.peak.tolist())))
    yield


def finding_again(
    captioned: Sequence[Path], new: Sequence[library.Track], post: Post
) -> Iterator[None]:
    """Which of the files without captions were captioned under another name; then what captioned files hold."""
    found: list[contents.Move] = []
    yield from contents.moved(new, found)
    if found:
        post(FoundAgain(found))
    yield from contents.learn(captioned)
