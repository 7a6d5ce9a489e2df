"""What was worked out of a file's content, kept on disk: features and waveforms.

One small file an entry under ``paths.cache_dir()``, named by a hash of what the entry depends on. It can be deleted at
any time and used by several processes at once. Nothing here raises: without room, or without the right to write, there
is just no cache.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from j2a import paths
from j2a.clip import Clip

LIMIT_BYTES = 256 * 2**20
WHOLE_BYTES = 8 * 2**20  # files up to this size are hashed whole (about 10 ms)
SAMPLED_BLOCKS, SAMPLED_BYTES = 16, 65_536
_ON_DISK = 4096  # entries are smaller than what a file takes at least on most disks
_DIGEST_BYTES = 16


class Cache:
    """Byte strings by key. The entries used least recently go first when there are more than ``limit_bytes``.

    An entry is its content behind a digest of it: what was cut short or damaged is not there, and is written anew.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = paths.cache_dir() / "measured" if folder is None else folder
        if folder is None:
            paths.close_to_others(paths.cache_dir())
        self._limit_bytes = limit_bytes
        self._written: int | None = None  # bytes since the last look at the whole; None: never looked

    def get(self, key: str) -> bytes | None:
        """The content kept under a key from :func:`key_of`, or ``None``."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        content = data[_DIGEST_BYTES:]
        if data[:_DIGEST_BYTES] != _digest(content):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # used just now
        return content

    def put(self, key: str, content: bytes) -> None:
        """Keep something, in place of what was there. Readers see the old or the new, never a part."""
        path = self._path(key)
        try:
            paths.private_folder(path.parent)
            handle, name = tempfile.mkstemp(prefix="new-", dir=path.parent)
        except OSError:
            return
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(content) + content)
            os.replace(name, path)  # noqa: PTH105 - both are names
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108
            return
        size = _size_on_disk(len(content) + _DIGEST_BYTES)
        self._written = None if self._written is None else self._written + size
        if self._written is None or self._written > self._limit_bytes // 16:
            self._make_room()

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key[2:]

    def _make_room(self) -> None:
        """Delete the oldest entries until nine tenths of the limit are left."""
        self._written = 0
        entries: list[tuple[float, int, str]] = []
        with contextlib.suppress(OSError):
            for folder in os.scandir(self._folder):
                with contextlib.suppress(OSError):
                    for entry in os.scandir(folder):
                        about = entry.stat()
                        entries.append((about.st_mtime, _size_on_disk(about.st_size), entry.path))
        total = sum(size for _, size, _ in entries)
        if total <= self._limit_bytes:
            return
        for _, size, path in sorted(entries):
            if total <= self._limit_bytes * 9 // 10:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108 - a string from scandir
            total -= size


def key_of(kind: str, clip: Clip, **depends_on: Any) -> str | None:
    """The key of something worked out of a clip: it changes with the file's content and with what else is named.

    ``depends_on`` holds JSON values, such as the version of the code. ``None`` for what cannot be read and is no file.
    """
    try:
        path = clip.path.resolve()
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # a pipe or a device may have no end
            return None
        content = _content(path, about.st_size, about.st_mtime_ns, about.st_ino)
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        return None
    end_ms = None if clip.end_s is None else round(clip.end_s * 1000)
    named = json.dumps([kind, content, round(clip.start_s * 1000), end_ms, depends_on], sort_keys=True)
    return hashlib.blake2b(named.encode(), digest_size=20).hexdigest()


@functools.lru_cache(maxsize=1024)
def _content(path: Path, size: int, mtime_ns: int, inode: int) -> str:
    """A hash of a file's content, asked again only when the file has changed.

    Files up to ``WHOLE_BYTES`` are hashed whole, so that copies share their entries. Of larger ones the size, the time
    of the last change and 16 blocks of 64 KiB are, evenly spread from head to tail: without the time, two stems of one
    song that are silent at those places would pass for one.
    """
    hashed = hashlib.blake2b(digest_size=20)
    with path.open("rb") as file:
        if size <= WHOLE_BYTES:
            hashed.update(file.read())
        else:
            hashed.update(f"{size} {mtime_ns} ".encode())
            for block in range(SAMPLED_BLOCKS):
                file.seek((size - SAMPLED_BYTES) * block // (SAMPLED_BLOCKS - 1))
                hashed.update(file.read(SAMPLED_BYTES))
    return hashed.hexdigest()


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


def _size_on_disk(size: int) -> int:
    return -(-size // _ON_DISK) * _ON_DISK
