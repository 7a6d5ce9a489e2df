"""The formats of ``j2a export``, by name: one line here makes one known to the command and to its help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from j2a import formats
from j2a.exporting import preferences
from j2a.exporting.csv import Dialect, to_csv
from j2a.exporting.replacing import save_csv, save_lines
from j2a.records import dataclass
from j2a.store import Row

Save = Callable[[Sequence[Row], Path, Path, Dialect, bool], Path | None]
Made = Callable[[Sequence[Row], Path, Dialect], bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """``save(rows, folder, target, dialect, force)`` writes it, and returns where an old file was kept, if it was.

    It raises ``WouldLoseError`` where that would lose something, and ``ExportError``.
    """

    file_name: str  # in the folder, unless told otherwise
    save: Save
    count: Callable[[Sequence[Row]], int]
    unit: str  # what is counted, one of it
    form: formats.Format | None = None  # one of those that others read: see saving
    made: Made | None = None  # what would stand in the one file of the others


def _save_csv(rows: Sequence[Row], folder: Path, target: Path, dialect: Dialect, force: bool) -> Path | None:
    return save_csv(rows, folder, target, dialect, force=force)


def _save_preferences(rows: Sequence[Row], folder: Path, target: Path, dialect: Dialect, force: bool) -> Path | None:
    return save_lines(preferences.to_preferences(rows, folder), target, force=force)


def _pairs(rows: Sequence[Row]) -> int:
    return sum(pick.better is not None for row in rows for pick in row.picks)


def _captions(rows: Sequence[Row]) -> int:
    return sum(bool(row.text.strip()) for row in rows)


def _made_preferences(rows: Sequence[Row], folder: Path, dialect: Dialect) -> bytes:
    return preferences.to_preferences(rows, folder)


def _saver(form: formats.Format) -> Save:
    def save(rows: Sequence[Row], folder: Path, target: Path, dialect: Dialect, force: bool) -> Path | None:
        from j2a.exporting.saving import Wish, carried_out, planned  # it brings decoders along

        wish = Wish(form, folder, target, force=force)
        return next(iter(carried_out(planned(rows, wish), wish)), None)

    return save


FORMATS = {
    "csv": Format("captions.csv", _save_csv, len, "caption", made=to_csv),
    "preferences": Format(preferences.FILE_NAME, _save_preferences, _pairs, "pair", made=_made_preferences),
    **{
        name: Format(form.file_name, _saver(form), _captions, "caption", form) for name, form in formats.FORMATS.items()
    },
}
