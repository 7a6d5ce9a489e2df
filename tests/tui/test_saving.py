"""What was written is kept: when the disk is full, in an export, at the end."""

from __future__ import annotations

import asyncio
import csv
import shutil
import time
from pathlib import Path

import pytest

from j2a.clip import Clip
from j2a.engine.messages import Describe
from j2a.store import Status, Store
from j2a_tui.display import home_relative
from j2a_tui.key_order import PAUSE_S
from tests.tui.fakes import TEXT
from tests.tui.harness import Desk, running


def fill_disk(desk: Desk) -> None:
    """What SQLite says of a full disk, it says of a file that may not grow."""
    connection = desk.app.session.ledger.store.database.connection
    [pages] = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def make_room(desk: Desk) -> None:
    desk.app.session.ledger.store.database.connection.execute("PRAGMA max_page_count = 100000")


async def test_what_cannot_be_saved_is_kept_and_saved_when_there_is_room(desk: Desk) -> None:
    fill_disk(desk)
    await desk.press("enter")
    desk.engine.simulate_described(TEXT * 300)
    await desk.told("disk is full")
    await desk.shows("Not saved yet: a caption.")
    await desk.press("e", *" By hand.", "escape")
    assert desk.app.session.text.endswith("By hand.")
    for key in ("down", "up"):  # it is there when one comes back to it
        await desk.press(key)
        await desk.pilot.pause(0.3)
    await desk.until(lambda: desk.app.session.text.endswith("By hand."))
    assert len([toast for toast in desk.toasts() if "disk is full" in toast]) < 2
    await desk.shows("Not saved yet: a caption.")
    await desk.press("a")
    assert desk.row("song 1.wav") is None
    make_room(desk)
    await desk.told("Saved: What could not be saved before is on the disk now.")
    await desk.until(lambda: "Not saved yet" not in desk.screen_text())
    row = desk.row("song 1.wav")
    assert row is not None
    assert (row.text, row.status) == (TEXT * 300 + " By hand.", Status.ACCEPTED)
    assert row.caption is not None
    assert desk.app.session.ledger.statuses[row.clip.path] is Status.ACCEPTED


async def test_what_a_model_wrote_before_it_paused_is_saved(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 2.0
    monkeypatch.setattr(desk.app.session, "_clock", lambda: now)
    await desk.press("enter")
    request_id = desk.engine.last(Describe)
    now += 1.0
    desk.engine.simulate_pieces(request_id, "One.")
    await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.text == "One.")
    desk.engine.simulate_pieces(request_id, "Two.")  # too soon after the first to be saved at once
    await desk.until(lambda: desk.app.session.text == "One. Two.")
    now += 0.7
    await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.text == "One. Two.", timeout_s=5)


async def test_leaving_with_unsaved_words_asks_first(desk: Desk) -> None:
    fill_disk(desk)
    await desk.press("enter")
    desk.engine.simulate_described(TEXT * 300)
    await desk.shows("Not saved yet")
    await desk.press("q")
    await desk.shows("1 caption is not saved, and lost if you leave now.")
    await desk.press("n")
    assert not desk.engine.closed
    await desk.press("u")  # nothing older is taken back in its place
    await desk.until(lambda: len([toast for toast in desk.toasts() if "kept here" in toast]) == 2)
    make_room(desk)
    await desk.press("q")
    await desk.until(lambda: desk.engine.closed)
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == TEXT * 300


async def test_a_home_that_is_removed_loses_no_words(desk: Desk, j2a_home: Path) -> None:
    await desk.describe("Kept.")
    shutil.move(j2a_home / "data", j2a_home / "away")
    await desk.press("e", *" More.", "escape")
    await desk.shows("Not saved yet")
    await desk.shows("is gone")
    assert not (j2a_home / "data").exists()
    shutil.move(j2a_home / "away", j2a_home / "data")
    await desk.told("Saved")
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "Kept. More."
    shutil.rmtree(j2a_home)
    await desk.press("e", *" Again.", "escape")
    await desk.shows("Not saved yet")
    (j2a_home / "data").mkdir(parents=True)
    await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.text == "Kept. More. Again.")


async def test_the_words_of_another_app_are_not_replaced_unseen(desk: Desk) -> None:
    await desk.describe("Ours.")
    with Store(annotator="another") as other:
        other.edit(desk.clip("song 1.wav"), "Theirs.")
    await desk.press("a")  # what is accepted is what was seen, or nothing
    await desk.told("Another J2A has changed this caption: This is how it stands now.")
    await desk.shows("Theirs.")
    row = desk.row("song 1.wav")
    assert row is not None
    assert (row.text, row.status) == ("Theirs.", Status.DRAFT)
    with Store(annotator="another") as other:
        other.edit(desk.clip("song 1.wav"), "Theirs, later.")
    await desk.press("e", *" Our")
    await desk.told("Another J2A has changed this caption: It had written: Theirs, later. Yours is saved;")
    await desk.press(*"s.", "escape")  # typed after the first of it was saved
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "Theirs. Ours."
    await desk.press("u")
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "Theirs, later."


async def test_a_caption_without_words_is_a_failure(desk: Desk) -> None:
    await desk.press("enter")
    desk.engine.simulate_done(desk.engine.last(Describe), " \n")
    await desk.shows("✗ No caption")
    row = desk.row("song 1.wav")
    assert row is not None and (row.text, row.status) == ("", Status.FAILED)


async def test_the_export_is_the_contract(desk: Desk) -> None:
    await desk.press("E")
    await desk.told("no captions to export")
    await asyncio.sleep(PAUSE_S)  # a key right behind it would be for nobody
    await desk.describe()
    await desk.press("a", "E", "a")
    path = desk.folder / "captions.csv"
    await desk.told(f"1 caption written: {home_relative(path)}")
    [row] = csv.DictReader(path.open(encoding="utf-8", newline=""))
    assert (row["file_name"], row["start_s"], row["end_s"], row["status"]) == ("song 1.wav", "0", "10", "accepted")
    assert (row["generated"], row["edited"]) == (TEXT, "no")
    assert (row["caption"], row["bpm"], row["key"], row["genre"]) == (TEXT, "120", "A minor", "electronic")
    await desk.press("E", "a")
    await desk.until(lambda: len([toast for toast in desk.toasts() if "written" in toast]) == 2)


async def test_who_exports_chooses_what(desk: Desk) -> None:
    await desk.describe()
    await desk.press("a")
    await desk.opened("song 2.wav")
    await desk.describe("A draft.")
    await desk.press("e", *" Mine.", "escape", "j", "s")
    path = desk.folder / "captions.csv"
    for key, texts in (("a", [TEXT]), ("c", [TEXT, "A draft. Mine."]), ("e", [TEXT, "A draft. Mine.", ""])):
        await desk.press("E")
        await desk.shows("accepted captions only")
        await desk.press(key)
        await desk.told(f"{len(texts)} caption{'' if len(texts) == 1 else 's'} written")
        rows = sorted(csv.DictReader(path.open(encoding="utf-8", newline="")), key=lambda row: row["status"])
        assert [row["caption"] for row in rows] == texts
        assert [(row["generated"], row["edited"]) for row in rows] == [
            (TEXT, "no"), ("A draft.", "yes"), ("", "")][:len(texts)]


async def test_a_file_of_someone_else_is_not_replaced_without_asking(desk: Desk) -> None:
    path = desk.folder / "captions.csv"
    path.write_text("id,text\n1,mine\n")
    await desk.describe()
    await desk.press("E", "e")
    await desk.shows("was not written by J2A")
    await desk.press("n")
    assert path.read_text() == "id,text\n1,mine\n"
    await desk.press("E", "e", "y")
    assert path.read_text().startswith("file_name,start_s,")


async def test_captions_in_the_folder_are_not_replaced_by_fewer_without_asking(desk: Desk) -> None:
    path = desk.folder / "captions.csv"
    await desk.describe()
    await desk.press("E", "c")
    await desk.told("1 caption written")
    more = path.read_text() + path.read_text().splitlines()[1].replace("song 1.wav", "renamed.wav") + "\n"
    path.write_text(more)
    await desk.press("E", "e")
    await desk.shows("holds 1 caption")
    await desk.press("n")
    assert path.read_text() == more
    await desk.press("E", "e", "y")
    assert (desk.folder / "captions.csv.bak").read_text() == more
    assert "renamed.wav" not in path.read_text()


async def test_a_folder_that_is_gone_is_not_made_again(desk: Desk) -> None:
    await desk.describe()
    moved = desk.folder.rename(desk.folder.with_name("moved"))
    await desk.press("E", "e")
    await desk.told("is not there any more")
    assert not desk.folder.exists()
    moved.rename(desk.folder)


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


@pytest.mark.parametrize("page", [1, 2, 4])  # what SQLite reads first, the rows, the index of decisions
async def test_a_damaged_file_of_captions_is_mended_told_and_written_to(music: Path, page: int) -> None:
    with Store() as store:
        for name in ("song 1.wav", "song 2.wav"):
            store.edit(Clip(music / name, 0.0, 10.0), f"Of {name}.")
    with store.path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.told("The file of captions was damaged: ")
        assert any("nothing is lost" in toast and "captions.sqlite.damaged" in toast for toast in desk.toasts())
        await desk.until(lambda: desk.app.session.text == "Of song 1.wav.")
        await desk.press("a")
        row = desk.row("song 1.wav")
    assert row is not None
    assert (row.text, row.status) == ("Of song 1.wav.", Status.ACCEPTED)
