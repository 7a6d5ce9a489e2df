"""Title, artist, album and duration as the file says, and a cache of them."""

from __future__ import annotations

import errno
import io
import math
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from j2a import paths
from j2a.frames import adts_frame, between_tags, counted_s, mpeg_frame
from j2a.library import Track
from j2a.printable import printable
from j2a.records import dataclass

if TYPE_CHECKING:
    from tinytag import TinyTag

    from j2a.audio.view import Layout

_MOST_BYTES = 64 << 20  # of a file that are read for its tags; covers have a few million
_MOST_READS = 300_000  # an hour of Ogg takes some hundred thousand
_FEWEST_BITS = 16  # a second, of the sparsest sound
_MPEG = "audio/mpeg"  # TinyTag's type of MP3, and of what it does not know
_FIRST_FRAME, _LENGTH_HEADERS, _SLACK = 200, (b"Xing", b"Info", b"VBRI"), 0.01
_UNCOMPRESSED, _MARGIN = (".wav", ".wave", ".aif", ".aiff"), 1.5


@dataclass(frozen=True, slots=True)
class Tags:
    """What the file says about itself; "" where it says nothing. Untrusted, but printable."""

    title: str
    artist: str
    album: str
    duration_s: float | None


class _Bounded(io.BufferedReader):
    """A file of which only so much is read, so often: a broken one can have gigabytes and endless lists."""

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__(raw)
        self._bytes, self._reads = _MOST_BYTES, _MOST_READS

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file. Raises ``OSError`` at the limits."""
        self._reads -= 1
        if size is None or not 0 <= size <= self._bytes or not self._reads:
            raise OSError(errno.EFBIG, "the tags have no end")
        data = super().read(size)
        self._bytes -= len(data)
        return data


def _opened(path: Path) -> _Bounded:
    """Raises ``OSError``, also for a pipe or a device: opening one can wait for ever."""
    if not path.is_file():
        raise OSError(errno.EINVAL, "not a file")
    return _Bounded(io.FileIO(path))


def read_tags(track: Track) -> Tags | None:
    """Read the tags of a file; ``None`` when it is broken or of a kind that has none we can read.

    The duration is what the file says of itself, unless so much cannot be in it.
    """
    from tinytag import TinyTag, TinyTagException

    try:
        with _opened(track.path) as file:
            tag = TinyTag.get(track.path, file_obj=file)
        return Tags(_text(tag.title), _text(tag.artist), _text(tag.album), _duration_s(tag, track))
    except (TinyTagException, OSError, ValueError):
        return None


def read_figures(path: Path) -> tuple[str, str]:
    """What the tags of a file say of its tempo and its key, "" where they say nothing. Untrusted."""
    from tinytag import TinyTag, TinyTagException

    try:
        with _opened(path) as file:
            other = TinyTag.get(path, file_obj=file, duration=False).other
    except (TinyTagException, OSError, ValueError):
        return "", ""
    return _text(next(iter(other.get("bpm", [])), "")), _text(next(iter(other.get("initial_key", [])), ""))


def _duration_s(tag: TinyTag, track: Track) -> float | None:
    size, duration, joined = track.size, tag.duration, _joined_s(track.path)
    if tag.mime_type == _MPEG:
        duration = _in_frames_s(tag, track.path)
    elif joined is not None:
        return joined or None
    if duration is None or not math.isfinite(duration) or duration <= 0:
        return None
    if tag.bitrate and track.path.suffix.lower() in _UNCOMPRESSED:  # kilobits a second; of others it is nominal
        holds_s = size * 8 / (tag.bitrate * 1000)
        duration = duration if duration <= _MARGIN * holds_s else holds_s
    return duration if duration <= size * 8 / _FEWEST_BITS else None


def _joined_s(path: Path) -> float | None:
    """Seconds of several files that were joined to one, as far as they can be one sound; 0 where nobody knows.

    None for a single one.
    """
    # Decoders take a while to load, and who shows tags does not read them.
    from tinytag import TinyTag

    from j2a.audio.view import FileView

    parts = _parts(path)
    if len(parts) < 2:
        return None
    found = list[TinyTag]()
    for part in parts:
        with _Bounded(FileView(path, part.parts)) as file:
            found.append(TinyTag.get(path, file_obj=file, tags=False))
        if not found[-1].duration or not found[-1].samplerate:
            return 0.0
        if found[-1].samplerate != found[0].samplerate:
            return sum(one.duration or 0.0 for one in found[:-1])
    return sum(one.duration or 0.0 for one in found)


def _parts(path: Path) -> Sequence[Layout]:
    """The files that lie in one, of the formats that tell their length in a header; none where it looks like one."""
    from j2a.audio import beginnings, containers, flac, ogg, wav
    from j2a.audio.view import MOST_PARTS, Layout

    start, _ = between_tags(path)
    with path.open("rb") as file:
        file.seek(start)
        kind = beginnings.kind_of(file.read(beginnings.HEAD_BYTES))
    if kind == "FLAC":
        return [] if flac.is_one(path) else [layout for layout in flac.layouts(path) if layout][:MOST_PARTS]
    if kind == "Ogg":
        return [] if ogg.is_one(path) else ogg.layouts(path)[:MOST_PARTS]
    together = wav.KINDS if kind in wav.KINDS else (kind,)
    return [Layout((part,)) for part in containers.files(path, together)[:MOST_PARTS]] if kind else []


def _in_frames_s(tag: TinyTag, path: Path) -> float | None:
    """Seconds of MPEG audio or ADTS. TinyTag's are right where a header tells them that was made for this sound."""
    start, end = between_tags(path)
    with path.open("rb") as file:
        file.seek(start)
        head = file.read(_FIRST_FRAME)
    if adts_frame(head):
        return counted_s(path, adts_frame)
    told, holds = (tag.duration or 0) * (tag.bitrate or 0) * 125, end - start  # bytes; the rate is in kilobits a second
    if any(name in head for name in _LENGTH_HEADERS) and abs(told - holds) <= max(_SLACK * holds, 4096):
        return tag.duration
    return counted_s(path, mpeg_frame)


def _text(value: str | None) -> str:
    return printable((value or "").strip())


class TagCache:
    """Tags by (path, modification time, size), kept in the cache folder. For one thread at a time.

    A cache that cannot be used is never in the way: a damaged one is made anew, and where none can be written the
    tags are read from the files.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._connection = _open(path or paths.cache_dir() / "tags.sqlite")

    def get(self, track: Track) -> Tags | None:
        """The tags of one file, from the cache or else from the file."""
        [(_, tags)] = next(self.read([track]))
        return tags

    def read(
        self, tracks: Iterable[Track], cancelled: Callable[[], bool] | None = None, batch: int = 200
    ) -> Iterator[list[tuple[Track, Tags | None]]]:
        """The tags of many files, in their order, ``batch`` at a time. Ends early once ``cancelled`` says so."""
        done: list[tuple[Track, Tags | None]] = []
        fresh: list[tuple[Track, Tags | None]] = []
        for track in tracks:
            if cancelled is not None and cancelled():
                break
            hit, tags = self._look_up(track)
            if not hit:
                tags = read_tags(track)
                fresh.append((track, tags))
            done.append((track, tags))
            if len(done) == batch:
                self._keep(fresh)
                yield done
                done, fresh = [], []
        self._keep(fresh)
        if done:
            yield done

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _look_up(self, track: Track) -> tuple[bool, Tags | None]:
        try:
            found = self._connection.execute(
                "SELECT title, artist, album, duration_s FROM tags WHERE path = ? AND mtime = ? AND size = ?",
                (os.fsencode(track.path), track.mtime, track.size),
            ).fetchone()
        except sqlite3.Error:
            return False, None
        if found is None:
            return False, None
        # A file whose tags cannot be read is remembered too, without a title.
        return True, Tags(*found) if found[0] is not None else None

    def _keep(self, fresh: list[tuple[Track, Tags | None]]) -> None:
        rows = [
            (os.fsencode(track.path), track.mtime, track.size,
             *((tags.title, tags.artist, tags.album, tags.duration_s) if tags else (None, None, None, None)))
            for track, tags in fresh
        ]
        if not rows:
            return
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.Error:
            return  # a full disk, or another J2A writing: read from the file again next time


def _open(path: Path) -> sqlite3.Connection:
    for attempt in (1, 2):
        try:
            paths.private_database(path)
            return _prepare(sqlite3.connect(path, timeout=0.5, check_same_thread=False))
        except sqlite3.OperationalError:
            break  # locked, read-only, no room: not damaged
        except sqlite3.DatabaseError:
            if attempt == 1:
                _remove(path)
        except OSError:
            break
    return _prepare(sqlite3.connect(":memory:", check_same_thread=False))


def _prepare(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS tags (path BLOB PRIMARY KEY, mtime REAL, size INTEGER,"
            " title TEXT, artist TEXT, album TEXT, duration_s REAL)"
        )
    except BaseException:
        connection.close()
        raise
    return connection


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
