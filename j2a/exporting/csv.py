"""``captions.csv``: one row a window, UTF-8 without BOM, LF, RFC 4180, sorted by file name and time.

* ``dataset`` is lossless: Python's ``csv``, pandas and Hugging Face ``datasets`` read back exactly what was written.
* ``spreadsheet`` is for people who open it in Excel or LibreOffice: it begins with a byte order mark, so that they
  see that it is UTF-8, and a text that they would run as a formula or turn into a date or a number (``3/4``) gets a
  ``'`` in front. That changes the text, so each row says ``spreadsheet`` in a last column ``dialect``, and such a
  file must not be imported.

Captions of a session have further columns: ``generated``, the words of the model ("" for a caption that a person
wrote); ``edited``, whether a person wrote in it: ``yes`` or ``no``, "" where there is no caption; ``tags``, what was
heard for sure, a Python list of strings; ``bpm_sure``: ``no`` where half or double the tempo may be meant;
``edit_distance``: how many letters of the model's words were put in, taken out or replaced (Levenshtein). Captions
of ``j2a caption`` whose figures were replaced by measured ones have ``written``: each as the model wrote it.
"""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from j2a.clip import Clip
from j2a.errors import ExportError
from j2a.features.record import BY_TAGS, Features
from j2a.paths import real_folder
from j2a.store import Row

Dialect = Literal["dataset", "spreadsheet"]
DIALECTS: tuple[Dialect, ...] = ("dataset", "spreadsheet")

COLUMNS = (
    "file_name", "start_s", "end_s", "caption", "aspect_list", "bpm", "key", "meter", "genre", "status", "version",
    "backbone", "prompt_id", "seed", "annotator", "updated_at",
)
WRITTEN_COLUMN = "written"  # as the model wrote it, where the caption has measured figures in its place
# The model's words; whether a person's are among those of the caption; what was heard for sure; whether half or double
# the tempo may be meant; how far the caption is from the model's words.
SESSION_COLUMNS = ("generated", "edited", "tags", "bpm_sure", "edit_distance")
_EARLIER_SESSIONS = (SESSION_COLUMNS[:2], SESSION_COLUMNS[:4])  # of exports before
DIALECT_COLUMN = "dialect"
_FURTHER = ((), (WRITTEN_COLUMN,), SESSION_COLUMNS, *_EARLIER_SESSIONS)  # the further columns that a file may have
MARK = "\ufeff".encode()  # the byte order mark of UTF-8

_NUMBERS = frozenset(COLUMNS.index(name) for name in ("start_s", "end_s", "bpm", "seed"))
_FORMULA_STARTS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
# What they turn into a number, a date, a time or a truth value: 3/4, 2.1, 1-2, 2026-01-02T03:04:05Z, 5 May, 1e5, TRUE.
_TURNED = re.compile(
    rf"[\d.,:/ TZe%+-]*\d[\d.,:/ TZe%+-]*|\d+[ ./-]*({_MONTHS})[a-z]*[ ./,-]*\d*|({_MONTHS})[a-z]*[ ./,-]*\d[\d ,]*"
    r"|true|false",
    re.IGNORECASE,
)
_LONGEST_TURNED = 40
_UNSEEN = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))  # Unicode's classes: blanks, controls, characters without a width
_LINE_STARTS = frozenset("\t\r\n")
_NEEDS_QUOTES = frozenset('",\r\n')


class Table(NamedTuple):
    """A file that this module wrote: its dialect, which further columns it has, its rows."""

    dialect: Dialect
    further: tuple[str, ...]
    rows: list[list[str]]

    @property
    def written(self) -> bool:
        """Whether it is one of ``j2a caption --correct-figures``."""
        return WRITTEN_COLUMN in self.further

    @property
    def session(self) -> bool:
        """Whether it is one of the app's captions."""
        return SESSION_COLUMNS[0] in self.further

    @property
    def width(self) -> int:
        """Cells of a row."""
        return len(_columns(self.dialect, self.further))


def to_csv(rows: Sequence[Row], folder: Path, dialect: Dialect = "dataset") -> bytes:
    """The rows as a CSV file. ``file_name`` is the POSIX path relative to ``folder``.

    Empty cells: ``end_s`` of a window that runs to the end of its file, features that could not be measured, and all
    features and provenance of a caption written by hand. What a person has corrected stands
    in the place of what was measured. Raises ``ExportError`` for a file outside ``folder``.
    """
    root = real_folder(folder)
    table = sorted(
        ((file_name(row.clip.path, root), row) for row in rows),
        key=lambda item: (item[0], item[1].clip.start_s, item[1].clip.end_s or float("inf")),
    )
    lines = [in_dialect([*_cells(name, row), *_session_cells(row)], dialect) for name, row in table]
    return header(dialect, session=True) + _encoded(lines)


def header(dialect: Dialect = "dataset", written: bool = False, session: bool = False) -> bytes:
    """What a file begins with."""
    return _header(dialect, _further(written, session))


def headers() -> list[bytes]:
    """What one of our files may begin with."""
    return [_header(dialect, further) for dialect in DIALECTS for further in _FURTHER]


def columns(dialect: Dialect = "dataset", written: bool = False, session: bool = False) -> tuple[str, ...]:
    """The names of the columns."""
    return _columns(dialect, _further(written, session))


def _further(written: bool, session: bool) -> tuple[str, ...]:
    return (WRITTEN_COLUMN,) if written else SESSION_COLUMNS if session else ()


def _header(dialect: Dialect, further: tuple[str, ...]) -> bytes:
    return (MARK if dialect == "spreadsheet" else b"") + _encoded([_columns(dialect, further)])


def _columns(dialect: Dialect, further: tuple[str, ...]) -> tuple[str, ...]:
    return (*COLUMNS, *further, *([DIALECT_COLUMN] if dialect == "spreadsheet" else ()))


def to_lines(rows: Sequence[Row], folder: Path, dialect: Dialect = "dataset", written: bool = False) -> bytes:
    """Rows in the order given, without the header: what is appended to a file."""
    root = real_folder(folder)
    return _encoded([in_dialect(_cells(file_name(row.clip.path, root), row, written), dialect) for row in rows])


def copied(line: bytes, clip: Clip, folder: Path, dialect: Dialect, at: str) -> bytes:
    """A row that was written in this dialect, as the row of another clip, changed ``at`` that time."""
    [cells] = csv.reader(io.StringIO(line.decode(), newline=""), strict=True)
    updated = COLUMNS.index("updated_at")
    cells[:3] = in_dialect(window_cells(clip, folder), dialect)
    cells[updated] = guard(at) if dialect == "spreadsheet" else at
    return _encoded([cells])


def window_cells(clip: Clip, folder: Path) -> tuple[str, str, str]:
    """The first three cells of a clip's row, by which a row is known: file name, start and end."""
    return file_name(clip.path, real_folder(folder)), _number(clip.start_s), _number(clip.end_s)


def in_dialect(cells: Sequence[str], dialect: Dialect) -> tuple[str, ...]:
    """The first cells of a row, or all of them, as a dialect writes them."""
    if dialect == "dataset":
        return tuple(cells)
    guarded = tuple(cell if number in _NUMBERS else guard(cell) for number, cell in enumerate(cells))
    return (*guarded, dialect) if len(cells) >= len(COLUMNS) else guarded


def read_back(content: bytes) -> Table | None:
    """A file that this module wrote, without its header; ``None`` for any other.

    Cells are as they stand there. Raises ``csv.Error`` and ``UnicodeDecodeError`` for one that is damaged.
    """
    for dialect in DIALECTS:
        for further in _FURTHER:
            start = _header(dialect, further)
            if content.startswith(start):
                text = io.StringIO(content[len(start):].decode(), newline="")
                return Table(dialect, further, list(csv.reader(text, strict=True)))
    return None


def aspect_list(features: Features) -> str:
    """What was measured as MusicCaps writes aspects, a Python list of strings: ``['120 BPM', 'A minor', '4/4']``.

    Tempo (to the nearest whole BPM), key, meter, genre, what was heard for sure, and how it sounds ("bright"), in that
    order, of what is known; "" when nothing is.
    """
    heard = [tag.label for tag in features.tags or ()]
    # The likeliest style of the tags may be unlikely: it is an aspect where it is sure enough to be a tag.
    sure = features.genre and (features.genre.source != BY_TAGS or features.genre.label in heard)
    genre = [features.genre.label] if features.genre and sure else []
    aspects = [
        None if features.bpm is None else f"{features.bpm:.0f} BPM",
        features.key,
        features.meter,
        *genre,
        *(label for label in heard if label not in genre),
        *(features.sound.words if features.sound else ()),
    ]
    known = [aspect for aspect in aspects if aspect]
    return repr(known) if known else ""


def _encoded(lines: Sequence[Sequence[str]]) -> bytes:
    return "".join(",".join(map(_quote, cells)) + "\n" for cells in lines).encode(errors="backslashreplace")


def _cells(name: str, row: Row, written: bool = False) -> list[str]:
    caption = row.caption
    features = row.features
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
        *([caption.written if caption else ""] if written else []),
    ]


def _session_cells(row: Row) -> tuple[str, str, str, str, str]:
    features = row.features
    sure = "" if features.bpm is None or features.bpm_sure is None else "yes" if features.bpm_sure else "no"
    tags = [tag.label for tag in features.tags or ()]
    edited = ("yes" if row.edited else "no") if row.text.strip() else ""
    return row.generated_text, edited, repr(tags) if tags else "", sure, _edit_distance(row)


def _edit_distance(row: Row) -> str:
    text = row.affix.taken_off(row.text)
    if not text.strip() or row.caption is None:
        return ""
    if text == row.generated_text:
        return "0"
    from rapidfuzz.distance import Levenshtein  # 40 ms, for exports of what somebody wrote in

    return str(Levenshtein.distance(row.generated_text, text))


def file_name(path: Path, folder: Path) -> str:
    """Relative and POSIX. Bytes of a name that are not UTF-8 are written as ``\\xNN``: the file has to be UTF-8."""
    try:
        relative = path.relative_to(folder)
    except ValueError as error:
        raise ExportError(f"{path} is not inside {folder}.", "Export the folder that holds them all.") from error
    return os.fsencode(PurePosixPath(relative)).decode(errors="backslashreplace")


def _number(value: float | None) -> str:
    """The shortest decimal that reads back as the same float; whole numbers without ".0"."""
    return "" if value is None else repr(float(value)).removesuffix(".0")


def guard(cell: str) -> str:
    """A text that stays one in a spreadsheet, whatever blanks and characters without a width it begins with."""
    start = 0
    while start < len(cell) and unicodedata.category(cell[start]) in _UNSEEN:
        start += 1
    seen = cell[start:].strip()
    risky = seen[:1] in _FORMULA_STARTS or (len(seen) <= _LONGEST_TURNED and _TURNED.fullmatch(seen))
    return f"'{cell}" if cell[:1] in _LINE_STARTS or (seen and risky) else cell


def _quote(cell: str) -> str:
    """RFC 4180. Python's writer leaves a lone CR bare when lines end with LF, and its reader then refuses the file."""
    return '"' + cell.replace('"', '""') + '"' if not _NEEDS_QUOTES.isdisjoint(cell) else cell
