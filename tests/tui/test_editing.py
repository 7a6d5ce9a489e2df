"""Captions are edited, here and in the user's own editor."""

from __future__ import annotations

import asyncio
import contextlib
import stat
from pathlib import Path

import pytest
from textual import events
from textual.content import Content
from textual.widgets import Static

from j2a.engine.messages import Describe, Extract
from j2a.store import Status
from tests.tui.harness import Desk


async def test_letters_are_letters_while_editing(desk: Desk) -> None:
    await desk.describe("Slow")
    await desk.press("e")
    await desk.press(*" aqxrsvuegGEjkhl", "question_mark", "slash")
    assert desk.app.desk.caption.editor is not None
    assert desk.app.desk.caption.editor.text == "Slow aqxrsvuegGEjkhl?/"
    assert len(desk.engine.asked(Describe)) == 1
    await desk.press("escape")
    assert desk.app.desk.caption.editor is None
    row = desk.row("song 1.wav")
    assert row is not None
    assert (row.text, row.generated_text, row.status) == ("Slow aqxrsvuegGEjkhl?/", "Slow", Status.DRAFT)


async def test_what_is_typed_is_saved_without_being_asked(desk: Desk) -> None:
    await desk.press("e", "H", "i")
    await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.text == "Hi", timeout_s=2.0)
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.caption is None
    await desk.press("escape")
    await desk.shows("written by hand")


async def test_one_undo_takes_back_one_visit_to_the_editor(desk: Desk) -> None:
    await desk.describe("Slow")
    await desk.press("e", "e")
    await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.text == "Slowe")
    await desk.press("r")
    await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.text == "Slower")
    await desk.press("escape", "u")
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "Slow"


async def test_ctrl_s_saves_accepts_and_goes_on(desk: Desk) -> None:
    await desk.describe("Slow")
    await desk.press("e", "!", "ctrl+s")
    await desk.opened("song 2.wav")
    row = desk.row("song 1.wav")
    assert row is not None
    assert (row.text, row.status) == ("Slow!", Status.ACCEPTED)
    assert desk.app.desk.caption.editor is None
    assert desk.app.focused is desk.app.desk.tracks


async def test_the_editor_has_its_own_transport_keys(desk: Desk) -> None:
    await desk.describe()
    await desk.press("e", "f2")
    assert desk.player.playing
    desk.player.simulate_at(5.0)
    await desk.press("f3")
    assert desk.player.position_s == pytest.approx(3.0)


async def test_the_users_own_editor(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nsed -i "s/slow/[very] slow/" "$2"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("EDITOR", f"{script} --wait")
    monkeypatch.delenv("VISUAL", raising=False)
    # The headless driver cannot be suspended; a real terminal is used by the end-to-end test.
    monkeypatch.setattr(type(desk.app), "suspend", lambda self: contextlib.nullcontext())
    await desk.describe("A slow song.")
    await desk.press("ctrl+g")
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "A [very] slow song."
    await desk.shows("A [very] slow song.")


async def test_what_is_known_stands_in_the_users_editor_as_comments(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\ncp "$1" "{seen}"\nsed -i "1i#1 hit" "$1"\necho "One more." >> "$1"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("VISUAL", str(script))
    monkeypatch.setattr(type(desk.app), "suspend", lambda self: contextlib.nullcontext())
    await desk.describe("In 3/4.")
    await desk.press("ctrl+g")
    told = seen.read_text()
    assert told.startswith("In 3/4.\n\n# ")
    for line in ("# bpm: 120.0 BPM\n", "# chords: Am F C G\n", "# contradicted: 3/4, but 4/4\n"):
        assert line in told
    row = desk.row("song 1.wav")
    assert row is not None and row.text == "#1 hit\nIn 3/4.\n\nOne more."


async def test_an_editor_that_is_not_there_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(desk.app), "suspend", lambda self: contextlib.nullcontext())
    monkeypatch.setenv("VISUAL", "no-such-editor")
    await desk.describe()
    await desk.press("ctrl+g")
    await desk.told("no-such-editor")


async def test_a_click_on_another_file_keeps_the_edit_with_its_own(desk: Desk) -> None:
    await desk.describe("Slow")
    await desk.press("e", "!")
    await desk.pilot.click(desk.app.desk.tracks, offset=(5, 1))
    await desk.opened("song 2.wav")
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "Slow!"
    await desk.pilot.pause(0.6)
    assert desk.row("song 2.wav") is None
    assert desk.app.desk.caption.editor is None


async def test_the_same_words_change_colour_when_they_turn_out_to_be_true(desk: Desk) -> None:
    words = desk.app.screen.query_one("#words", Static)
    await desk.press("e", *"At 120 BPM", "escape")
    await desk.shows("? 120 BPM")
    before = words.content
    await desk.until(lambda: desk.engine.asked(Extract))
    desk.engine.simulate_measured()
    await desk.shows("✓ 120 BPM")
    assert isinstance(before, Content) and isinstance(words.content, Content)
    assert before.plain == words.content.plain == "At 120 BPM"
    assert before.spans != words.content.spans


@pytest.mark.parametrize("dialog", ["v", "question_mark", "ctrl+p"])
async def test_keys_in_quick_succession_around_a_dialog_are_all_obeyed(desk: Desk, dialog: str) -> None:
    """The keys of one go are all in the app's queue before it has looked at the first."""
    for number in range(25):
        _type_at_once(desk, dialog)
        await asyncio.sleep(number % 8 / 100)
        _type_at_once(desk, "escape")
        if dialog == "ctrl+p":  # Textual's own field takes what comes before it is gone
            await desk.until(lambda: desk.app.screen is desk.app.desk)
        _type_at_once(desk, "e", "x", "y", "escape")
        await desk.until(lambda n=number: desk.app.session.text == "xy" * (n + 1) and desk.app.screen is desk.app.desk)
        assert desk.app.desk.caption.editor is None
        assert desk.app.focused is desk.app.desk.tracks
    assert desk.app.session.status is Status.DRAFT  # no x was taken for a reject


async def test_a_dialog_opens_right_behind_a_field_that_was_left(desk: Desk) -> None:
    """What the dialog draws behind itself still has the field in it."""
    for number in range(20):
        if number % 2:
            _type_at_once(desk, "e", "x", "escape", "v")
        else:
            _type_at_once(desk, "slash", "z", "escape")
            await desk.until(lambda: desk.app.focused is desk.app.desk.tracks)
            _type_at_once(desk, "v")
        await desk.until(lambda: desk.app.screen is not desk.app.desk)
        await asyncio.sleep(number % 8 / 100)
        _type_at_once(desk, "escape")
        await desk.until(lambda: desk.app.screen is desk.app.desk and desk.app.focused is desk.app.desk.tracks)
    assert desk.app.session.text == "x" * 10
    assert len(desk.app.desk.tracks.tracks) == 4


def _type_at_once(desk: Desk, *keys: str) -> None:
    for key in keys:
        character = {"slash": "/", "question_mark": "?"}.get(key, key if len(key) == 1 else None)
        desk.app.post_message(events.Key(key, character))


async def test_keys_that_come_at_once_keep_their_order(desk: Desk) -> None:
    await desk.describe("Slow")
    await desk.press("e")
    for key in ("1", "2", "backspace", "3", "left", "4"):
        desk.app.post_message(events.Key(key, key if len(key) == 1 else None))
    await desk.settle()
    assert desk.app.desk.caption.editor is not None
    assert desk.app.desk.caption.editor.text == "Slow143"
