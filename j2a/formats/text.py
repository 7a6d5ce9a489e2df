"""Bytes from outside as text, JSON and tables, and back. Every refusal is one clear line.

What is read is never guessed at: UTF-8, with or without byte order mark, or UTF-16 that says so by its mark; JSON
without NaN, Infinity or a key that stands twice; tables whose columns have different names.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

from j2a.formats.entry import FormatError
from j2a.printable import printable, several_lines

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = (",", ";", "\t")


def decoded(data: bytes) -> str:
    """The text of a file, its line ends LF. Raises ``FormatError`` for another encoding."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FormatError(f"it is not in UTF-8 (byte {error.start:,}).", "Save it as UTF-8.") from error
    if "\0" in text[:4096]:
        raise FormatError("it is no text.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoded(text: str) -> bytes:
    """UTF-8; halves of surrogate pairs, as in names that are not UTF-8, become ``\\udcNN``."""
    return text.encode(errors="backslashreplace")


def shown_name(file: str) -> str:
    """A path as text that any reader takes: bytes that are not UTF-8 as ``\\xNN``, as in captions.csv."""
    return os.fsencode(file).decode(errors="backslashreplace")


def one_line(text: str) -> str:
    """A caption where there is room for one line."""
    return " ".join(several_lines(text).split())


def json_of(data: bytes | str) -> Any:
    """A JSON value. Raises ``FormatError``."""
    text = decoded(data) if isinstance(data, bytes) else data
    try:
        return json.loads(text, parse_constant=_refused, object_pairs_hook=_without_doubles)
    except RecursionError as error:
        raise FormatError("its JSON is nested too deeply.") from error
    except ValueError as error:
        raise FormatError(f"it is no JSON: {printable(str(error))[:120]}.") from error


def as_json(value: Any, indent: int | None = 2) -> bytes:
    """A JSON value in UTF-8. Numbers that JSON does not have are an error of ours."""
    return encoded(json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False) + "\n")


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:40]!r} stands twice")
        found[key] = value
    return found


def table_of(data: bytes) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    """The columns of a CSV file, in lower case, and its rows with their numbers; , ; or tabs between the cells.

    Raises ``FormatError``, also while rows are read.
    """
    text = decoded(data)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [cell.strip().lower() for cell in next(reader, [])]
    except csv.Error as error:
        raise FormatError(f"it is no CSV: {error}.") from error
    if doubles := sorted({name for name in columns if columns.count(name) > 1}):
        raise FormatError(f"two of its columns are called {printable(doubles[0])!r}.")
    return columns, _rows(reader, columns)


def _rows(reader: Iterator[list[str]], columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    number = 1
    try:
        for number, cells in enumerate(reader, 2):
            if len(cells) == len(columns):
                yield number, dict(zip(columns, cells, strict=True))
            elif cells:
                raise FormatError(f"row {number} has {len(cells)} cells, the header {len(columns)}.")
    except csv.Error as error:
        raise FormatError(f"row {number + 1}: {error}.") from error


def csv_of(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A CSV file as captions.csv is one: UTF-8, LF, RFC 4180."""
    return encoded("".join(",".join(map(_quoted, cells)) + "\n" for cells in (columns, *rows)))


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in '",\r\n') else cell


def plain_number(value: float | None) -> str:
    """The shortest decimal that reads back as the same float; whole numbers without ".0"."""
    return "" if value is None else repr(float(value)).removesuffix(".0")


def number_in(value: Any) -> float | None:
    """A finite number out of JSON or a cell; ``None`` where there is none. ``True`` is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def text_in(value: Any) -> str:
    """A text out of JSON, fit to be kept; "" for what is none."""
    return several_lines(value).strip() if isinstance(value, str) else ""
