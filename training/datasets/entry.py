"""One captioned clip as its data set publishes it, and the one way in which all lists of clips are read."""

from __future__ import annotations

import ast
import csv
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from j2a.errors import J2AError
from training.datasets.table import Split, is_inside

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A clip with its captions; whether its audio is at hand is another question."""

    source: str  # the data set: "musiccaps", "yt8m", "session", or the name of a file
    recording: str  # what the clip is cut from: a YouTube id, or a POSIX path inside the data set's folder
    start_s: float  # where in the recording the clip begins
    end_s: float | None  # None: the end of the recording
    captions: tuple[str, ...]
    where: str  # file and row, for messages
    aspects: tuple[str, ...] = ()
    split: Split | None = None  # None: the data set does not say
    licence: str = ""  # of the captions
    facts: dict[str, Any] = field(default_factory=dict)  # see training/captions/facts.py


def records_of(path: Path, columns: Iterable[str] = ()) -> Iterator[tuple[str, Record]]:
    """The records of a CSV or JSONL file (told by its suffix) that has these columns, each with its file and row.

    Raises ``J2AError`` for a file that cannot be read, is broken or lacks a column.
    """
    is_json = path.suffix.lower() in (".jsonl", ".ndjson")
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, record in _json_lines(file) if is_json else _csv_rows(file, columns):
                if missing := [name for name in columns if record.get(name) is None]:
                    raise bad_row(f"{path}, row {number}", f"there is no {', '.join(missing)}")
                yield f"{path}, row {number}", record
    except OSError as error:
        raise J2AError(
            f"{path} cannot be read: {error.strerror or error}.", "Give the list of clips.", title="No list of clips"
        ) from error
    except UnicodeDecodeError as error:
        raise bad_row(str(path), f"it is not UTF-8 ({error.reason}); save it as UTF-8") from error
    except (csv.Error, ValueError, RecursionError) as error:  # ValueError: not JSON
        raise bad_row(f"{path}, behind row {number}" if number else str(path), str(error)) from error
    if not number:
        raise bad_row(str(path), "there are no clips")


def bad_row(where: str, why: str) -> J2AError:
    """The error of a row that cannot be used."""
    return J2AError(f"{where}: {why}.", "Mend the row or take it out; nothing was written.", title="Bad list of clips")


def times(where: str, record: Record, start: str, end: str) -> tuple[float, float | None]:
    """Start and end in seconds; an empty end is the end of the file. Raises ``J2AError``."""
    try:
        start_s = float(record.get(start) or 0)
        end_s = None if record.get(end) in ("", None) else float(record[end])
    except (TypeError, ValueError, OverflowError):
        raise bad_row(where, f"{start} or {end} is not a number") from None
    if not (math.isfinite(start_s) and start_s >= 0 and (end_s is None or (math.isfinite(end_s) and end_s > start_s))):
        raise bad_row(where, f"a clip cannot go from {start_s} to {end_s} s")
    return start_s, end_s


def texts(where: str, name: str, value: Any) -> tuple[str, ...]:
    """A list of texts: JSON's own, or as MusicCaps writes it (a Python list), or one a comma; empty for nothing."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = ast.literal_eval(value.strip())
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            raise bad_row(where, f"{name} is not a list of texts") from None
    elif isinstance(value, str):
        value = [part for part in map(str.strip, value.split(",")) if part]
    if not isinstance(value, list | type(None)) or not all(map(_is_text, value or ())):
        raise bad_row(where, f"{name} is not a list of texts")
    return tuple(value or ())


def _is_text(value: Any) -> bool:
    """Whether it can be written as UTF-8: JSON may hold halves of characters."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def caption_of(where: str, value: Any) -> str:
    """A caption without the space around it. Raises ``J2AError`` when nothing is left."""
    if not isinstance(value, str) or not value.strip():
        raise bad_row(where, "the caption is empty")
    if not _is_text(value):
        raise bad_row(where, "the caption holds half a character (a lone surrogate)")
    return value.strip()


def file_of(where: str, value: Any) -> str:
    """A POSIX path inside the data set's folder. Raises ``J2AError`` for one that leads anywhere else."""
    if not isinstance(value, str) or not _is_text(value) or not is_inside(value):
        raise bad_row(where, f"the audio path {value!r} is not one inside the folder")
    return value


def without_twins(entries: Iterable[Entry], *, one_each: bool = False) -> list[Entry]:
    """The entries as they are. Raises ``J2AError``, naming both rows, when a clip of one source occurs twice.

    With ``one_each`` a recording must not occur twice, whatever the section.
    """
    seen: dict[tuple[object, ...], str] = {}
    kept = []
    for entry in entries:
        key = (entry.source, entry.recording, *(() if one_each else (entry.start_s, entry.end_s)))
        if key in seen:
            raise bad_row(entry.where, f"the clip {entry.recording!r} is already in {seen[key]}")
        seen[key] = entry.where
        kept.append(entry)
    return kept


def _csv_rows(file: Iterable[str], columns: Iterable[str]) -> Iterator[tuple[int, Record]]:
    reader = csv.DictReader(file, strict=True)
    if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
        raise ValueError(f"there is no column {', '.join(missing)}")
    for number, row in enumerate(reader, 2):  # as spreadsheets count, with the header as row 1
        if None in row:
            raise ValueError(f"row {number} has more cells than the header")
        yield number, row


def _json_lines(file: Iterable[str]) -> Iterator[tuple[int, Record]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        record = json.loads(line)
        if not isinstance(record, dict):
            raise ValueError(f"row {number} is not a JSON object")
        yield number, record
