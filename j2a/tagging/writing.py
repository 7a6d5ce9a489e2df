"""Tags written into a copy, which takes the file's place once its sound and its other tags are the same."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from j2a.audio.decode import read_blocks
from j2a.clip import Clip
from j2a.tagging.fields import TagError, Tagged, Values

_PREFIX = ".j2a-tag-"
_LEFT_S = 3600.0


def write(path: Path, wanted: Values) -> None:
    """Give a file these values of its fields; an empty list takes a field away. A link stays one: its file is written.

    Raises ``TagError`` or ``AudioError``; the file is then as it was.
    """
    path = Path(os.path.realpath(path))
    tags = Tagged(path)
    if not os.access(path, os.W_OK):
        raise TagError(f"{path} may not be written.", "It is left alone.")
    others = tags.others()
    for field, values in wanted.items():
        tags.set(field, values)
    copy = _copied(path)
    try:
        tags.save(copy)
        _check(path, copy, wanted, others)
        with copy.open("rb+") as file:
            os.fsync(file.fileno())
        copy.replace(path)
    except OSError as error:
        raise TagError(f"{path}: {error.strerror or error}.", "Make room, or make its folder writable.") from error
    finally:
        with contextlib.suppress(OSError):
            copy.unlink(missing_ok=True)


def remove_leftovers(folders: Iterable[Path]) -> None:
    """Half copies of runs that were killed. A young one may be another run's, which is at work."""
    for folder in folders:
        for leftover in Path(os.path.realpath(folder)).glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                if time.time() - leftover.stat().st_ctime > _LEFT_S:  # its st_mtime is that of the music
                    leftover.unlink()


def _copied(path: Path) -> Path:
    copy = path
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=_PREFIX, suffix=path.suffix)
        copy = Path(name)
        os.close(handle)
        shutil.copy2(path, copy)
        about = path.stat()
        if hasattr(os, "chown") and (copy.stat().st_uid, copy.stat().st_gid) != (about.st_uid, about.st_gid):
            with contextlib.suppress(OSError):  # only root may give files away
                os.chown(copy, about.st_uid, about.st_gid)
    except OSError as error:
        if copy is not path:
            copy.unlink(missing_ok=True)
        raise TagError(f"{path}: {error.strerror or error}.", "Make room, or make its folder writable.") from error
    return copy


def _check(path: Path, copy: Path, wanted: Values, others: dict[str, str]) -> None:
    """Whether the copy sounds as the file does, and has all of its other tags."""
    again = Tagged(copy)
    found = again.read()
    if any(found.get(field, []) != values for field, values in wanted.items()):
        raise TagError(f"{path}: its tags do not come back as they were written.", "It is left alone.")
    if again.others() != others:
        raise TagError(f"{path}: other tags of it would change.", "It is left alone.")
    if sound_of(copy) != sound_of(path):
        raise TagError(f"{path}: its sound would change.", "It is left alone.")


def sound_of(path: Path) -> str:
    """A hash of the decoded samples: float32, all channels. Raises ``AudioError``."""
    digest = hashlib.sha256()
    for block in read_blocks(Clip(path)):
        digest.update(block.tobytes())
    return digest.hexdigest()
