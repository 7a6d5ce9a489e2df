"""Keys that come in one burst are for what the keys before them have opened."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.widgets import Input

from j2a.engine.messages import Describe
from j2a.store import Status, Store
from j2a_tui.key_order import PAUSE_S
from j2a_tui.screens import workbench
from tests.tui.harness import Desk, running

TEXT = "xas uffx ran"  # as commands: decisions, and captions that are asked for


def burst(desk: Desk, *keys: str) -> None:
    """As a terminal that sends them all at once."""
    for key in keys:
        named = _character_to_key(key) if len(key) == 1 else key
        desk.app.post_message(events.Key(named, key if len(key) == 1 else None))


def set_aside(desk: Desk) -> set[Status]:
    """What the letters would have made of the captions, as commands."""
    with Store() as store:
        return set(store.statuses(desk.folder).values()) & {Status.REJECTED, Status.SKIPPED, Status.FLAGGED}


@pytest.mark.parametrize(("keys", "text"), [
    (["e"], lambda desk: desk.app.desk.caption.editor.text if desk.app.desk.caption.editor else ""),
    (["/"], lambda desk: desk.app.desk.words),
    *[(keys, lambda desk: desk.app.screen.query(Input).first().value if desk.app.screen.query(Input) else "")
      for keys in (['"'], ["p", "n"], ["W", "n"], ["T"], ["ctrl+p"], ["E", "o"], ["R"])],
])  # fmt: skip
async def test_letters_behind_a_key_that_opens_a_field_are_text(
    desk: Desk, keys: list[str], text: Callable[[Desk], str]
) -> None:
    await desk.describe("In A minor.")
    await desk.press("a", "k")
    before = len(desk.engine.asked(Describe))
    burst(desk, *keys, *TEXT)
    await desk.until(lambda: text(desk).endswith(TEXT), f"{TEXT} is typed")
    assert not set_aside(desk) and len(desk.engine.asked(Describe)) == before


async def test_what_is_typed_behind_a_field_is_for_what_comes_then(desk: Desk) -> None:
    burst(desk, "/", *"song 2", "enter", "s")
    await desk.until(lambda: desk.app.desk.words == "song 2" and set_aside(desk) == {Status.SKIPPED})
    assert (row := desk.row("song 2.wav")) is not None and row.status is Status.SKIPPED
    burst(desk, "escape", "g", "e", *"One.", "escape", "f")
    await desk.until(lambda: (row := desk.row("song 1.wav")) is not None and row.status is Status.FLAGGED)
    assert (row := desk.row("song 1.wav")) is not None and row.text == "One."


async def test_the_letters_of_a_jump_are_heard_in_a_burst(desk: Desk) -> None:
    burst(desk, "J", "s")
    await desk.until(lambda: desk.app.screen is desk.app.desk and desk.app.desk.tracks.cursor == 1)
    assert not set_aside(desk)


@pytest.mark.parametrize("opens", ["e", "c", "m", "M", "V"])
async def test_letters_wait_for_a_file_that_is_still_being_read(
    music: Path, monkeypatch: pytest.MonkeyPatch, opens: str
) -> None:
    """The editor opens when the length of the file is known: until then, letters are not commands either."""
    go_on = threading.Event()
    read = workbench.opening

    def slowly(*given: Any) -> Iterator[None]:
        assert go_on.wait(20)
        yield from read(*given)

    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.describe("In A minor.")
        monkeypatch.setattr(workbench, "opening", slowly)
        burst(desk, "down", opens, "s", "x")
        await desk.until(lambda: desk.app.desk.opens_soon)
        await desk.told("cannot be opened yet")
        assert not set_aside(desk) and desk.app.transport.path == desk.folder / "song 2.wav"
        go_on.set()
        await desk.until(lambda: not desk.app.desk.opens_soon)
        await desk.settle()
        if opens == "e":
            await desk.until(lambda: (editor := desk.app.desk.caption.editor) is not None and editor.text == "sx")
        assert opens == "m" or not set_aside(desk)  # there is nothing to map: the keys are the desk's then


async def test_esc_stops_waiting_for_a_file(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def never(*given: Any) -> Iterator[None]:
        go_on.wait(20)
        yield

    async with running(music) as desk:
        await desk.opened("song 1.wav")
        monkeypatch.setattr(workbench, "opening", never)
        burst(desk, "down", "e", "s", "x")
        await desk.told("cannot be opened yet")
        await desk.press("escape", "up")
        assert desk.app.desk.tracks.cursor == 0 and not set_aside(desk)
        go_on.set()


async def test_a_key_that_is_lost_with_its_dialog_holds_up_no_other(desk: Desk) -> None:
    await desk.press("W")
    desk.app._way = desk.app.screen  # as if what was behind a key had gone with a dialog
    desk.app.pop_screen()
    burst(desk, "down")
    await desk.until(lambda: desk.app.desk.tracks.cursor == 1, timeout_s=5.0)


async def test_letters_behind_a_key_that_cannot_open_anything_are_no_commands(desk: Desk) -> None:
    (desk.folder / "song 2.wav").write_bytes(b"RIFF no music")
    burst(desk, "down", "e", *TEXT)
    await desk.told("cannot be read")
    await desk.settle()
    assert not set_aside(desk) and not desk.engine.asked(Describe)
    await asyncio.sleep(PAUSE_S)  # what comes after a pause is a command again
    await desk.press("s")
    assert set_aside(desk) == {Status.SKIPPED}


async def test_escape_is_heard_behind_a_key_that_cannot_open_anything(desk: Desk) -> None:
    """What is in the way may be what it stops; what follows it is not of the text that was not to be."""
    await desk.press("enter")
    burst(desk, "R", *"xs", "escape", "j")
    await desk.until(lambda: not desk.app.session.writing and desk.app.desk.tracks.cursor == 1)
    assert not set_aside(desk)


async def test_keys_wait_for_the_list_of_devices(desk: Desk) -> None:
    burst(desk, "O", "j", "s", "x", "enter")
    await desk.until(lambda: desk.app.transport.device != "" and desk.app.screen is desk.app.desk)
    assert not set_aside(desk)
