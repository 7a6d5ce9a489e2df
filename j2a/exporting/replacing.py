"""An export into a file that is there: what of it would be lost is asked about first, and kept beside it."""

from __future__ import annotations

import csv
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from j2a.errors import ExportError
from j2a.exporting.csv import COLUMNS, Dialect, Table, in_dialect, read_back, to_csv
from j2a.exporting.write import write_atomically
from j2a.store import Row

_CAPTION, _CHANGED = COLUMNS.index("caption"), COLUMNS.index("updated_at")
_FOREIGN_BYTES = 1 << 16  # so much of a file shows whether it is one of ours


class WouldLoseError(ExportError):
    """The file that is there holds what the new one would not; ``force`` replaces it all the same."""


def save_csv(
    rows: Sequence[Row], folder: Path, target: Path, dialect: Dialect = "dataset", *, force: bool = False
) -> Path | None:
    """Write the rows of a folder to ``target``. Returns where the old file was kept, when it was.

    Raises ``WouldLoseError`` when that would replace captions that are not among the rows, or a file that J2A did not
    write. With ``force`` the old file is then kept beside the new one, its name followed by ``.bak``. Raises
    ``ExportError`` when it cannot be written; nothing is changed then.
    """
    data = to_csv(rows, folder, dialect)
    return _replace(target, data, _lost(target, data), force=force)


def save_lines(data: bytes, target: Path, *, force: bool = False) -> Path | None:
    """Write a file of JSON lines to ``target``, as :func:`save_csv` does: one that holds other lines is kept."""
    try:
        old = target.read_bytes().splitlines() if target.is_file() else []
    except OSError as error:
        raise ExportError(f"{target} cannot be read: {error.strerror or error}.", "Choose another --out.") from error
    gone = len(set(old) - set(data.splitlines()))
    lines = "a line that is" if gone == 1 else f"{gone} lines that are"
    why = f"{target} holds {lines} not among what would be written." if gone else ""
    return _replace(target, data, why, force=force)


def _replace(target: Path, data: bytes, why: str, *, force: bool) -> Path | None:
    """``why``: what would be lost, "" for nothing."""
    if why and not force:
        hint = f"Choose another --out, or give --force: what is there is then kept as {target.name}.bak."
        raise WouldLoseError(why, hint)
    kept = kept_beside(target) if why else None
    try:
        write_atomically(target, data)
    except ExportError:
        if kept:
            kept.unlink(missing_ok=True)
        raise
    return kept


def _lost(target: Path, data: bytes) -> str:
    """What of an existing file would be lost, in a sentence; "" when nothing is."""
    try:
        if not target.is_file() or not target.stat().st_size:
            return ""
        old = target.read_bytes() if _is_ours(target) else None
    except OSError as error:
        raise ExportError(f"{target} cannot be read: {error.strerror or error}.", "Choose another --out.") from error
    try:
        before = read_back(old) if old is not None else None
    except (csv.Error, UnicodeDecodeError):
        before = None
    if before is None:
        return f"{target} was not written by J2A, or was changed since."
    after = read_back(data)
    assert after is not None
    gone = _gone(before, after)
    if not gone:
        return ""
    count = "1 caption that is" if gone == 1 else f"{gone} captions that are"
    return f"{target} holds {count} not among what would be written."


def _is_ours(target: Path) -> bool:
    """Without reading it whole: it may be a song."""
    with target.open("rb") as file:
        start = file.read(_FOREIGN_BYTES)
    try:
        return read_back(start[: start.find(b"\n") + 1]) is not None
    except (csv.Error, UnicodeDecodeError):
        return False


def _gone(before: Table, after: Table) -> int:
    """How many captions are gone, or would become older: their text differs and they were not changed since."""
    was, now = before.dialect, after.dialect
    new = {_window(cells, now): cells for cells in after.rows}
    gone = 0
    for cells in before.rows:
        if len(cells) != before.width:  # changed by hand, with a comma and without quotes
            gone += 1
            continue
        if not cells[_CAPTION].strip():
            continue
        there = new.get(_window(cells, was))
        if there is None or not there[_CAPTION].strip():
            gone += 1
        elif _plain(there[_CAPTION], now) != _plain(cells[_CAPTION], was):
            gone += _plain(there[_CHANGED], now) <= _plain(cells[_CHANGED], was)
    return gone


def _window(cells: list[str], dialect: Dialect) -> tuple[str, ...]:
    return (_plain(cells[0], dialect), *cells[1:3])


def _plain(cell: str, dialect: Dialect) -> str:
    """A cell without the guard of its dialect."""
    bare = cell.removeprefix("'")
    return bare if in_dialect([bare], dialect)[0] == cell else cell


def kept_beside(target: Path) -> Path:
    """A second name for the old file; none that is taken. Raises ``ExportError``."""
    for number in itertools.count(1):
        kept = target.with_name(f"{target.name}.bak{'' if number == 1 else number}")
        try:
            os.link(target.resolve(), kept)
        except FileExistsError:
            continue
        except OSError:  # a file system without links
            if kept.exists():
                continue
            write_atomically(kept, target.read_bytes())
        return kept
    raise AssertionError("numbers do not end")
