"""What was written is kept: when the disk is full, in an export, at the end."""

from __future__ import annotations

import csv
import time

import pytest

from j2a.engine.messages import Describe
from j2a.errors import StoreError
from j2a.store import Store
from tests.tui.fakes import TEXT
from tests.tui.harness import Desk


async def test_what_cannot_be_saved_stays_on_the_screen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise StoreError("The disk is full.", "Make room and try again.")

    monkeypatch.setattr(Store, "save_generated", full)
    await desk.press("enter")
    desk.engine.simulate_described()
    await desk.until(lambda: desk.toasts())
    await desk.told("Cannot save captions: The disk is full. Make room and try again.")
    await desk.shows(TEXT)


async def test_the_export_is_the_contract(desk: Desk) -> None:
    await desk.press("E")
    await desk.told("no captions to export")
    await desk.describe()
    await desk.press("a", "E")
    path = desk.folder / "captions.csv"
    await desk.told(f"1 caption written: {path}")
    [row] = csv.DictReader(path.open(encoding="utf-8", newline=""))
    assert (row["file_name"], row["start_s"], row["end_s"], row["status"]) == ("song 1.wav", "0", "10", "accepted")
    assert (row["caption"], row["bpm"], row["key"], row["genre"]) == (TEXT, "120", "A minor", "")
    await desk.press("E")
    await desk.until(lambda: len([toast for toast in desk.toasts() if "written" in toast]) == 2)


async def test_a_file_of_someone_else_is_not_replaced_without_asking(desk: Desk) -> None:
    path = desk.folder / "captions.csv"
    path.write_text("id,text\n1,mine\n")
    await desk.describe()
    await desk.press("E")
    await desk.shows("was not written by J2A")
    await desk.press("n")
    assert path.read_text() == "id,text\n1,mine\n"
    await desk.press("E", "y")
    assert path.read_text().startswith("file_name,start_s,")


async def test_quitting_in_the_middle_is_quick_and_closes_everything(desk: Desk) -> None:
    await desk.press("enter")
    desk.engine.simulate_pieces(desk.engine.last(Describe), "Half of it")
    await desk.until(lambda: desk.app.session.text)
    started = time.monotonic()
    await desk.pilot.press("q")
    await desk.until(lambda: desk.engine.closed and desk.player.closed)
    assert time.monotonic() - started < 0.3
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "Half of it"
