"""What stands before and behind every caption of a folder when it is exported: a trigger word, a style, a source.

It is no part of the captions, so that it can be changed at any time: one small file holds it for each folder, and it
counts for the folders in it that have none of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from j2a import paths, small_files
from j2a.printable import one_paragraph
from j2a.records import dataclass

LONGEST = 300
_CLINGS = ",.;:!?"


@dataclass(frozen=True, slots=True)
class Affix:
    """``prefix`` and ``suffix``, one line each, "" for none."""

    prefix: str = ""
    suffix: str = ""

    def around(self, text: str) -> str:
        """A caption with both; one without a text stays so. A space parts them, none before a comma or the like."""
        if not text.strip():
            return text
        behind = "" if not self.suffix or self.suffix[0] in _CLINGS else " "
        return f"{self.prefix}{' ' if self.prefix else ''}{text}{behind}{self.suffix}"

    def taken_off(self, text: str) -> str:
        """The inverse, for captions that come back; a text that does not have both stays as it is."""
        bare = self.around("\0").split("\0")
        if text.startswith(bare[0]) and text.endswith(bare[1]) and len(text) > len(bare[0]) + len(bare[1]):
            return text[len(bare[0]): len(text) - len(bare[1])]
        return text


NONE = Affix()


def kept_in() -> Path:
    """The file."""
    return paths.data_dir() / "affixes.json"


def of_folder(folder: Path) -> Affix:
    """What the folder has, or the nearest one above it."""
    return finder()(paths.real_folder(folder))


def finder() -> Callable[[Path], Affix]:
    """What :func:`of_folder` gives for real folders, for as long as the file is not written: to ask for many."""
    known = _read()

    @lru_cache(maxsize=4096)
    def find(folder: Path) -> Affix:
        if (found := known.get(str(folder))) is not None:
            return found
        return find(folder.parent) if folder.parent != folder else NONE

    return find if known else lambda folder: NONE


def write(folder: Path, affix: Affix) -> None:
    """Keep it for a folder, in the place of what it had. Raises ``StoreError``."""
    known = {name: [one.prefix, one.suffix] for name, one in _read().items()}
    known[str(paths.real_folder(folder))] = [tidy(affix.prefix), tidy(affix.suffix)]
    small_files.write(kept_in(), known, "Prefix and suffix are not kept")


def why_unread() -> str:
    """Why none is known although there is a file of them, in a sentence; "" where that is not so."""
    if not kept_in().exists() or isinstance(small_files.read(kept_in()), dict):
        return ""
    return f"{kept_in()} cannot be read: the captions stand without prefix and suffix."


def tidy(text: str) -> str:
    """One line, without what a terminal would act on."""
    return one_paragraph(text).strip()[:LONGEST]


def _read() -> dict[str, Affix]:
    found = small_files.read(kept_in())
    known = {}
    for folder, both in found.items() if isinstance(found, dict) else ():
        if isinstance(both, list) and len(both) == 2 and all(isinstance(one, str) for one in both):
            known[folder] = Affix(*map(tidy, both))
    return known
