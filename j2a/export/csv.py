"""``captions.csv``: one row a window, UTF-8 without BOM, LF, RFC 4180, sorted by file name and time.

* ``dataset`` is lossless: Python's ``csv``, pandas and Hugging Face ``datasets`` read back exactly what was written.
* ``spreadsheet`` is for people who open it in Excel or LibreOffice: a cell that they would run as a formula gets a
  ``'`` in front. That changes the text, so each row says ``spreadsheet`` in a last column ``dialect``, and such a file
  must not be imported.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

from j2a.clip import Clip
from j2a.errors import ExportError
from j2a.features.record import Features
from j2a.store import Row

Dialect = Literal["dataset", "spreadsheet"]

COLUMNS = (
    "file_name", "start_s", "end_s", "caption", "aspect_list", "bpm", "key", "meter", "genre", "status", "version",
    "backbone", "prompt_id", "seed", "annotator", "updated_at",
)
DIALECT_COLUMN = "dialect"

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NEEDS_QUOTES = frozenset('",\r\n')


def to_csv(rows: Sequence[Row], folder: Path, dialect: Dialect = "dataset") -> bytes:
    """The rows as a CSV file. ``file_name`` is the POSIX path relative to ``folder``.

    Empty cells: ``end_s`` of a window that runs to the end of its file, features that could not be measured, and all
    features and provenance of a caption written by hand. Raises ``ExportError`` for a file outside ``folder``.
    """
    table = sorted(
        ((_file_name(row.clip.path, folder), row) for row in rows),
        key=lambda item: (item[0], item[1].clip.start_s, item[1].clip.end_s or float("inf")),
    )
    lines: list[Sequence[str]] = [COLUMNS, *(_cells(name, row) for name, row in table)]
    if dialect == "spreadsheet":
        header, *body = lines
        lines = [(*header, DIALECT_COLUMN), *((*map(_guard, cells), dialect) for cells in body)]
    return _encoded(lines)


def to_lines(rows: Sequence[Row], folder: Path) -> bytes:
    """Rows in the dataset dialect and in the order given, without the header: what is appended to such a file."""
    return _encoded([_cells(_file_name(row.clip.path, folder), row) for row in rows])


def window_cells(clip: Clip, folder: Path) -> tuple[str, str, str]:
    """The first three cells of a clip's row, by which a row is known: file name, start and end."""
    return _file_name(clip.path, folder), _number(clip.start_s), _number(clip.end_s)


def aspect_list(features: Features) -> str:
    """What was measured as MusicCaps writes aspects, a Python list of strings: ``['120 BPM', 'A minor', '4/4']``.

    Tempo (to the nearest whole BPM), key, meter and genre, in that order, of what is known; "" when nothing is.
    """
    aspects = [
        None if features.bpm is None else f"{features.bpm:.0f} BPM",
        features.key,
        features.meter,
        features.genre.label if features.genre else None,
    ]
    known = [aspect for aspect in aspects if aspect]
    return repr(known) if known else ""


def _encoded(lines: Sequence[Sequence[str]]) -> bytes:
    return "".join(",".join(map(_quote, cells)) + "\n" for cells in lines).encode(errors="backslashreplace")


def _cells(name: str, row: Row) -> list[str]:
    caption = row.caption
    features = caption.features if caption else Features()
    return [
        name,
        _number(row.clip.start_s),
        _number(row.clip.end_s),
        row.text,
        aspect_list(features),
        _number(features.bpm),
        features.key or "",
        features.meter or "",
        features.genre.label if features.genre else "",
        row.status.value,
        caption.version if caption else "",
        caption.backbone if caption else "",
        caption.prompt_id if caption else "",
        str(caption.seed) if caption else "",
        row.annotator,
        row.updated_at,
    ]


def _file_name(path: Path, folder: Path) -> str:
    """Relative and POSIX. Bytes of a name that are not UTF-8 are written as ``\\xNN``: the file has to be UTF-8."""
    try:
        relative = path.relative_to(os.path.abspath(folder))  # noqa: PTH100 - as the store makes paths absolute
    except ValueError as error:
        raise ExportError(f"{path} is not inside {folder}.", "Export the folder that holds them all.") from error
    return os.fsencode(PurePosixPath(relative)).decode(errors="backslashreplace")


def _number(value: float | None) -> str:
    """The shortest decimal that reads back as the same float; whole numbers without ".0"."""
    return "" if value is None else repr(float(value)).removesuffix(".0")


def _guard(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _quote(cell: str) -> str:
    """RFC 4180. Python's writer leaves a lone CR bare when lines end with LF, and its reader then refuses the file."""
    return '"' + cell.replace('"', '""') + '"' if not _NEEDS_QUOTES.isdisjoint(cell) else cell
