"""The table of clips: what ``prepare`` and ``synth`` write, and every later step reads.

A folder holds ``clips.jsonl``, one JSON object a line and one line a clip, and usually the audio beside it. JSON
lines, because they can be looked at with ``less``, joined with ``cat`` and cut at any line without losing the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from j2a.clip import Clip
from j2a.errors import J2AError
from j2a.exporting import write_atomically

Split = Literal["train", "valid", "test"]
SPLITS: tuple[str, ...] = get_args(Split)
TABLE = "clips.jsonl"


@dataclass(frozen=True, slots=True)
class Row:
    """One clip of a data set."""

    id: str  # unique in its table
    audio: str  # POSIX path, relative to the table's folder and inside it
    split: Split
    captions: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    start_s: float = 0.0  # where in the file the clip begins
    end_s: float | None = None  # None: the end of the file
    source: str = ""  # "musiccaps", "yt8m", "synth", "session", ...
    licence: str = ""  # of the captions
    audio_hash: str = ""  # of the file's content; "" where it was not worked out
    facts: dict[str, Any] = field(default_factory=dict)  # what is known to be true; see training/captions/facts.py

    def clip(self, folder: Path) -> Clip:
        """The audio, for ``folder`` holding the table."""
        return Clip(folder / self.audio, start_s=self.start_s, end_s=self.end_s)


def read_table(folder: Path, split: Split | None = None) -> list[Row]:
    """The rows of ``folder/clips.jsonl``, or those of one split, in the file's order.

    Raises ``J2AError``, naming the line, for a missing file, broken JSON, wrong columns or types, an id that occurs
    twice, and audio paths that are absolute or lead out of the folder.
    """
    path = folder / TABLE
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: captions may hold other line ends
    except (OSError, UnicodeDecodeError) as error:
        raise J2AError(
            f"{path} cannot be read: {error}.", "j2a-train prepare or synth makes one.", title="No table of clips"
        ) from error
    if not lines[-1]:
        lines.pop()
    rows, seen = [], set()
    for number, line in enumerate(lines, 1):
        try:
            row = _row(json.loads(line))
            if "\\ud" in line.lower():
                line_of(row).encode()  # half a character, which JSON may hold, could not be written again
        except (ValueError, TypeError, RecursionError) as error:
            raise _broken(path, number, str(error)) from error
        if row.id in seen:
            raise _broken(path, number, f"the id {row.id!r} occurs twice")
        seen.add(row.id)
        if split is None or row.split == split:
            rows.append(row)
    return rows


def write_table(folder: Path, rows: Iterable[Row]) -> None:
    """Write ``folder/clips.jsonl``, wholly or not at all. Raises ``ExportError``."""
    write_atomically(folder / TABLE, "".join(line_of(row) for row in rows).encode())


def line_of(row: Row) -> str:
    """One row as a line of the table: empty fields are left out."""
    record = {name: value for name, value in asdict(row).items() if value not in ("", None, (), {})}
    return json.dumps(record, ensure_ascii=False) + "\n"


def _row(record: Any) -> Row:
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    unknown = record.keys() - {f.name for f in fields(Row)}
    if unknown:
        raise ValueError(f"unknown column {', '.join(sorted(unknown))}")
    for name in ("captions", "aspects"):
        texts = record.get(name, [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{name} is not a list of texts")
        record[name] = tuple(texts)
    row = Row(**record)
    if not isinstance(row.id, str) or not row.id:
        raise ValueError("the id is not a text")
    if row.split not in SPLITS:
        raise ValueError(f"the split is {row.split!r}, not one of {', '.join(SPLITS)}")
    if not isinstance(row.audio, str) or not is_inside(row.audio):
        raise ValueError(f"the audio path {row.audio!r} is not one inside the folder")
    for name in ("start_s", "end_s"):
        seconds = getattr(row, name)
        if isinstance(seconds, bool) or not (isinstance(seconds, int | float) or (seconds is None and name == "end_s")):
            raise ValueError(f"{name} is not a number")
    if not isinstance(row.facts, dict):
        raise ValueError("facts is not an object")
    row.clip(Path())  # which refuses times that are none
    return row


def is_inside(path: str) -> bool:
    """Whether a POSIX path is relative and stays in its folder."""
    parts = PurePosixPath(path)
    return bool(path) and "\0" not in path and "\\" not in path and not parts.is_absolute() and ".." not in parts.parts


def _broken(path: Path, number: int, why: str) -> J2AError:
    return J2AError(
        f"{path}, line {number}: {why}.",
        "Make the table anew with j2a-train prepare or synth.",
        title="Broken table of clips",
    )
