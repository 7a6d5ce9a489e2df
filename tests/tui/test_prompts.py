"""Prompts of one's own: written, chosen, asked with, and there after a restart."""

from __future__ import annotations

from pathlib import Path

from j2a.caption import PROMPTS
from j2a.engine.messages import Describe
from j2a_tui import own_prompts
from tests.tui.harness import Desk, running

OWN = "A {genre} loop at {bpm} BPM"


async def write(desk: Desk, name: str = "loops", text: str = OWN) -> None:
    """With the dialog open."""
    await desk.press("n", *name, "tab", *text)
    await desk.press("enter")


async def test_a_prompt_is_written_chosen_and_asked_with(desk: Desk) -> None:
    await desk.describe()
    await desk.press("p")
    await desk.shows("taught the four kinds only")
    await desk.press("n", *"loops", "tab", *OWN)
    await desk.shows("Here it says: A electronic loop at 120 BPM")
    await desk.press("enter")
    await desk.shows("5 loops")
    assert own_prompts.read() == {"loops": OWN}
    await desk.press("enter")
    await desk.told("The next caption will be asked for by your prompt “loops”.")
    await desk.shows("1.0 mini loops")
    await desk.press("r")
    assert desk.engine.asked(Describe)[-1].prompt == OWN


async def test_a_name_that_stands_for_nothing_is_told_and_not_kept(desk: Desk) -> None:
    await desk.press("p", "n", *"x", "tab", *"At {tempo}", "enter")
    await desk.shows("{tempo} stands for nothing.")
    await desk.shows("{bpm}")
    assert own_prompts.read() == {}
    await desk.press("escape", "escape")
    assert desk.app.screen is desk.app.desk


async def test_a_name_is_wanted_and_is_there_once(desk: Desk) -> None:
    await desk.press("p")
    await write(desk)
    await desk.press("n", "tab", *"Slow", "enter")
    assert list(own_prompts.read()) == ["loops"], "without a name nothing is kept"
    await desk.press(*"loops", "enter")
    await desk.shows("There is one with the name loops already.")
    await desk.press("2", "enter")
    assert own_prompts.read() == {"loops": OWN, "loops2": "Slow"}


async def test_a_prompt_is_changed_and_removed(desk: Desk) -> None:
    await desk.press("p")
    await write(desk)
    await desk.press("enter", "p", "e", *" now", "enter", "escape")
    assert own_prompts.read() == {"loops": f"{OWN} now"}
    assert desk.app.session.model.prompt == PROMPTS[0], "what it said is not there any more"
    await desk.press("p", "5", "p", "x", "escape")
    assert own_prompts.read() == {}
    assert desk.app.session.model.prompt == PROMPTS[0]


async def test_it_is_there_after_a_restart_unless_it_was_removed(music: Path) -> None:
    async with running(music, version="") as first:
        await first.opened("song 1.wav")
        await first.press("p")
        await write(first)
        await first.press("enter", "q")
    async with running(music, version="") as again:
        assert again.app.session.model.prompt == OWN
        await again.press("q")
    own_prompts.write({})
    async with running(music, version="") as last:
        assert last.app.session.model.prompt == PROMPTS[0]


def test_a_damaged_file_holds_none() -> None:
    own_prompts.write({"a": "b"})
    for text in ("{", "[]", '{"a": 1, "describe": "x", "b": "{nothing}", "": "c"}'):
        own_prompts.kept_in().write_text(text)
        assert own_prompts.read() == {}
