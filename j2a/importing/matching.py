"""Whose captions they are: the file of the folder that an entry means. Names are compared, and never opened."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from j2a.formats import Entry
from j2a.formats.text import shown_name
from j2a.library import Track

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class Names:
    """The files of a folder, by every name that others may have written down."""

    def __init__(self, tracks: Iterable[Track], root: Path) -> None:
        self._root = root
        self._paths: dict[str, Path] = {}
        self._others: dict[str, list[Path]] = {}  # names that several files may have
        for track in tracks:
            relative = track.path.relative_to(root).as_posix()
            pure = PurePosixPath(relative)
            self._paths[relative] = track.path
            self._paths.setdefault(_plain(shown_name(relative)), track.path)
            for name in {f"stem:{pure.with_suffix('')}", f"name:{pure.name}", f"end:{pure.stem}"}:
                self._others.setdefault(_plain(name), []).append(track.path)

    def file_of(self, entry: Entry) -> tuple[Path | None, str]:
        """The file, or why there is none."""
        name = entry.file.replace("\\", "/") if _DRIVE.match(entry.file) else entry.file
        pure = PurePosixPath(name)
        if ".." in pure.parts:
            return None, "its path leads out of the folder"
        absolute = pure.is_absolute() or bool(_DRIVE.match(name))
        if absolute and pure.is_relative_to(self._root):
            pure = pure.relative_to(self._root)
        if path := self._paths.get(str(pure)) or self._paths.get(_plain(str(pure))):
            return path, ""
        if entry.beside:
            return self._only(f"stem:{pure}", f"end:{pure.name}")
        return self._only(f"name:{pure.name}")

    def _only(self, *names: str) -> tuple[Path | None, str]:
        """The one file of the first name that there is."""
        for name in names:
            found = self._others.get(_plain(name), [])
            if len(found) == 1:
                return found[0], ""
            if found:
                return None, f"{len(found)} files of the folder are called so"
        return None, "no file of the folder is called so"


def _plain(name: str) -> str:
    """One spelling for a name, whichever way its accents are put together."""
    return unicodedata.normalize("NFC", name)
