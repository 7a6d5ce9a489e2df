"""The table of clips, ``clips.jsonl``."""

from __future__ import annotations

from pathlib import Path

from bench.fuzz.target import Target, told
from j2a.errors import J2AError
from training.datasets.table import TABLE, Row, line_of, read_table, write_table


def attempt(data: bytes, folder: Path) -> None:
    """What is read is written and read again the same, and each row is a clip."""
    (folder / TABLE).write_bytes(data)
    try:
        rows = read_table(folder)
    except J2AError as error:
        told(error)
        return
    for row in rows:
        row.clip(folder)
    write_table(folder, rows)
    assert list(map(line_of, read_table(folder))) == list(map(line_of, rows)), "a row changes by being written"


def seeds(folder: Path) -> list[bytes]:
    """A table of several kinds of rows."""
    rows = [
        Row("a", "audio/a.wav", "train", ("A slow piece.",), ("slow", "A minor"), 0.0, 10.0, "synth", "CC0", "0f",
            {"bpm": 120.0, "chords": [[0.0, 2.0, "A:min"]]}),
        Row("b", "b.flac", "valid", ("One.", "Two\u2028lines.")),
        Row("c", "c.ogg", "test", start_s=2.5),
    ]  # fmt: skip
    return ["".join(map(line_of, rows)).encode(), line_of(rows[0]).encode(), b""]


TARGET = Target(attempt, seeds, (b'"facts"', b'"start_s"', b'"end_s"', b'"captions"', b"NaN", b"1e999", b"\\ud800"))
