"""Small JSON files that are kept beside captions and settings: read as far as they can be, and replaced whole."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from j2a import paths
from j2a.errors import StoreError


def read(path: Path) -> Any:
    """What stands in a file; ``None`` where that cannot be read. Somebody may have written in it."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        return json.loads(path.read_bytes())
    return None


def write(path: Path, value: Any, title: str, *, sync: bool = True) -> None:
    """Put JSON in the place of what was there, wholly or not at all; only this user may read it.

    ``title``: what an error is called, "The prompt is not kept". ``sync``: wait until it is on the disk. Raises
    ``StoreError``.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        _keep_unreadable(path)
        with paths.private_file(new) as file:
            file.write(json.dumps(value, indent=1, ensure_ascii=False).encode(errors="backslashreplace"))
            if sync:
                file.flush()
                os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        hint = "Make room, or check the folder."
        raise StoreError(f"{path}: {error.strerror or error}.", hint, title=title) from error


def _keep_unreadable(place: Path) -> None:
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
