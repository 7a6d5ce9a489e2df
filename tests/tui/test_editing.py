"""Editing, the window, searching, the mouse."""

from __future__ import annotations

import contextlib
import csv
import os
import stat
from pathlib import Path

import pytest
from textual.content import Content
from textual.widgets import Input, Static

from j2a.engine.messages import Describe, Extract
from j2a.store import Status
from j2a_tui.bindings import KEYS
from j2a_tui.windows import Window
from tests.tui.fakes import TEXT
from tests.tui.harness import Desk, running, write_wave


async def describe(desk: Desk, text: str = TEXT) -> None:
    await desk.press("enter")
    desk.engine.simulate_described(text)
    await desk.until(lambda: desk.app.session.status is Status.DRAFT and not desk.app.session.writing)


async def test_letters_are_letters_while_editing(desk: Desk) -> None:
    await describe(desk, "Slow")
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
    await describe(desk, "Slow")
    await desk.press("e", "e")
    await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.text == "Slowe")
    await desk.press("r")
    await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.text == "Slower")
    await desk.press("escape", "u")
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "Slow"


async def test_ctrl_s_saves_accepts_and_goes_on(desk: Desk) -> None:
    await describe(desk, "Slow")
    await desk.press("e", "!", "ctrl+s")
    await desk.opened("song 2.wav")
    row = desk.row("song 1.wav")
    assert row is not None
    assert (row.text, row.status) == ("Slow!", Status.ACCEPTED)
    assert desk.app.desk.caption.editor is None
    assert desk.app.focused is desk.app.desk.tracks


async def test_the_editor_has_its_own_transport_keys(desk: Desk) -> None:
    await describe(desk)
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
    await describe(desk, "A slow song.")
    await desk.press("ctrl+g")
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "A [very] slow song."
    await desk.shows("A [very] slow song.")


async def test_an_editor_that_is_not_there_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(desk.app), "suspend", lambda self: contextlib.nullcontext())
    monkeypatch.setenv("VISUAL", "no-such-editor")
    await describe(desk)
    await desk.press("ctrl+g")
    await desk.told("no-such-editor")


async def test_a_click_on_another_file_keeps_the_edit_with_its_own(desk: Desk) -> None:
    await describe(desk, "Slow")
    await desk.press("e", "!")
    await desk.pilot.click(desk.app.desk.tracks, offset=(5, 1))
    await desk.opened("song 2.wav")
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "Slow!"
    await desk.pilot.pause(0.6)
    assert desk.row("song 2.wav") is None
    assert desk.app.desk.caption.editor is None


async def test_play_pause_seek_and_the_end_of_the_window(desk: Desk) -> None:
    await desk.press("space")
    assert (desk.player.playing, desk.player.position_s, desk.player.until_s) == (True, 0.0, 10.0)
    desk.player.simulate_at(2.0)
    await desk.press("right")
    assert desk.player.position_s == pytest.approx(7.0)
    await desk.press("shift+left")
    assert desk.player.position_s == pytest.approx(6.0)
    await desk.shows("▶ playing  0:06.0 / 0:25")
    await desk.press("space")
    assert not desk.player.playing
    await desk.press("space")
    assert (desk.player.position_s, desk.player.until_s) == (6.0, 10.0)
    desk.player.simulate_end()
    await desk.shows("■ paused   0:00.0")
    await desk.press("minus", "minus")
    assert desk.player.volume == pytest.approx(0.8)
    await desk.shows("vol 80 %")


async def test_the_window_moves_grows_and_has_captions_of_its_own(desk: Desk) -> None:
    await describe(desk, "The beginning.")
    await desk.press("right_square_bracket")
    assert desk.app.transport.window == Window(10.0, 20.0)
    await desk.until(lambda: "The beginning." not in desk.screen_text())
    await desk.press("right_square_bracket")
    assert desk.app.transport.window == Window(15.0, 25.0)
    await desk.press("left_curly_bracket", "comma")
    assert desk.app.transport.window == Window(14.0, 23.0)
    await desk.until(lambda: desk.engine.asked(Extract) and desk.engine.asked(Extract)[-1].clip.start_s == 14.0)
    await describe(desk, "The end.")
    assert desk.engine.asked(Describe)[-1].clip == desk.clip("song 1.wav", 14.0, 23.0)
    row = desk.row("song 1.wav", 14.0, 23.0)
    assert row is not None
    assert row.text == "The end."
    await desk.press("full_stop", *["left_square_bracket"] * 2, "right_curly_bracket")
    assert desk.app.transport.window == Window(0.0, 10.0)
    await desk.shows("The beginning.")


async def test_a_short_file_has_a_short_window(desk: Desk) -> None:
    await desk.press("G")
    await desk.opened("sub/short.wav")
    await desk.press("enter")
    assert desk.engine.asked(Describe)[-1].clip == desk.clip("sub/short.wav", 0.0, 4.5)
    await desk.shows("0:00.0–0:04.5")


async def test_search_narrows_the_list(desk: Desk) -> None:
    await desk.press("slash", *"1 song")
    await desk.shows("Files /1 song 2")
    assert len(desk.app.desk.tracks.tracks) == 2
    await desk.press("enter")
    await desk.until(lambda: desk.app.focused is desk.app.desk.tracks)
    await desk.press("down")
    await desk.opened("song 10.wav")
    await desk.press("escape")
    await desk.until(lambda: len(desk.app.desk.tracks.tracks) == 4)
    track = desk.app.desk.tracks.track
    assert track is not None
    assert track.name == "song 10.wav"
    await desk.press("slash", "z", "z")
    await desk.shows("Nothing found")
    await desk.press("escape")
    await desk.until(lambda: not desk.app.query(Input))
    assert len(desk.app.desk.tracks.tracks) == 4


async def test_searching_does_not_disturb_what_runs(desk: Desk) -> None:
    await desk.press("down")
    await desk.opened("song 2.wav")
    await desk.press("enter")
    request_id = desk.engine.last(Describe)
    await desk.press("slash", "2")
    await desk.until(lambda: len(desk.app.desk.tracks.tracks) == 1)
    await desk.pilot.pause(0.3)
    assert request_id not in desk.engine.cancelled
    await desk.press("z", "backspace")
    await desk.until(lambda: len(desk.app.desk.tracks.tracks) == 1)
    await desk.opened("song 2.wav")


async def test_names_that_are_not_markup_and_not_even_text(music: Path) -> None:
    names = [b"a [Explicit].wav", b"b [/bold].wav", b"c new\nline.wav", b"d \xff\xfe.wav", "e 🎵 夜.wav".encode(),
             b"f " + b"long " * 40 + b".wav", b"g \x1b[31mred.wav"]
    for name in names:
        write_wave(music / os.fsdecode(name), 1.5)
    async with running(music) as desk:
        await desk.opened("a [Explicit].wav")
        for name in names:
            await desk.opened(os.fsdecode(name))
            await describe(desk, "A [caption] with [/markup] \x1b[31m and a control character.")
            await desk.shows("A [caption] with [/markup] ␛[31m")
            await desk.press("x", "down")
        for shown in ("x a [Explicit].wav", "x b [/bold].wav", "x c new␊line.wav", "x d ��.wav", "e 🎵 夜.wav",
                      "g ␛[31mred"):
            await desk.shows(shown)
        await desk.press("E")
        with (music / "captions.csv").open(encoding="utf-8", newline="") as file:
            assert len(list(csv.DictReader(file))) == len(names)


async def test_the_mouse_seeks_and_chooses(desk: Desk) -> None:
    waveform = desk.app.desk.waveform
    await desk.pilot.click(waveform, offset=(waveform.size.width // 2, 0))
    assert desk.app.transport.position_s == pytest.approx(12.5, abs=0.3)
    await desk.pilot.click(waveform, offset=(waveform.size.width // 2, 8))
    assert desk.app.transport.position_s == pytest.approx(5.0, abs=0.1)
    await desk.pilot.click(desk.app.desk.tracks, offset=(5, 2))
    await desk.opened("song 10.wav")
    await desk.pilot.click(desk.app.desk.keys, offset=(3, 0))
    await desk.until(lambda: desk.engine.asked(Describe))


async def test_help_lists_every_key_and_the_palette_every_action(desk: Desk) -> None:
    await desk.press("question_mark")
    page = str(desk.app.screen.query("Static").first().render())
    for key in KEYS:
        assert key.help in page
    await desk.press("escape")
    await desk.until(lambda: desk.app.screen is desk.app.desk)
    commands = {command.title for command in desk.app.get_system_commands(desk.app.screen)}
    assert {f"{key.label} ({key.shown})" for key in KEYS if key.where == "desk"} == commands
    await desk.press("ctrl+p", *"skip")
    await desk.pilot.pause(0.3)
    await desk.press("enter")
    await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.status is Status.SKIPPED)


async def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    async with running(tmp_path / "music", size=(80, 24)) as desk:
        await desk.shows("No music here")
        await desk.press("enter", "space", "a", "e", "right_square_bracket", "E", "x", "s", "u", "r", "ctrl+g")
        assert not desk.engine.asked(Describe)


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
