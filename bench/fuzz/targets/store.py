"""The rows of the captioning session: their JSON, their paths, times and statuses, as a damaged file may hold them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

from bench.fuzz.target import Target, as_choice, chosen, told
from bench.fuzz.targets.features import used
from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.exporting.csv import DIALECTS, read_back, to_csv
from j2a.features.record import Chord, Features, Genre
from j2a.store import Row, Status, Store
from j2a.store.records import TO_THE_END_MS, key_of, row_of, state_of

COLUMNS = ("state", "path", "status", "start_ms", "end_ms")
_FEATURES = Features(bpm=120.5, beats=[0.5, 1.0], meter="4/4", key="A minor", chords=[Chord(0.0, 2.0, "A:min")],
                     genre=Genre("jazz", 0.75))  # fmt: skip


def state(folder: Path, caption: Caption | None = None, text: str = "A slow piece in A minor.") -> bytes:
    """The JSON of a row."""
    at = "2026-01-02T03:04:05.678Z"
    row = Row(Clip(folder / "a.wav"), text, text, Status.DRAFT, caption, "ann", at, at)
    return state_of(row).encode()


def attempt(data: bytes, folder: Path) -> None:
    """A row with one strange column: it is read, or refused in words, and a new text mends it."""
    column, content = chosen(data, COLUMNS)
    store, path = _store(folder), os.fsencode(folder.resolve() / "a.wav")
    row: dict[str, object] = {
        "path": path, "start_ms": 0, "end_ms": TO_THE_END_MS, "status": "draft",
        "state": state(folder).decode(), "change": 1,
    }  # fmt: skip
    row[column] = (os.fsencode(folder.resolve()) + b"/" + content if column == "path" else content)
    cast = "CAST(? AS TEXT)" if column in ("state", "status") else "?"
    marks = ", ".join(cast if name == column else "?" for name in row)
    connection = store.database.connection  # the damage is done behind its back
    connection.execute("DELETE FROM caption")
    connection.execute(f"INSERT INTO caption ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    store.statuses(folder)
    damage: list[StoreError] = []
    for found in store.rows(folder, damage.append):
        _hold(found, folder)
    clip = Clip(folder / "a.wav")
    reads: tuple[Callable[[], object], ...] = (
        lambda: store.get(clip), lambda: store.latest(clip.path), lambda: store.set_status(clip, Status.SKIPPED),
    )  # fmt: skip
    for read in reads:
        try:
            read()
        except StoreError as error:
            damage.append(error)
    for error in damage:
        told(error)
    if column == "state":
        assert store.edit(clip, "new").text == "new"


def _hold(row: Row, folder: Path) -> None:
    """What was read is kept as it is, and can be exported and read back."""
    if row.caption:
        used(row.caption.features)
    again = row_of(key_of(row.clip), state_of(row))
    assert state_of(again) == state_of(row), "a row changes by being kept"
    for dialect in DIALECTS:
        back = read_back(to_csv([row], folder, dialect))
        assert back is not None and back.dialect == dialect and len(back.rows) == 1, "a row is lost in the CSV"
        if dialect == "dataset":
            assert row.text in back.rows[0]


@functools.cache
def _store(folder: Path) -> Store:
    store = Store(folder / "captions.sqlite", annotator="ann", on_mended=lambda mended: None)  # once; it is told then
    store.database.connection.execute("PRAGMA synchronous = OFF")  # nothing here has to outlive the power
    return store


def seeds(folder: Path) -> list[bytes]:
    """A row of each kind, and the other columns."""
    caption = Caption("A slow piece.", "1.0", "mini", "0" * 12, "facts-1/describe", "Key: A minor", 0,
                      features=_FEATURES)  # fmt: skip
    bare = Caption("Slow.", "2.1", "mini", "0" * 12, "audio-1/short", "Describe", 7)
    return [
        as_choice(0, state(folder)), as_choice(0, state(folder, caption)),
        as_choice(0, state(folder, bare, "two\nlines")),
        as_choice(1, b"sub/b.wav"), as_choice(1, b"\xff.wav"), as_choice(2, b"accepted"), as_choice(3, b"12"),
        as_choice(4, b"-1"),
    ]  # fmt: skip


TARGET = Target(attempt, seeds, (b'"status"', b'"caption"', b"null", b'"features"', b'"bpm"', b"1e999"))
