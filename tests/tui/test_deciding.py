"""Captions are accepted, rejected, skipped, and that is taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from j2a.engine.messages import Describe, Done, Extract
from j2a.store import Status, Store
from tests.tui.fakes import CONTRADICTED, TEXT
from tests.tui.harness import Desk, running


async def test_accept_saves_goes_on_plays_on_and_describes_the_next(desk: Desk) -> None:
    await desk.describe()
    await desk.press("space")
    assert desk.player.playing
    await desk.press("a")
    await desk.opened("song 2.wav")
    await desk.until(lambda: len(desk.engine.asked(Describe)) == 2)
    assert desk.engine.asked(Describe)[1].clip == desk.clip("song 2.wav")
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.status is Status.ACCEPTED
    await desk.until(lambda: desk.player.playing and desk.player.path == desk.folder / "song 2.wav")
    await desk.shows("1 accepted, 4 files")


async def test_accept_shows_the_caption_that_the_next_file_has(music: Path) -> None:
    async with running(music) as first:
        await first.opened("song 1.wav")
        await first.press("down")
        await first.opened("song 2.wav")
        await first.describe("The second song in A minor.")
        await first.press("q")
    async with running(music) as desk:
        await desk.press("k")
        await desk.opened("song 1.wav")
        await desk.shows("1 draft, 4 files")
        await desk.describe()
        await desk.press("a")
        await desk.opened("song 2.wav")
        await desk.shows("The second song in A minor.")
        assert all(request.clip != desk.clip("song 2.wav") for request in desk.engine.asked(Describe))
        await desk.shows("120.0 BPM")


async def test_nothing_is_accepted_without_a_text(desk: Desk) -> None:
    await desk.press("a")
    await desk.told("no caption to accept")
    assert desk.row("song 1.wav") is None
    assert desk.app.desk.tracks.cursor == 0


async def test_accept_counts_when_it_is_pressed_while_the_caption_is_written(desk: Desk) -> None:
    await desk.press("enter")
    request_id = desk.engine.last(Describe)
    desk.engine.simulate_pieces(request_id, "Not yet")
    await desk.until(lambda: desk.app.session.text == "Not yet")
    await desk.press("a")
    await desk.shows("accepted when it is whole")
    assert desk.app.desk.tracks.cursor == 0
    desk.engine.simulate_done(request_id, "Not yet whole.")
    await desk.opened("song 2.wav")
    row = desk.row("song 1.wav")
    assert row is not None
    assert (row.text, row.status) == ("Not yet whole.", Status.ACCEPTED)


async def test_stopping_takes_back_an_early_accept(desk: Desk) -> None:
    await desk.press("enter")
    request_id = desk.engine.last(Describe)
    desk.engine.simulate_pieces(request_id, "Not this one")
    await desk.press("a", "escape")
    desk.engine.simulate(Done(request_id, {}, {}, cancelled=True))
    await desk.until(lambda: desk.app.session.job is None)
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.status is Status.DRAFT
    assert desk.app.desk.tracks.cursor == 0


@pytest.mark.parametrize("accepted", [True, False], ids=["accepted", "written by hand"])
async def test_enter_on_a_text_that_is_kept_opens_it(desk: Desk, accepted: bool) -> None:
    await keep(desk, accepted)
    asked = len(desk.engine.asked(Describe))
    await desk.press("enter")
    assert desk.app.desk.caption.editor is not None
    await desk.press("escape")
    assert len(desk.engine.asked(Describe)) == asked
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == (TEXT if accepted else f"{TEXT} Mine.")


@pytest.mark.parametrize("accepted", [True, False], ids=["accepted", "written by hand"])
async def test_a_variant_of_a_text_that_is_kept_asks_first(desk: Desk, accepted: bool) -> None:
    await keep(desk, accepted)
    before, asked = desk.row("song 1.wav"), len(desk.engine.asked(Describe))
    await desk.press("r")
    await desk.shows("Replace it by another variant")
    await desk.press("n")
    assert len(desk.engine.asked(Describe)) == asked
    await desk.press("r", "y")
    await desk.until(lambda: len(desk.engine.asked(Describe)) == asked + 1)
    desk.engine.simulate_pieces(desk.engine.last(Describe), "Half a")
    await desk.press("escape")
    assert desk.row("song 1.wav") == before, "stopping brings the text back"
    await desk.press("r", "y")
    desk.engine.simulate_described("Another one.")
    await desk.shows("Another one.")
    await desk.press("u")
    after = desk.row("song 1.wav")
    assert after is not None and before is not None
    assert (after.text, after.status) == (before.text, before.status)


async def test_a_contradicted_caption_is_asked_about_once(desk: Desk) -> None:
    await desk.describe(CONTRADICTED)
    await desk.shows("✗ 3/4")
    await desk.shows("d song 1.wav")
    await desk.shows("✗1 0:25")
    await desk.shows("✗ 1 contradicted")
    await desk.press("a")
    await desk.shows("Contradicted: 3/4, but 4/4. a once more accepts")
    row = desk.row("song 1.wav")
    assert row is not None and row.status is Status.DRAFT
    await desk.press("a")
    await desk.opened("song 2.wav")
    row = desk.row("song 1.wav")
    assert row is not None and row.status is Status.ACCEPTED
    await desk.describe(CONTRADICTED)
    await desk.press("A")
    await desk.opened("song 10.wav")
    await desk.shows("✗ 2 contradicted")


async def test_a_contradicted_caption_that_was_accepted_early_asks_too(desk: Desk) -> None:
    await desk.press("enter", "a")
    desk.engine.simulate_described(CONTRADICTED)
    await desk.shows("Contradicted: 3/4, but 4/4.")
    assert desk.app.desk.tracks.cursor == 0
    await desk.press("a")
    await desk.opened("song 2.wav")


async def test_contradictions_of_the_last_time_are_counted(music: Path) -> None:
    async with running(music) as first:
        await first.opened("song 1.wav")
        await first.describe(CONTRADICTED)
        await first.press("q")
    async with running(music) as desk:
        await desk.shows("✗ 1 contradicted")
        await desk.shows("d song 1.wav")


async def test_the_next_file_without_a_decision_is_found_around_the_end(desk: Desk) -> None:
    await desk.press("s", "f")
    await desk.opened("song 10.wav")
    await desk.shows("f song 2.wav")
    await desk.press("n")
    await desk.opened("sub/short.wav")
    await desk.press("n")
    await desk.opened("song 10.wav")
    await desk.press("N")
    await desk.opened("sub/short.wav")
    await desk.press("s", "n", "s", "n")
    await desk.told("No other file in the list is without a decision")
    await desk.press("k")
    await desk.shows("4 of 4 done")


async def test_changes_of_another_j2a_are_seen_and_not_accepted_unseen(desk: Desk) -> None:
    await desk.describe("What was on the screen.")
    with Store() as other:
        other.set_status(desk.clip("song 2.wav"), Status.SKIPPED)
        other.edit(desk.clip("song 1.wav"), "What the other wrote.")
    await desk.press("a")
    assert desk.app.desk.tracks.cursor == 0
    await desk.shows("What the other wrote.")
    await desk.shows("s song 2.wav")
    row = desk.row("song 1.wav")
    assert row is not None and row.status is Status.DRAFT
    await desk.until(lambda: desk.app.session.settled)
    await desk.press("a")
    await desk.opened("song 2.wav")
    row = desk.row("song 1.wav")
    assert row is not None and (row.text, row.status) == ("What the other wrote.", Status.ACCEPTED)


async def test_what_is_edited_here_is_not_overwritten_by_what_another_j2a_writes(desk: Desk) -> None:
    await desk.describe()
    await desk.press("e", *" Mine.")
    with Store() as other:
        other.edit(desk.clip("song 1.wav"), "The other's.")
    await desk.until(lambda: desk.app.session.ledger.catalogue.of(desk.folder / "song 1.wav"))
    await desk.press(*" Still.", "escape")
    row = desk.row("song 1.wav")
    assert row is not None and row.text == f"{TEXT} Mine. Still."


async def test_a_caption_that_another_j2a_accepted_meanwhile_is_not_replaced(desk: Desk) -> None:
    await desk.press("enter")
    with Store() as other:
        other.edit(desk.clip("song 1.wav"), "The other's.")
        other.set_status(desk.clip("song 1.wav"), Status.ACCEPTED)
    desk.engine.simulate_described()
    await desk.told("The caption of this window stays")
    await desk.shows("The other's.")
    row = desk.row("song 1.wav")
    assert row is not None
    assert (row.text, row.status) == ("The other's.", Status.ACCEPTED)


async def keep(desk: Desk, accepted: bool) -> None:
    """A caption of the first file, accepted, or a draft that somebody wrote in."""
    await desk.describe()
    if accepted:
        await desk.press("a")
        await desk.opened("song 2.wav")
        await desk.press("k")
        await desk.opened("song 1.wav")
    else:
        await desk.press("e", *" Mine.", "escape")


async def test_reject_stays_skip_goes_on(desk: Desk) -> None:
    await desk.describe()
    await desk.press("x")
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.status is Status.REJECTED
    assert desk.app.desk.tracks.cursor == 0
    await desk.press("down", "s")
    skipped = desk.row("song 2.wav")
    assert skipped is not None
    assert skipped.status is Status.SKIPPED
    assert desk.app.desk.tracks.cursor == 2
    assert len(desk.engine.asked(Describe)) == 1
    await desk.shows("x song 1.wav")
    await desk.shows("s song 2.wav")


async def test_undo_takes_back_the_accepted_file_and_shows_it(desk: Desk) -> None:
    await desk.describe()
    await desk.press("a")
    await desk.opened("song 2.wav")
    await desk.press("u")
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.status is Status.DRAFT
    assert desk.app.desk.tracks.cursor == 0
    await desk.shows(TEXT[:30])
    await desk.press("ctrl+r")
    again = desk.row("song 1.wav")
    assert again is not None
    assert again.status is Status.ACCEPTED


async def test_undo_takes_back_a_streamed_caption_in_one_step(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(desk.app.session, "_clock", lambda: now)
    await desk.press("enter")
    request_id = desk.engine.last(Describe)
    for word in ("one", "two", "three"):
        now += 2.0
        desk.engine.simulate_pieces(request_id, word)
        await desk.until(lambda word=word: desk.app.session.text.endswith(word))
        row = desk.row("song 1.wav")
        assert row is not None, "the beginning of a long caption survives a crash"
        assert row.text.endswith(word)
    desk.engine.simulate_done(request_id, "one two three")
    await desk.until(lambda: not desk.app.session.writing)
    await desk.press("u")
    assert desk.row("song 1.wav") is None
    assert desk.app.session.text == ""
    await desk.press("u")
    await desk.told("nothing to undo")


async def test_an_undo_that_finds_nothing_leaves_no_request_on_the_screen(desk: Desk) -> None:
    await desk.press("enter")
    await desk.shows("waiting for the engine")
    measured = len(desk.engine.asked(Extract))
    await desk.press("u")
    await desk.told("nothing to undo")
    assert "waiting for the engine" not in desk.screen_text()
    assert len(desk.engine.asked(Extract)) == measured + 1  # what was stopped with it is wanted still
