"""The one way to put an export on the disk."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from j2a.errors import ExportError

_PREFIX, _SUFFIX = ".j2a-", ".tmp"
_LEFT_S = 3600.0


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file by ``data``, as :func:`write_atomically_by` does."""
    with write_atomically_by(path) as file:
        file.write(data)


@contextlib.contextmanager
def write_atomically_by(path: Path) -> Iterator[BinaryIO]:
    """Replace a file by what is written into the one that this gives, wholly or not at all; it is on the disk then.

    The folder is made where it is missing. A symbolic link is followed, permissions of an existing file
    are kept. Raises ``ExportError``; the old file is then as it was.
    """
    try:
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask()
        if target.is_dir():
            raise IsADirectoryError(0, "It is a folder")
        if target.exists() and not target.is_file():  # a rename would put a file in the place of /dev/null for all
            raise FileExistsError(0, "It is not an ordinary file")
        _remove_leftovers(target.parent)
        # In the same folder: a rename is only atomic within one file system.
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=_PREFIX, suffix=_SUFFIX)
        try:
            with os.fdopen(handle, "w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(mode)
            Path(name).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        _sync_folder(target.parent)
    except OSError as error:
        hint = "Choose another place with --out, or make room there."
        raise ExportError(f"{path} cannot be written: {error.strerror or error}.", hint) from error


def _remove_leftovers(folder: Path) -> None:
    """Half files of exports that were killed. A young one may be another export's, which is at work."""
    for leftover in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _LEFT_S:
                leftover.unlink()


def _umask() -> int:
    mask = os.umask(0o077)  # it can only be read by setting it
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """The rename itself reaches the disk with its folder. Some file systems and Windows cannot do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
