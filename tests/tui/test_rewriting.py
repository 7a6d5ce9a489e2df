"""What is done to the words of the whole folder, and how an edit is cancelled."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual import events

from j2a import affixes
from j2a.affixes import Affix
from j2a.clip import Clip
from j2a.engine.messages import Describe
from j2a.store import Row, Status, Store
from j2a_tui import replacing
from j2a_tui.replacing import PatternError, Wanted
from tests.tui.harness import Desk, running

NAMES = ("song 1.wav", "song 2.wav", "song 10.wav")


def fill(desk: Desk) -> None:
    """An accepted caption and two drafts, one of them edited."""
    with Store() as store:
        for name, text in zip(NAMES, ("A slow Song.", "A slow song, slow.", "A fast one."), strict=True):
            store.edit(desk.clip(name), text)
        store.set_status(desk.clip(NAMES[0]), Status.ACCEPTED)


def texts(desk: Desk) -> list[str]:
    return [row.text if (row := desk.row(name)) else "" for name in NAMES]


async def test_words_are_replaced_in_drafts_after_they_were_shown(desk: Desk) -> None:
    fill(desk)
    await desk.press("R", *"SLOW", "tab", *"calm")
    await desk.shows("2 places in 1 caption of 1 file")
    await desk.shows("-slow-")
    await desk.press("ctrl+s")
    assert texts(desk) == ["A slow Song.", "A calm song, calm.", "A fast one."]
    await desk.press("u")
    assert texts(desk) == ["A slow Song.", "A slow song, slow.", "A fast one."]


async def test_accepted_ones_are_changed_where_that_is_said_and_one_undo_takes_all_back(desk: Desk) -> None:
    fill(desk)
    before = texts(desk)
    await desk.press("R", *r"(slow) (song)", "tab", *r"\2, \1", "f2", "f4", "f4")
    await desk.shows("2 places in 2 captions of 2 files")
    await desk.press("f3")
    await desk.shows("1 place in 1 caption of 1 file")
    await desk.press("f3", "ctrl+s")
    assert texts(desk) == ["A Song, slow.", "A song, slow, slow.", "A fast one."]
    row = desk.row(NAMES[0])
    assert row is not None and row.status is Status.ACCEPTED
    await desk.press("u")
    assert texts(desk) == before
    await desk.press("ctrl+r")
    assert texts(desk) == ["A Song, slow.", "A song, slow, slow.", "A fast one."]


async def test_one_undo_takes_it_back_after_a_restart_too(music: Path) -> None:
    async with running(music) as first:
        await first.opened("song 1.wav")
        fill(first)
        await first.press("R", "a", "tab", "o", "f4", "f4", "ctrl+s", "q")
    async with running(music) as again:
        assert texts(again) == ["o slow Song.", "o slow song, slow.", "o fost one."]
        await again.press("u")
        assert texts(again) == ["A slow Song.", "A slow song, slow.", "A fast one."]


async def test_what_is_no_expression_is_told_and_changes_nothing(desk: Desk) -> None:
    fill(desk)
    await desk.press("R", "f2", "(")
    await desk.shows("that is no regular expression")
    await desk.press("ctrl+s", "backspace", "a", "tab", *r"\9", "ctrl+s")
    await desk.shows("makes no sense")
    await desk.press("escape")
    assert texts(desk) == ["A slow Song.", "A slow song, slow.", "A fast one."]


def test_an_expression_that_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "PATIENCE_S", 0.05)
    rows = [Row(Clip(Path("a.wav")), "word " * 400, "", Status.DRAFT, None, "", "", "")]
    with pytest.raises(PatternError, match="takes too long"):
        replacing.replacements(rows, Wanted(r"(?:\w+\s?)*[!?]", "", regex=True))


async def test_a_caption_that_would_have_no_words_left_stays_as_it_is(desk: Desk) -> None:
    fill(desk)
    await desk.press("R", *"A.*ow.*", "f2", "f4", "f4")
    await desk.shows("2 captions would have no words left")
    await desk.press("ctrl+s", "escape")
    assert texts(desk) == ["A slow Song.", "A slow song, slow.", "A fast one."]


async def test_a_caption_that_changed_meanwhile_stops_the_whole_replacement(desk: Desk) -> None:
    fill(desk)
    await desk.press("R", *"one", "tab", *"1", "f4", "f4")
    with Store() as store:
        store.edit(desk.clip(NAMES[2]), "Another one.")
    await desk.press("ctrl+s")
    await desk.told("changed since you saw it")
    assert texts(desk)[2] == "Another one."


async def test_prefix_and_suffix_are_shown_and_exported_but_no_part_of_the_text(desk: Desk) -> None:
    await desk.describe("Slow.")
    await desk.press("T", *"mytrigger,", "tab", *"loop")
    await desk.shows("In the file: mytrigger, Slow. loop")
    await desk.press("enter")
    await desk.shows("mytrigger, Slow. loop")
    row = desk.row("song 1.wav")
    assert row is not None and row.text == "Slow."
    await desk.press("a", "E", "a")
    written = (desk.folder / "captions.csv").read_text()
    assert '"mytrigger, Slow. loop"' in written
    assert ",Slow.,no," in written, "the words of the model are told apart, and nobody edited it"


def test_a_folder_has_the_affix_of_the_nearest_one(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    assert affixes.of_folder(inner) == affixes.NONE
    affixes.write(tmp_path / "a", Affix("  x ", "y\n"))
    affixes.write(inner, Affix())
    assert affixes.of_folder(tmp_path / "a" / "c") == Affix("x", "y")
    assert affixes.of_folder(inner) == affixes.NONE == affixes.of_folder(tmp_path)
    affixes.kept_in().write_text('{"a": 1, "b": ["x"]}')
    assert affixes.of_folder(tmp_path / "a") == affixes.NONE


def test_an_affix_is_taken_off_again() -> None:
    for affix in (Affix("x", ", y"), Affix("x"), Affix("", "y"), Affix()):
        assert affix.taken_off(affix.around("A song.")) == "A song."
        assert affix.around("") == ""
    assert Affix("x", "y").taken_off("x z") == "x z"


async def test_ctrl_c_brings_the_text_before_the_edit_back(desk: Desk) -> None:
    await desk.describe("Slow.")
    await desk.press("e", *" Mine.")
    await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.text == "Slow. Mine.")
    await desk.press("!", "ctrl+c")
    row = desk.row("song 1.wav")
    assert row is not None and (row.text, row.edited) == ("Slow.", False)
    assert desk.app.desk.caption.editor is None and desk.app.focused is desk.app.desk.tracks
    assert "generated by" in desk.screen_text()
    await desk.press("ctrl+r")
    row = desk.row("song 1.wav")
    assert row is not None and row.text == "Slow. Mine.", "what was saved of it is not lost"


async def test_ctrl_c_right_behind_the_first_letter_leaves_nothing(desk: Desk) -> None:
    await desk.press("e", "x", "ctrl+c")
    assert desk.row("song 1.wav") is None
    assert desk.app.session.text == ""


async def test_a_caption_that_could_not_be_made_is_failed_also_after_a_restart(music: Path) -> None:
    async with running(music) as first:
        await first.opened("song 1.wav")
        await first.press("enter")
        first.engine.simulate_failed(first.engine.last(Describe), "No server", "It does not answer.")
        await first.shows("No server")
        row = first.row("song 1.wav")
        assert row is not None and row.status is Status.FAILED
        await first.press("q")
    async with running(music) as again:
        await again.shows("No caption could be made")
        await again.press("slash", *"status:failed", "enter")
        assert [track.name for track in again.app.desk.tracks.tracks] == ["song 1.wav"]
        await again.describe()
        row = again.row("song 1.wav")
        assert row is not None and row.status is Status.DRAFT


async def test_what_is_typed_at_once_goes_into_the_fields_that_it_was_meant_for(desk: Desk) -> None:
    fill(desk)
    for number in range(10):
        await desk.press("R")
        for key in (*"slow", "tab", *"calm"):
            desk.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await asyncio.sleep(number % 4 / 100)
        await desk.shows("2 places in 1 caption of 1 file")
        await desk.shows("+calm+")
        await desk.press("escape")
