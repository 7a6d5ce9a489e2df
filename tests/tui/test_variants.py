"""Every caption of a window is kept; one is on the desk."""

from __future__ import annotations

from pathlib import Path

from j2a.engine.messages import Describe
from j2a.store import Status
from j2a_tui.screens.diff import DiffScreen
from j2a_tui.wording import word_diff
from tests.tui.fakes import TEXT
from tests.tui.harness import Desk, running


async def another(desk: Desk, text: str) -> None:
    await desk.press("r")
    desk.engine.simulate_described(text)
    await desk.shows(text)
    await desk.until(lambda: not desk.app.session.writing)


async def test_r_writes_another_and_the_digits_choose(desk: Desk) -> None:
    await desk.describe()
    await another(desk, "A second one.")
    await another(desk, "A third one.")
    await desk.shows("variant 3 of 3")
    assert [request.seed for request in desk.engine.asked(Describe)] == [0, 1, 2]
    await desk.press("1")
    await desk.shows("variant 1 of 3")
    row = desk.row("song 1.wav")
    assert row is not None and row.text == TEXT
    await desk.press("u")
    await desk.shows("A third one.")
    await desk.press("ctrl+r", "2")
    await desk.shows("variant 2 of 3")
    await desk.press("7")
    await desk.shows("There are 3 variants of this window")


async def test_another_seed_than_any_before(desk: Desk) -> None:
    await desk.describe()
    await another(desk, "A second one.")
    await desk.press("1")
    await another(desk, "A third one.")
    assert desk.engine.asked(Describe)[-1].seed == 2
    await desk.shows("variant 3 of 3")


async def test_they_are_there_after_a_restart(music: Path) -> None:
    async with running(music) as first:
        await first.opened("song 1.wav")
        await first.describe()
        await another(first, "A second one.")
        await first.press("q")
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.shows("variant 2 of 2")
        await desk.press("1")
        await desk.shows(TEXT[:30])
        await desk.press("u", "u")
        await desk.shows(TEXT[:30])
        row = desk.row("song 1.wav")
        assert row is not None and len(row.every_variant) == 1


async def test_an_edit_stays_in_its_variant_and_an_acceptance_is_told(desk: Desk) -> None:
    await desk.describe()
    await another(desk, "A second one.")
    await desk.press("e", *" Mine.", "escape", "1", "2")
    await desk.shows("A second one. Mine.")
    await desk.press("a")
    await desk.opened("song 2.wav")
    await desk.press("k")
    await desk.opened("song 1.wav")
    await desk.press("1")
    await desk.shows("Variant 1, as a draft; u brings the accepted one back.")
    await desk.press("u")
    row = desk.row("song 1.wav")
    assert row is not None and (row.text, row.status) == ("A second one. Mine.", Status.ACCEPTED)


async def test_two_are_compared_word_by_word(desk: Desk) -> None:
    await desk.press("d")
    await desk.shows("There is nothing to compare with yet")
    await desk.describe("A calm piece with a piano.")
    await another(desk, "A calm song with a soft piano.")
    await another(desk, "Something else.")
    await desk.press("d")
    await desk.until(lambda: isinstance(desk.app.screen, DiffScreen))
    await desk.shows("- 3 of 3: J2A 1.0 mini, seed 2, on the desk")
    await desk.press("k", "left")
    await desk.shows("A calm -song +piece with a -soft piano.")
    await desk.press("enter")
    row = desk.row("song 1.wav")
    assert row is not None and row.text == "A calm piece with a piano."


def test_a_diff_says_what_stays_goes_and_comes() -> None:
    assert word_diff("a b c", "a x c d") == [
        ("same", "a"), ("gone", "b"), ("new", "x"), ("same", "c"), ("new", "d"),
    ]  # fmt: skip
    assert word_diff("", "") == []
    assert word_diff("a", "") == [("gone", "a")]
