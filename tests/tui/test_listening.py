"""Playing, seeking, and the window that is listened to."""

from __future__ import annotations

import pytest

from j2a.engine.messages import Describe, Extract
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
