"""Where J2A keeps its files, who may read them, and by which name a file is known. Nothing is created at import.

``J2A_HOME`` puts everything under one folder; otherwise each platform's own places are used.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import BinaryIO

import platformdirs


def _base(kind: str) -> Path:
    home = os.environ.get("J2A_HOME")
    if home:
        return Path(home).expanduser() / kind
    places = platformdirs.PlatformDirs("j2a", appauthor=False)
    return Path(
        {
            "data": places.user_data_dir,
            "cache": places.user_cache_dir,
            "log": places.user_log_dir,
            "config": places.user_config_dir,
        }[kind]
    )


def data_dir() -> Path:
    """User data that must never be lost: the captioning sessions."""
    return _base("data")


def cache_dir() -> Path:
    """Files that can be deleted at any time."""
    return _base("cache")


def log_dir() -> Path:
    """Logs of the app and of the engine process."""
    return _base("log")


def config_dir() -> Path:
    """User settings."""
    return _base("config")


def models_dir() -> Path:
    """Model folders that the user put there, or that were fetched."""
    return data_dir() / "models"


def store_path() -> Path:
    """The SQLite file that holds every caption."""
    return data_dir() / "captions.sqlite"


def engine_log_path() -> Path:
    """What the engine process wrote to its standard error."""
    return log_dir() / "engine.log"


def app_log_path() -> Path:
    """What native libraries wrote to the app's standard error."""
    return log_dir() / "app.log"


def builtin_model_dir() -> Path:
    """The built-in mini J2A-LLM that ships with the package."""
    return Path(__file__).parent / "weights" / "mini"


def real_folder(folder: Path) -> Path:
    """The one name of a folder, whichever it was given by: absolute, without symbolic links. It need not exist."""
    return Path(os.path.realpath(folder))


def real_file(file: Path) -> Path:
    """The one name of a file: its own in :func:`real_folder` of its folder. A file that is a link stays itself."""
    folder, name = os.path.split(file)
    if name in ("", ".", ".."):
        return real_folder(file)
    return real_folder(Path(folder)) / name


def private_folder(folder: Path) -> Path:
    """Make one of J2A's own folders, for this user alone; one that others may look into is closed to them.

    Raises ``OSError`` when it cannot be made.
    """
    missing = folder
    while not missing.exists() and missing != missing.parent:
        missing = missing.parent
    if not missing.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "A file is in the place of this folder", str(missing))
    for one in reversed([folder, *folder.parents][: len(folder.parts) - len(missing.parts)]):
        one.mkdir(mode=0o700, exist_ok=True)
    close_to_others(folder)
    return folder


def private_file(path: Path) -> BinaryIO:
    """An empty file for this user alone, in the place of what was there, and its folder. Raises ``OSError``."""
    private_folder(path.parent)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    close_to_others(path)
    return os.fdopen(handle, "wb")


def keep_unreadable(place: Path) -> None:
    """Give a file that is no JSON object a second name, NAME.bak: a new one is about to take its place.

    For small files that people may write in. Raises ``OSError`` for one that may not be read.
    """
    try:
        whole = isinstance(json.loads(place.read_bytes()), dict)
    except FileNotFoundError:
        return
    except (ValueError, RecursionError):
        whole = False
    if not whole:
        place.replace(place.with_name(f"{place.name}.bak"))


def private_database(path: Path) -> None:
    """Make the folder and the file of an SQLite database, and close them to others; SQLite adds files of the same kind.

    A folder that is there and none of J2A's own stays as it is. Raises ``OSError``.
    """
    if path.parent in (data_dir(), cache_dir()) or not path.parent.exists():
        private_folder(path.parent)
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for suffix in ("", "-wal", "-shm"):
        close_to_others(path.with_name(path.name + suffix))


def close_to_others(path: Path) -> None:
    """Take from others the right to read and write what is there. Somebody else's stays as it is."""
    with contextlib.suppress(OSError):
        mode = path.stat().st_mode & 0o7777
        if mode & 0o077:
            path.chmod(mode & ~0o077)


def is_folder(path: Path) -> bool:
    """Whether there is a folder that this user may come to; ``Path.is_dir`` raises where he may not look."""
    return os.path.isdir(path)  # noqa: PTH112


def why_unwritable(folder: Path) -> str:
    """Why nothing can be kept in a folder, made or to be made; "" when it can. Makes nothing."""
    there = folder
    try:
        while not there.exists() and there != there.parent:
            there = there.parent
        if not there.is_dir():
            return f"{there} is not a folder"
    except OSError as error:
        return f"{there}: {error.strerror}"
    return "" if os.access(there, os.W_OK | os.X_OK) else f"{there} cannot be written"
