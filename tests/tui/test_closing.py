"""What is closed is let go of: a dialog takes no memory when it is gone."""

from __future__ import annotations

import gc

from textual._styles_cache import StylesCache

from j2a_tui.app import forget_closed
from tests.tui.harness import Desk


def held() -> int:
    gc.collect()
    return sum(type(one) is StylesCache for one in gc.get_objects())


async def look_at_palette(desk: Desk) -> None:
    await desk.press("ctrl+p")
    await desk.shows("Accept the caption")
    await desk.press("escape")
    await desk.until(lambda: desk.app.screen is desk.app.desk)


async def test_closed_dialogs_are_forgotten(desk: Desk) -> None:
    await look_at_palette(desk)
    forget_closed()
    before = held()
    for _ in range(4):
        await look_at_palette(desk)
    assert held() > before + 12  # Textual keeps them; once it does not, forgetting can go
    await desk.until(lambda: forget_closed() or held() <= before + 4, "they are gone")


async def test_nothing_is_asked_of_an_engine_that_is_leaving(desk: Desk) -> None:
    desk.app.desk.leaving = True  # as `q` right behind a decision does, while the next file is read
    asked = len(desk.engine.requests)
    desk.app.desk.action_describe_next()
    desk.app.desk.write_ahead()
    await desk.settle()
    assert len(desk.engine.requests) == asked


async def test_no_key_asks_anything_of_an_engine_that_is_closed(desk: Desk) -> None:
    desk.app.engine.close()
    asked = len(desk.engine.requests)
    for action in ("version", "look", "describe", "variant"):
        await desk.app.run_action(action, desk.app.desk)
    desk.app.desk._plan("2")
    desk.app.session.choose("3.0", "mini")
    await desk.settle()
    assert len(desk.engine.requests) == asked


async def test_keys_behind_quit_are_for_nobody(desk: Desk) -> None:
    desk.app.desk.leaving = True
    await desk.press("s", "x")
    assert desk.row("song 1.wav") is None
