"""A folder is opened: listed, measured and ready, whatever is in it."""

from __future__ import annotations

import asyncio
import csv
import os
import time
from pathlib import Path

import pytest

from j2a import library, networks
from j2a.engine.messages import Describe, Extract, Load
from j2a.features.record import Features
from j2a.library import Track
from j2a_tui.key_order import PAUSE_S
from tests.tui.harness import Desk, running, write_wave


async def test_the_folder_is_listed_in_order_and_the_first_file_opened(desk: Desk) -> None:
    names = [track.name for track in desk.app.desk.tracks.tracks]
    assert names == ["song 1.wav", "song 2.wav", "song 10.wav", "sub/short.wav"]
    await desk.until(lambda: "▄" in desk.screen_text() or "▇" in desk.screen_text(), "a waveform is drawn")
    await desk.shows("0:25")
    await desk.shows("4 files")


async def test_the_model_is_loaded_right_away(desk: Desk) -> None:
    assert desk.engine.asked(Load) == [Load("1.0", "mini")]
    await desk.shows("loading")
    desk.engine.simulate_loaded()
    await desk.shows("1.0 mini ready")


async def test_a_window_that_is_left_alone_is_measured_and_fills_in(desk: Desk) -> None:
    await desk.until(lambda: desk.engine.asked(Extract))
    assert desk.engine.asked(Extract) == [Extract(desk.clip("song 1.wav"))]
    request_id = desk.engine.last(Extract)
    desk.engine.simulate_progress(request_id, "measuring")
    await desk.shows("…")
    desk.engine.simulate_features(request_id)
    await desk.until(lambda: "120.0 BPM" in desk.screen_text() and "A minor (93%)" in desk.screen_text())
    await desk.shows("electronic, synthesizer")
    await desk.shows("electronic (55%, musicnn)")


async def test_what_could_not_be_measured_says_why(desk: Desk) -> None:
    await desk.until(lambda: desk.engine.asked(Extract))
    desk.engine.simulate_features(desk.engine.last(Extract), Features(unknown={"genre": "There is no network for it."}))
    await desk.shows("? There is no network for it.")


async def test_networks_that_are_missing_are_told_once_with_the_command(
    music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "folder", lambda name: None)
    async with running(music, size=(120, 40)) as desk:
        await desk.told("j2a models fetch networks")
        await desk.until(lambda: desk.engine.asked(Extract))
        names = ("bpm", "beats", "downbeats", "meter", "key", "chords", "tags", "genre")
        nothing = Features(unknown=dict.fromkeys(names, networks.missing()))
        desk.engine.simulate_features(desk.engine.last(Extract), nothing)
        await desk.shows("The networks of madmom")
        desk.app.clear_notifications()
        await desk.until(lambda: desk.screen_text().count("The networks") == 1, "the panel says it once")


async def test_holding_an_arrow_key_measures_only_where_it_comes_to_rest(music: Path) -> None:
    for number in range(20, 60):
        write_wave(music / f"song {number}.wav", 11.0)
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        for _ in range(40):
            await desk.pilot.press("down")
        await desk.until(lambda: any(request.clip.path.name == "song 57.wav" for request in desk.engine.asked(Extract)))
        assert len(desk.engine.asked(Extract)) <= 3


async def test_fifty_thousand_files_are_listed_without_a_freeze(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = [Track(music / f"{number:05}.wav", f"{number:05}.wav", 1, 0.0) for number in range(50_000)]
    monkeypatch.setattr("j2a.library.scan", lambda folder, cancelled, unread: tracks)
    async with running(music) as desk:
        await desk.shows("50,000 files")
        for key in ("G", "g", "pagedown", "slash", *"499"):
            started = time.thread_time()
            await desk.press(key)
            # Of this thread: it says the same on a busy machine. A widget a row would take many times that.
            assert time.thread_time() - started < 1.0, key
        assert len(desk.app.desk.tracks.tracks) == sum("499" in track.name for track in tracks)


async def test_an_unreadable_file_says_so_and_can_be_skipped(music: Path) -> None:
    (music / "broken.wav").write_bytes(b"RIFF but not really")
    async with running(music) as desk:
        await desk.shows("This file cannot be read")
        await desk.shows("Cannot read the audio")
        await desk.press("enter", "e")
        assert not desk.engine.asked(Describe)
        for key in ("c", "r", "M", "V", "right_square_bracket"):  # none of them is silent
            await asyncio.sleep(PAUSE_S)  # without a pause, what comes behind "c" would be for nobody
            desk.app.desk.status.remarks.clear()
            await desk.press(key)
            assert "This file cannot be read." in desk.app.desk.status.remarks, key
        await asyncio.sleep(PAUSE_S)
        await desk.press("s")
        await desk.opened("song 1.wav")


async def test_empty_files_and_links_to_nowhere_are_listed_and_told(music: Path) -> None:
    (music / "0 empty.mp3").touch()
    (music / "0 link.mp3").symlink_to("nowhere.mp3")
    async with running(music) as desk:
        await desk.shows("0 empty.mp3 is empty (0 bytes).")
        await desk.press("j")
        await desk.shows("0 link.mp3 is a link to a file that is not there.")
        await desk.press("j")
        await desk.opened("song 1.wav")


async def test_missing_sound_is_told_once(music: Path) -> None:
    async with running(music, reason="No sound: install libportaudio2 [sic].") as desk:
        await desk.until(lambda: desk.toasts())
        await desk.pilot.pause(1.0)
        assert desk.toasts() == [": No sound: install libportaudio2 [sic]."]
        await desk.opened("song 1.wav")
        await desk.shows("✗ no sound")


async def test_folders_that_cannot_be_read_are_told(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = library.scan

    def scanned(folder: Path, cancelled: object, unread: dict[str, str]) -> list[Track]:
        unread |= {"closed": "Permission denied", "sub/too": "Permission denied"}
        return scan(folder)

    monkeypatch.setattr(library, "scan", scanned)
    async with running(music) as desk:
        await desk.told("2 folders cannot be read (Permission denied); what is in them is left out: closed, sub/too.")
        await desk.opened("song 1.wav")


async def test_a_bug_in_a_thread_ends_the_app(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path, cancelled: object, unread: object) -> list[object]:
        raise ZeroDivisionError

    monkeypatch.setattr("j2a.library.scan", broken)
    with pytest.raises(ZeroDivisionError):
        async with running(music) as desk:
            await desk.pilot.pause(5.0)


async def test_names_that_are_not_markup_and_not_even_text(music: Path) -> None:
    names = [b"a [Explicit].wav", b"b [/bold].wav", b"c new\nline.wav", b"d \xff\xfe.wav", "e 🎵 夜.wav".encode(),
             b"f " + b"long " * 40 + b".wav", b"g \x1b[31mred.wav"]
    for name in names:
        write_wave(music / os.fsdecode(name), 1.5)
    async with running(music) as desk:
        await desk.opened("a [Explicit].wav")
        for name in names:
            await desk.opened(os.fsdecode(name))
            await desk.describe("A [caption] with [/markup] \x1b[31m and a control character.")
            await desk.shows("A [caption] with [/markup] [31m")
            await desk.press("x", "down")
        for shown in ("x a [Explicit].wav", "b [/", "x bold].wav", "x c new␊line.wav", "x d ��.wav", "e 🎵 夜.wav",
                      "g ␛[31mred"):
            await desk.shows(shown)
        await desk.press("E", "e")
        with (music / "captions.csv").open(encoding="utf-8", newline="") as file:
            assert len(list(csv.DictReader(file))) == len(names)


async def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    async with running(tmp_path / "music", size=(80, 24)) as desk:
        await desk.shows("There is no music here.")
        await desk.shows("j2a-tui --demo")
        await desk.press("enter", "space", "a", "e", "right_square_bracket", "E", "x", "s", "u", "r", "ctrl+g")
        assert not desk.engine.asked(Describe)


async def test_folders_have_headings_and_the_one_of_the_cursor_stays_in_sight(tmp_path: Path) -> None:
    for album in ("Artist A/First", "Artist B/Second"):
        for number in range(30):
            write_wave(tmp_path / "music" / album / f"track {number}.wav", 1.0)
    async with running(tmp_path / "music", size=(80, 24)) as desk:
        await desk.shows("Artist A/First/")
        await desk.shows("· track 0.wav")
        await desk.press("G")
        await desk.opened("Artist B/Second/track 29.wav")
        await desk.until(lambda: "Second/" not in desk.screen_text() and "Artist B/Second" in desk.screen_text())
        await desk.press("slash", *"first", "enter")
        await desk.shows("Artist A/First/")


async def test_a_terminal_that_is_too_small_says_what_is_needed(music: Path) -> None:
    async with running(music, size=(40, 12)) as desk:
        await desk.shows("J2A needs 60 columns and 18 rows.")
        await desk.press("s", "e", "x", "enter")  # nobody sees what that would be about
        assert desk.row("song 1.wav") is None and desk.app.desk.caption.editor is None
        await desk.shows("Here are 40 and 12")
        await desk.pilot.resize_terminal(80, 24)
        await desk.shows("song 1.wav")
        await desk.until(lambda: "J2A needs" not in desk.screen_text())


async def test_the_small_desk_has_durations_lanes_and_every_important_key(small: Desk) -> None:
    await small.describe()
    for text in ("0:25", "╵", "┃", "Am", "⏎ Write", "a Accept", "e Edit", "␣ Play", "/ Find", "E CSV", "v Model",
                 "? Help", "q Quit", "n Next"):
        await small.shows(text)


async def test_the_list_can_be_hidden_and_the_keys_go_on(small: Desk) -> None:
    await small.press("backslash")
    await small.until(lambda: "Files" not in small.screen_text())
    await small.press("j")
    await small.opened("song 2.wav")
    await small.press("e", *"Mine.", "escape", "a")
    await small.opened("song 10.wav")
    await small.press("slash", *"song 2")
    await small.shows("A song 2.wav")
    await small.press("escape", "backslash", "backslash")
    await small.shows("song 1.wav")
