"""Orders, folders that fold, saved views, and words that are written wrongly, in the running app."""

from __future__ import annotations

from pathlib import Path

from j2a_tui import saved_views
from j2a_tui.saved_views import View
from tests.tui.harness import Desk, running, write_wave


def listed(desk: Desk) -> list[str]:
    return [track.name for track in desk.app.desk.tracks.tracks]


async def test_a_word_that_is_written_wrongly_finds_what_is_near(desk: Desk) -> None:
    await desk.press("slash", *"shrot")
    await desk.until(lambda: listed(desk) == ["sub/short.wav"])
    await desk.told("These come near")
    await desk.shows("/shrot ~1")
    await desk.press("backspace", "backspace", "backspace", "x", "x")
    await desk.until(lambda: listed(desk) == [])


async def test_the_order_is_chosen_shown_and_there_after_a_restart(music: Path) -> None:
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.until(lambda: desk.app.desk.tracks.listing.tags_known == 4)
        await desk.press("S", "down", "enter")
        await desk.until(lambda: listed(desk)[0] == "sub/short.wav")
        await desk.shows("by duration")
        assert "▾" not in desk.screen_text(), "no folders where they are torn apart"
        assert desk.app.desk.tracks.track.name == "song 1.wav", "the cursor stays on its file"  # type: ignore[union-attr]
        await desk.press("q")
    async with running(music) as again:
        await again.opened("song 1.wav")
        await again.until(lambda: listed(again)[0] == "sub/short.wav")


async def test_a_folder_folds_by_key_and_mouse_and_stays_so_after_a_restart(music: Path) -> None:
    write_wave(music / "sub" / "second.wav", 4.0)
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.press("G", "z")
        await desk.shows("▸ sub/")
        assert desk.app.desk.tracks.track is None
        await desk.until(lambda: desk.app.session.clip is None, "nothing is on the desk that is not seen")
        await desk.press("a", "enter")
        await desk.shows("▾ sub/")
        await desk.opened("sub/short.wav")
        row = 1 + next(y for y, line in enumerate(desk.screen_text().split("\n")) if "▾ sub/" in line)
        await desk.pilot.click("TrackList", offset=(4, row - 3))
        await desk.shows("▸ sub/")
        await desk.press("q")
    async with running(music) as again:
        await again.shows("▸ sub/")
        await again.until(lambda: again.app.desk.tracks.cursor == 3, "the cursor is on the folder")
        await again.press("Z", "Z")
        await again.shows("▾ sub/")


async def test_accepting_goes_past_a_folder_that_is_folded(music: Path) -> None:
    write_wave(music / "zeta" / "last.wav", 4.0)
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.press("G", "k", "z", "k")
        await desk.opened("song 10.wav")
        await desk.describe()
        await desk.press("A")
        await desk.opened("zeta/last.wav")


async def test_views_are_named_chosen_and_deleted(desk: Desk) -> None:
    await desk.press("apostrophe")
    await desk.told("No view has a name yet")
    await desk.press("slash", *"song", "enter", "S", "down", "enter", "quotation_mark", *"Songs", "enter")
    await desk.told("The view Songs is kept")
    assert saved_views.read() == {"Songs": View("song", "duration")}
    await desk.press("escape", "escape")  # the first one stops measuring
    await desk.until(lambda: len(listed(desk)) == 4)
    await desk.press("S", "home", "k", "k", "enter", "apostrophe")
    await desk.shows("Saved views")
    await desk.press("enter")
    await desk.until(lambda: len(listed(desk)) == 3)
    await desk.shows("by duration")
    await desk.press("apostrophe", "x")
    await desk.told("The view Songs is deleted")
    assert saved_views.read() == {}
