"""Files are searched for, and so are actions."""

from __future__ import annotations

from textual.widgets import Input

from j2a.engine.messages import Describe
from j2a.store import Status
from j2a_tui.key_table import KEYS
from tests.tui.harness import Desk


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
    await desk.until(lambda: not desk.app.query_one(Input).display)
    assert len(desk.app.desk.tracks.tracks) == 4


async def test_the_file_that_was_found_stays_when_all_are_listed_again(desk: Desk) -> None:
    await desk.press("slash", *"song 10")
    await desk.opened("song 10.wav")
    await desk.press("escape")
    await desk.until(lambda: len(desk.app.desk.tracks.tracks) == 4)
    track = desk.app.desk.tracks.track
    assert track is not None
    assert track.name == "song 10.wav"


async def test_conditions_narrow_the_list_and_half_typed_ones_do_not(desk: Desk) -> None:
    await desk.describe()
    await desk.press("slash", *"status:")
    await desk.told("status: wants something behind it")
    assert len(desk.app.desk.tracks.tracks) == 4
    await desk.press(*"new song")
    await desk.until(lambda: [track.name for track in desk.app.desk.tracks.tracks] == ["song 2.wav", "song 10.wav"])


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
