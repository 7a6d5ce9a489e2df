"""Playing, seeking, and the window that is listened to."""

from __future__ import annotations

import pytest

from j2a.engine.messages import Describe, Extract
from j2a_tui import remembered
from j2a_tui.bindings import with_keys
from j2a_tui.course import Loop
from j2a_tui.devices import LOST, WHAT_NOW
from j2a_tui.windows import Window
from tests.tui.harness import Desk


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


async def test_who_was_listening_goes_on_listening_after_the_end_of_the_window(desk: Desk) -> None:
    await desk.describe()
    await desk.press("space")
    desk.player.simulate_end()
    await desk.shows("■ paused   0:00.0")
    await desk.press("a")
    await desk.opened("song 2.wav")
    await desk.until(lambda: desk.player.playing and desk.player.path == desk.folder / "song 2.wav")
    await desk.press("space", "j")
    await desk.opened("song 10.wav")
    assert not desk.player.playing, "who has paused stays in silence"


async def test_the_window_moves_grows_and_has_captions_of_its_own(desk: Desk) -> None:
    await desk.describe("The beginning.")
    await desk.press("right_square_bracket")
    assert desk.app.transport.window == Window(10.0, 20.0)
    await desk.until(lambda: "The beginning." not in desk.screen_text())
    await desk.press("right_square_bracket")
    assert desk.app.transport.window == Window(15.0, 25.0)
    await desk.press("left_curly_bracket", "comma")
    assert desk.app.transport.window == Window(14.0, 23.0)
    await desk.until(lambda: desk.engine.asked(Extract) and desk.engine.asked(Extract)[-1].clip.start_s == 14.0)
    await desk.describe("The end.")
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


async def test_the_window_is_brought_to_the_playhead(desk: Desk) -> None:
    desk.app.transport.seek(14.0)
    await desk.press("i")
    assert desk.app.transport.window == Window(14.0, 24.0)
    desk.app.transport.seek(20.0)
    await desk.press("o")
    assert desk.app.transport.window == Window(14.0, 20.0)
    desk.app.transport.seek(12.0)
    await desk.press("o")
    assert desk.app.transport.window == Window(6.0, 12.0)


async def test_a_loop_is_set_heard_shown_and_left(desk: Desk) -> None:
    await desk.until(lambda: desk.engine.asked(Extract))
    desk.engine.simulate_measured()
    desk.app.transport.seek(3.2)
    await desk.press("b")
    assert desk.app.transport.loop == Loop(3.2)
    await desk.press("space")
    desk.player.simulate_at(5.1)
    await desk.press("b")
    assert (desk.player.position_s, desk.player.until_s, desk.player.again_s) == (3.2, 5.1, 3.2)
    await desk.shows("A–B 1.9 s")
    lane = next(line for line in desk.screen_text().splitlines() if "A═" in line)
    assert "B" in lane
    await desk.press("B")  # onto the downbeats at 4 and 6 s
    assert desk.app.transport.loop == Loop(4.0, 6.0)
    assert (desk.player.until_s, desk.player.again_s) == (6.0, 4.0)
    await desk.press("b")
    assert desk.app.transport.loop == Loop()
    assert (desk.player.playing, desk.player.until_s, desk.player.again_s) == (True, 10.0, None)
    desk.player.simulate_at(8.7)
    await desk.press("B")  # and without one the bar that is heard
    assert desk.app.transport.loop == Loop(6.0, 8.0)


async def test_a_loop_without_bars_and_of_another_window(desk: Desk) -> None:
    await desk.press("B")
    await desk.told("no bars to snap to")
    desk.app.transport.seek(3.0)
    await desk.press("b")
    desk.app.transport.seek(2.0)
    await desk.press("b")  # before A: it begins anew
    assert desk.app.transport.loop == Loop(2.0)
    await desk.press("right_square_bracket")
    assert desk.app.transport.loop == Loop()


async def test_speed_keeps_within_half_and_double(desk: Desk) -> None:
    await desk.press(*["less_than_sign"] * 3)
    assert desk.player.speed == pytest.approx(0.7)
    await desk.shows("×0.7")
    await desk.press(*["less_than_sign"] * 9)
    assert desk.player.speed == 0.5
    await desk.press(*["greater_than_sign"] * 20)
    assert desk.player.speed == 2.0


async def test_speed_without_its_library_says_what_to_install(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("j2a_tui.stretching.is_there", lambda: False)
    await desk.press("less_than_sign")
    await desk.told('pip install "j2a[speed]"')
    assert desk.player.speed == 1.0


async def test_the_output_device_is_chosen_and_remembered(desk: Desk) -> None:
    await desk.press("O")
    await desk.shows("the system's own choice")
    await desk.press("j", "j", "enter")
    assert desk.player.device == "Headphones"
    desk.app._remember()
    assert remembered.read(desk.folder).device == "Headphones"
    await desk.press("O")
    await desk.shows("● Headphones")
    await desk.press("escape")
    assert desk.player.device == "Headphones"


async def test_a_device_that_goes_away_leads_to_the_choice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bells: list[bool] = []
    monkeypatch.setattr(desk.app, "bell", lambda: bells.append(True))
    await desk.press("space")
    desk.player.simulate_at(4.0)
    desk.player.available, desk.player.reason, desk.player.playing = False, LOST + with_keys(WHAT_NOW), False
    await desk.told("O chooses another one")
    assert bells == [True]
    assert desk.app.transport.position_s == 4.0, "the playhead stays where the sound stopped"
    desk.player.available, desk.player.reason = True, ""
    await desk.press("O")
    await desk.shows("the system's own choice")
    await desk.press("j", "enter")
    assert (desk.player.device, desk.player.playing, desk.player.position_s) == ("Speakers", True, 4.0)


async def test_bar_beat_and_chord_are_under_the_playhead(small: Desk) -> None:
    await small.until(lambda: small.engine.asked(Extract))
    small.engine.simulate_measured()
    small.app.transport.seek(5.1)
    small.app.desk.follow()
    await small.shows("3.3 C")  # the third bar begins at 4 s
    line = next(line for line in small.screen_text().splitlines() if "3.3 C" in line)
    assert "0:00–0:10" in line
    assert "100 %" in line


async def test_a_window_is_drawn_with_the_mouse(desk: Desk) -> None:
    waveform = desk.app.desk.waveform
    width = waveform.size.width

    async def draw(first: float, last: float, row: int) -> None:
        await desk.pilot.mouse_down(waveform, offset=(round(first * width), row))
        await desk.pilot.hover(waveform, offset=(round((first + last) / 2 * width), row))
        await desk.pilot.hover(waveform, offset=(round(last * width), row))
        await desk.pilot.mouse_up(waveform, offset=(round(last * width), row))
        await desk.settle()

    await draw(0.4, 0.8, 0)  # in the overview of 25 s
    window = desk.app.transport.window
    assert window.start_s == pytest.approx(10.0, abs=0.3)
    assert window.end_s == pytest.approx(20.0, abs=0.7)
    await draw(0.5, 0.25, 7)  # and in the window itself, backwards
    assert desk.app.transport.window.start_s == pytest.approx(window.start_s + window.length_s / 4, abs=0.3)
    assert desk.app.transport.window.length_s == pytest.approx(window.length_s / 4, abs=0.5)
