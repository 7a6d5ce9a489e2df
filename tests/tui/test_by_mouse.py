"""What the mouse does in dialogs: the same as their keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.events import MouseScrollUp

from j2a.engine.messages import Inspect
from j2a.store import Status
from j2a_tui.screens.choose import VersionScreen
from tests.tui.harness import Desk

ROWS = [{"version": version, "backbone": "mini", "present": True, "detail": "built in", "licence": "", "get": ""}
        for version in ("1.0", "2.0", "3.0")]


def place_of(desk: Desk, text: str) -> tuple[int, int]:
    """Where a text stands on the screen."""
    for y, line in enumerate(desk.screen_text().split("\n")):
        if text in line:
            return line.index(text), y
    raise AssertionError(f"not there: {text}\n{desk.screen_text()}")


async def click(desk: Desk, text: str, times: int = 1) -> None:
    await desk.pilot.click(offset=place_of(desk, text), times=times)
    await desk.settle()


@pytest.mark.parametrize(("key", "text", "chosen"), [
    ("S", "Duration", lambda desk: desk.app.desk.tracks.listing.sort.name == "duration"),
    ("p", "one short sentence", lambda desk: desk.app.session.model.prompt == "short"),
    ("f7", "nord", lambda desk: desk.app.theme == "nord"),
])  # fmt: skip
async def test_one_click_goes_to_a_line_and_a_second_takes_it(
    desk: Desk, key: str, text: str, chosen: Callable[[Desk], Any]
) -> None:
    await desk.press(key)
    await desk.shows(text)
    screen = desk.app.screen
    await click(desk, text)
    assert desk.app.screen is screen and (key == "f7" or not chosen(desk))
    await click(desk, text, times=2)
    await desk.until(lambda: desk.app.screen is desk.app.desk and chosen(desk))


async def test_a_click_beside_a_list_leaves_it_as_it_was(desk: Desk) -> None:
    before = desk.app.theme
    await desk.press("f7", "down")
    await desk.pilot.click(offset=(110, 38))
    await desk.until(lambda: desk.app.screen is desk.app.desk and desk.app.theme == before)
    await desk.press("S")
    await desk.pilot.click(offset=(2, 2))
    await desk.until(lambda: desk.app.screen is desk.app.desk)


async def test_versions_have_two_rows_each_and_the_wheel_moves(desk: Desk) -> None:
    await desk.press("v")
    screen = desk.app.screen
    assert isinstance(screen, VersionScreen) and desk.engine.asked(Inspect)
    screen.show_rows(ROWS)
    await desk.shows("reads what was measured")
    await click(desk, "moment by moment, and reads")
    assert screen.cursor == 2
    await desk.pilot._post_mouse_events([MouseScrollUp], offset=place_of(desk, "reads what was measured"), button=0)
    await desk.until(lambda: screen.cursor == 1)
    await click(desk, "one impression", times=2)
    await desk.until(lambda: desk.app.session.model.version == "2.0")


async def test_formats_of_an_export_are_clicked(desk: Desk) -> None:
    await desk.describe()
    await desk.press("a", "E")
    await desk.shows("jsonl")
    await click(desk, "jsonl")
    assert desk.app.screen.choice.name == "jsonl"  # type: ignore[attr-defined]


async def test_annotators_are_found_under_texts_of_several_lines(desk: Desk) -> None:
    await desk.describe("A long text. " * 30)
    await desk.press("a", "k")
    await desk.opened("song 1.wav")
    await desk.press("W", "n", *"bob", "enter")
    await desk.press("W")
    await desk.shows("nothing about this window")
    place = next(name for name in desk.app.screen._names if name != "bob")  # type: ignore[attr-defined]
    row = desk.screen_text().split("\n")
    await desk.pilot.click(offset=(30, next(y for y, line in enumerate(row) if "A long text" in line) + 2), times=2)
    await desk.until(lambda: desk.app.screen is desk.app.desk)
    assert desk.app.session.ledger.store.annotator == place


@pytest.mark.parametrize(("where", "replaced"), [("y Replace", True), (" No", False), ("", False)])
async def test_a_question_is_answered_by_a_click(desk: Desk, where: str, replaced: bool) -> None:
    await desk.describe()
    await desk.press("a", "k")
    await desk.opened("song 1.wav")
    await desk.press("r")
    await desk.shows("Replace it")
    if where:
        await click(desk, where)
    else:
        await desk.pilot.click(offset=(2, 2))
    await desk.until(lambda: desk.app.screen is desk.app.desk)
    assert (desk.app.session.job is not None) is replaced
    assert replaced or desk.app.session.status is Status.ACCEPTED


async def test_windows_are_laid_by_a_click(desk: Desk) -> None:
    await desk.press("M")
    await desk.shows("so many bars each")
    await click(desk, "f  ")
    await desk.until(lambda: len(desk.app.desk.planned) == 3)
    await desk.press("M")
    await desk.shows("forget those that are planned (3)")
    await click(desk, "x  ")
    await desk.until(lambda: not desk.app.desk.planned)


async def test_a_value_to_correct_is_clicked(desk: Desk) -> None:
    await desk.press("c")
    await desk.shows("d ×2")
    await click(desk, "Meter  ")
    await desk.press("m")  # the meter, whatever was under the cursor before
    assert desk.app.screen._values.cursor == 1  # type: ignore[attr-defined]
