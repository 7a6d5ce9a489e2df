"""A folder of music: which files it holds, in the order people expect."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from j2a.errors import UsageError
from j2a.printable import printable
from j2a.records import dataclass

AUDIO_SUFFIXES = frozenset({
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".aiff", ".aif", ".aifc", ".w64", ".caf",
    ".m4a", ".m4b", ".aac", ".wma", ".wv", ".mka",  # these need the "av" extra
})
"""Lower-case endings of the files that a scan lists."""

_NAMED = 3  # folders that are named one by one
_CHECK_EVERY = 512  # files between two looks at ``cancelled``
_DIGITS = re.compile("[0-9]+")


@dataclass(frozen=True, slots=True)
class Track:
    """One audio file of a folder."""

    path: Path
    name: str  # POSIX path relative to the folder, made printable: to show, not to open
    size: int  # bytes
    mtime: float  # seconds since 1970


def scan(
    folder: Path, cancelled: Callable[[], bool] | None = None, unread: dict[str, str] | None = None
) -> list[Track]:
    """Every audio file under a folder, in natural order: "2.mp3" before "10.mp3", upper and lower case alike.

    Paths begin with the folder's real path. Symbolic links in it are followed, each folder is entered once. Hidden
    files and folders (and with them the "._x.mp3" that macOS leaves on other systems), pipes and devices are left out,
    and so are folders that cannot be read: ``unread`` gets the path of each, relative to the folder, with the reason
    (:func:`told_unread` says it). Empty files, and links to files that are gone, are there: whoever opens them is told
    what is wrong. Once ``cancelled`` says so the scan returns what it has found. Raises ``UsageError`` when the
    folder itself cannot be read.
    """
    root = os.path.realpath(folder)
    try:
        os.scandir(root).close()
    except OSError as error:
        raise UsageError(f"{printable(str(folder))}: {error.strerror}.", "Name a folder with music in it.") from error
    found: list[tuple[str, int, float]] = []
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        if cancelled is not None and cancelled():
            break
        here = waiting.pop()
        try:
            _scan_one(here, found, waiting, seen, cancelled)
        except FileNotFoundError:
            continue  # gone since
        except OSError as error:
            if unread is not None:
                unread[os.path.relpath(here, root)] = error.strerror or str(error)
    start = len(root.rstrip(os.sep)) + 1
    ordered = sorted((natural_key(path[start:]), path, size, mtime) for path, size, mtime in found)
    return [
        Track(Path(path), printable(path[start:].replace(os.sep, "/")), size, mtime) for _, path, size, mtime in ordered
    ]


def told_unread(unread: Mapping[str, str]) -> str:
    """Which folders a scan could not read, in a sentence: "" for none."""
    if not unread:
        return ""
    names = ", ".join(sorted(unread, key=natural_key)[:_NAMED])
    more = f" and {len(unread) - _NAMED} more" if len(unread) > _NAMED else ""
    folders, them = ("folder", "it") if len(unread) == 1 else ("folders", "them")
    why = ", ".join(sorted(set(unread.values())))
    return printable(f"{len(unread)} {folders} cannot be read ({why}); what is in {them} is left out: {names}{more}.")


def linked_folders(folder: Path) -> list[tuple[str, str]]:
    """The folders elsewhere that a folder holds through links, each by its path in this one and its real path.

    Paths as :func:`scan` gives them; what cannot be read is left out.
    """
    root = os.path.realpath(folder)
    inside = root.rstrip(os.sep) + os.sep
    found: list[tuple[str, str]] = []
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        here = waiting.pop()
        try:
            about = os.stat(here)  # noqa: PTH116 - as above
            if (about.st_dev, about.st_ino) in seen:
                continue
            seen.add((about.st_dev, about.st_ino))
            real = os.path.realpath(here) if os.path.islink(here) else here  # noqa: PTH114
            if real != here and not real.startswith(inside):
                found.append((here, real))
            with os.scandir(here) as entries:
                waiting += [entry.path for entry in entries if not entry.name.startswith(".") and _is_folder(entry)]
        except OSError:
            continue
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def natural_key(name: str) -> tuple[str, str]:
    """A sort key for a relative path: folder by folder, numbers by value, letters without regard to case.

    One string to compare: folders end with the lowest character of all and a number begins with the next one, which
    its digits follow behind their count.
    """
    return _DIGITS.sub(_number_key, name.casefold()).replace(os.sep, "\0"), name


def _number_key(found: re.Match[str]) -> str:
    digits = found[0].lstrip("0")
    return f"\1{chr(len(digits))}{digits}"


def _scan_one(
    folder: str,
    found: list[tuple[str, int, float]],
    waiting: list[str],
    seen: set[tuple[int, int]],
    cancelled: Callable[[], bool] | None,
) -> None:
    """Add a folder's audio files to ``found`` and its folders to ``waiting``. Raises ``OSError``."""
    here = os.stat(folder)  # noqa: PTH116 - see above
    if (here.st_dev, here.st_ino) in seen:
        return
    seen.add((here.st_dev, here.st_ino))
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number % _CHECK_EVERY == _CHECK_EVERY - 1 and cancelled is not None and cancelled():
                return
            _look_at(entry, found, waiting)


def _look_at(entry: os.DirEntry[str], found: list[tuple[str, int, float]], waiting: list[str]) -> None:
    if entry.name.startswith("."):
        return
    if _is_folder(entry):
        waiting.append(entry.path)
    elif os.path.splitext(entry.name)[1].lower() in AUDIO_SUFFIXES:  # noqa: PTH122 - as above
        with contextlib.suppress(FileNotFoundError):  # gone since; other errors are the folder's
            if (about := _about(entry)) is not None:
                found.append((entry.path, about.st_size, about.st_mtime))


def _about(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Of a file, or of a link to one that is gone; ``None`` for a pipe or a device. Raises ``OSError``."""
    try:
        about = entry.stat()
    except OSError:  # a link to nowhere or in a circle
        return entry.stat(follow_symlinks=False)
    return about if stat.S_ISREG(about.st_mode) else None
