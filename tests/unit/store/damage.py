"""Files of captions, damaged on purpose."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.store import Store
from j2a.store.rescue import MendedError

MUSIC = Path("/music")
PAGE = 4096
COUNT = 60
TEXTS = [f"Caption {number}." for number in range(COUNT)]


def clip(number: int) -> Clip:
    return Clip(MUSIC / f"{number:03}.flac", 1.0, 2.0)


def trees(content: bytes, path: Path) -> dict[str, int]:
    """On which page each table and index begins."""
    path.write_bytes(content)
    raw = sqlite3.connect(path)
    try:
        return dict(raw.execute("SELECT name, rootpage FROM sqlite_master").fetchall())
    finally:
        raw.close()
        path.unlink()


def leaves(content: bytes, root: int) -> list[int]:
    """The pages below the first page of a tree of two floors."""
    page = content[(root - 1) * PAGE: root * PAGE]
    assert page[0] in (2, 5), "an inner page"
    cells = [int.from_bytes(page[at: at + 2]) for at in range(12, 12 + 2 * int.from_bytes(page[3:5]), 2)]
    return [*(int.from_bytes(page[cell: cell + 4]) for cell in cells), int.from_bytes(page[8:12])]


def with_pages(content: bytes, pages: list[int], damage: Callable[[bytes], bytes] = lambda page: bytes(PAGE)) -> bytes:
    parts = [content[at: at + PAGE] for at in range(0, len(content), PAGE)]
    for page in pages:
        parts[page - 1] = damage(parts[page - 1])
    return b"".join(parts)


def opened(path: Path, content: bytes) -> tuple[dict[str, str], list[MendedError], list[StoreError]]:
    """The texts of the rows, what was told of mending, and the rows that are damaged."""
    path.write_bytes(content)
    mended: list[MendedError] = []
    damaged: list[StoreError] = []
    with Store(path, on_mended=mended.append) as store:
        store.check()
        rows = store.rows(MUSIC, damaged.append)
        store.edit(clip(500), "Written after it.")
        assert store.latest(clip(500).path) is not None
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    raw.close()
    return {row.clip.path.name: row.text for row in rows}, mended, damaged


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "zeroed": lambda page: bytes(PAGE),
    "flipped": lambda page: bytes(255 - byte for byte in page),
    "another's": lambda page: b"SQLite format 3\0" * (PAGE // 16),
    "half": lambda page: page[: PAGE // 2] + bytes(PAGE // 2),
}


def with_flipped_text(content: bytes, number: int, byte: bytes) -> bytes:
    """With another byte in the text of a caption's row, not of the journal's."""
    wanted = f'"Caption {number}."'.encode()
    places = [at for at in range(len(content)) if content.startswith(wanted, at)]
    changed = [content[: at + 3] + byte + content[at + 4 :] for at in places]
    return next(one for one in changed if b'{"text": "Ca' + byte in rows_of(one))


def rows_of(content: bytes) -> bytes:
    with contextlib.closing(sqlite3.connect(":memory:")) as raw:
        raw.text_factory = bytes
        raw.deserialize(content[:18] + b"\1\1" + content[20:])
        return b"".join(state for (state,) in raw.execute("SELECT state FROM caption"))
