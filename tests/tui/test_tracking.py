"""Long tracks: the map, windows over the whole track, and the window as a picture."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from j2a.engine.messages import Describe, Done, Extract, FeatureReady, Look
from j2a.store import Status
from j2a_tui import plans
from j2a_tui.windows import Window
from tests.tui.harness import Desk, running


async def test_windows_of_one_length_for_the_whole_track_survive_a_restart(desk: Desk, music: Path) -> None:
    await desk.press("m")
    await desk.told("M lays windows over the whole")
    await desk.press("M")
    await desk.shows("every 10 s, as long as the window is now")
    await desk.press("f")
    await desk.told("3 windows planned")
    await desk.press("m")
    await desk.shows("Windows of this track: 3, 3 without a decision")
    await desk.shows("0:20–0:25  ·  new")
    await desk.press("escape")
    async with running(music) as again:
        await again.opened("song 1.wav")
        assert again.app.desk.planned == [Window(0.0, 10.0), Window(10.0, 20.0), Window(20.0, 25.0)]


async def test_planned_windows_are_captioned_one_after_another(desk: Desk) -> None:
    await desk.press("M", "f")
    await desk.describe("The beginning.")
    await desk.press("A")
    assert desk.app.transport.window == Window(10.0, 20.0), "the next window of this track, not the next file"
    await desk.until(lambda: desk.engine.asked(Describe)[-1].clip == desk.clip("song 1.wav", 10.0, 20.0))
    desk.engine.simulate_described("The middle.")
    await desk.until(lambda: desk.app.session.status is Status.DRAFT)
    await desk.press("n")
    assert desk.app.transport.window == Window(20.0, 25.0)
    await desk.press("N")
    assert desk.app.transport.window == Window(10.0, 20.0), "a draft waits for a decision, the accepted one does not"
    await desk.press("N")
    await desk.opened("sub/short.wav")


async def test_the_next_windows_are_written_ahead(desk: Desk) -> None:
    await desk.press("M", "f")
    await desk.describe("The beginning.")
    await desk.press("A")
    desk.engine.simulate_described("The middle.")
    await desk.until(lambda: desk.engine.asked(Describe)[-1].clip == desk.clip("song 1.wav", 20.0, 25.0))


async def test_windows_of_bars_begin_on_downbeats(desk: Desk) -> None:
    await desk.until(lambda: desk.engine.asked(Extract))
    desk.engine.simulate_measured()
    await desk.press("M", "2")
    await desk.told("esc stops")
    request_id = desk.engine.last(Extract)
    assert desk.engine.requests[request_id] == Extract(desk.clip("song 1.wav", 0.0, 25.0))
    desk.engine.simulate(FeatureReady(request_id, "downbeats", [0.5, 4.5, 8.5, 12.5, 16.5, 20.5]))
    await desk.told("3 windows planned")
    assert desk.app.desk.planned == [Window(0.5, 8.5), Window(8.5, 16.5), Window(16.5, 25.0)]
    assert request_id in desk.engine.cancelled, "the other features of the whole track are not waited for"
    asked = len(desk.engine.requests)
    await desk.press("M", "4")
    assert desk.app.desk.planned == [Window(0.5, 16.5), Window(16.5, 25.0)]
    assert len(desk.engine.requests) == asked, "they are known now"
    await desk.press("M", "f", "right_curly_bracket", "n")
    assert desk.app.transport.window == Window(0.0, 10.0), "one that begins where the window does comes first"


async def test_finding_bars_can_be_stopped_and_may_find_none(desk: Desk) -> None:
    await desk.until(lambda: desk.engine.asked(Extract))
    desk.engine.simulate_measured()
    await desk.press("M", "1", "escape")
    assert desk.engine.last(Extract) in desk.engine.cancelled
    await desk.press("M", "1")
    desk.engine.simulate(FeatureReady(desk.engine.last(Extract), "downbeats", [], "no beat"))
    await desk.told("No bars were found")
    assert desk.app.desk.planned == []


async def test_windows_by_hand_and_none_again(desk: Desk) -> None:
    desk.app.transport.seek(14.0)
    await desk.press("i", "P")
    assert desk.app.desk.planned == [Window(14.0, 24.0)]
    await desk.press("M", "x")
    assert plans.read(desk.folder / "song 1.wav") == []


async def test_the_map_follows_playback_and_seeks(desk: Desk) -> None:
    await desk.press("M", "f")
    await desk.describe("The beginning of it.")
    await desk.press("space", "m")
    await desk.shows("▌▶ 0:00–0:10  d  The beginning of it.")
    desk.player.simulate_at(12.0)
    await desk.shows("▌▶ 0:10–0:20")
    await desk.press("j")
    desk.player.simulate_at(3.0)
    await desk.shows("▌  0:20–0:25")
    await desk.press("enter")
    assert desk.app.transport.window == Window(20.0, 25.0)
    assert desk.player.position_s == 20.0
    assert desk.player.playing


async def test_captioned_windows_are_on_the_overview(desk: Desk) -> None:
    await desk.press("M", "f")
    await desk.describe()
    await desk.shows("d──")
    await desk.shows("──···")
    await desk.press("A", "escape", "N")
    await desk.shows("A━━")


async def test_on_a_small_screen_their_letters_are_in_it(small: Desk) -> None:
    await small.describe()
    small.app.transport.seek(5.0)  # the playhead would be over it
    small.app.desk.follow()
    region = small.app.desk.waveform.region
    assert small.screen_text().splitlines()[region.y][region.x] == "d"


async def test_a_window_is_seen_as_a_spectrogram_and_a_chromagram(
    music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.press("w")
        assert desk.engine.asked(Look) == [Look(desk.clip("song 1.wav"), "mel", 480)]
        levels = bytes(range(0, 240, 20)) * 4
        answer = {"rows": 4, "columns": 12, "kind": "mel", "levels": base64.b64encode(levels).decode()}
        desk.engine.simulate(Done(desk.engine.last(Look), answer))
        await desk.shows("▀▀▀▀")
        await desk.press("w")
        assert desk.engine.asked(Look)[-1].kind == "chroma"
        left = desk.engine.last(Look)
        await desk.press("right_square_bracket")
        assert left in desk.engine.cancelled
        assert desk.engine.asked(Look)[-1] == Look(desk.clip("song 1.wav", 10.0, 20.0), "chroma", 480)
        await desk.press("w", "left_square_bracket", "w")
        assert len(desk.engine.asked(Look)) == 3, "the picture of the first window is kept"
        await desk.shows("▀▀▀▀")


async def test_pictures_that_cannot_be_drawn_are_told(desk: Desk) -> None:
    await desk.press("w")
    desk.engine.simulate_failed(desk.engine.last(Look), "Cannot read audio", "It is not there.")
    await desk.told("It is not there.")
    await desk.press("w")
    desk.engine.simulate(Done(desk.engine.last(Look), {"rows": 5, "columns": 12, "levels": "AAAA"}))
    await desk.settle()
    assert "▀▀▀▀" not in desk.screen_text()


async def test_pictures_without_colours_are_shades(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.press("w")
        levels = base64.b64encode(bytes([0] * 12 + [120] * 12 + [250] * 12)).decode()
        desk.engine.simulate(Done(desk.engine.last(Look), {"rows": 3, "columns": 12, "levels": levels}))
        await desk.shows("████")
        await desk.shows("▒▒▒▒")
        assert "▀" not in desk.screen_text()
