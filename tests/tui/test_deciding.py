"""Captions are accepted, rejected, skipped, and that is taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from j2a.engine.messages import Describe
from j2a.store import Status
from tests.tui.fakes import TEXT
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
        await desk.opened("song 1.wav")
        await desk.shows("1 draft, 4 files")
        await desk.describe()
        await desk.press("a")
        await desk.opened("song 2.wav")
        await desk.shows("The second song in A minor.")
        assert len(desk.engine.asked(Describe)) == 1
        await desk.shows("120.0 BPM")


async def test_nothing_is_accepted_without_a_text(desk: Desk) -> None:
    await desk.press("a")
    await desk.told("no caption to accept")
    assert desk.row("song 1.wav") is None
    assert desk.app.desk.tracks.cursor == 0


async def test_nothing_is_accepted_while_it_is_written(desk: Desk) -> None:
    await desk.press("enter")
    desk.engine.simulate_pieces(desk.engine.last(Describe), "Not yet")
    await desk.until(lambda: desk.app.session.text == "Not yet")
    await desk.press("a")
    await desk.told("still being written")
    assert desk.app.desk.tracks.cursor == 0


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
