"""What the user says against the measurement counts everywhere, and captions follow it."""

from __future__ import annotations

from pathlib import Path

import pytest

from j2a.clip import Clip
from j2a.engine.messages import Describe, Done
from j2a.features.corrections import NONE, Corrections
from j2a.store import Status, Store
from j2a_tui.ahead import Ahead
from j2a_tui.correcting import Taps
from j2a_tui.model import Model
from j2a_tui.screens.correct import CorrectScreen
from tests.tui.fakes import MEASURED, TEXT, FakeEngine
from tests.tui.harness import Desk, running


def said(desk: Desk, name: str = "song 1.wav") -> Corrections:
    with Store() as store:
        return store.corrections(desk.folder / name)


async def correct(desk: Desk, *keys: str) -> None:
    """Open the corrections, and press keys there."""
    await desk.press("c")
    await desk.until(lambda: isinstance(desk.app.screen, CorrectScreen), "the corrections are open")
    await desk.press(*keys)


@pytest.mark.parametrize(("keys", "bpm"), [
    ("d", 240.0), ("h", 60.0), ("3", 180.0), ("2", 80.0), ("dh", 120.0), (["b", *"128.5", "enter"], 128.5),
])
async def test_tempo(desk: Desk, keys: str | list[str], bpm: float) -> None:
    await desk.describe()
    await correct(desk, *keys)
    await desk.shows(f"◆ {bpm:.1f} BPM")
    assert said(desk).bpm == bpm
    await desk.press("escape")
    await desk.shows(f"{bpm:.1f} BPM ◆ yours")


async def test_the_captions_figure_follows_and_is_undone_with_it(desk: Desk) -> None:
    await desk.describe()
    await correct(desk, "d")
    assert "at 240 BPM" in desk.app.session.text
    row = desk.row("song 1.wav")
    assert row is not None and row.caption is not None
    assert (row.edited, row.status, row.caption.written) == (False, Status.DRAFT, TEXT)
    assert row.caption.features.bpm == 120.0 and row.features.bpm == 240.0
    await desk.press("u")
    assert said(desk) == NONE
    assert "at 120 BPM" in desk.app.session.text
    await desk.press("ctrl+r", "escape")
    await desk.shows("at 240 BPM")
    assert said(desk).bpm == 240.0


async def test_a_claim_is_held_against_yours(desk: Desk) -> None:
    await desk.describe()
    await desk.press("e", *" At 120 BPM.", "escape")
    await correct(desk, "h", "escape")
    await desk.press("n")  # the question whether the text that somebody wrote in follows
    await desk.shows("✗ 120 BPM")
    await desk.shows("60.0 BPM ◆ yours")
    await desk.shows("✗ 1 contradicted")


async def test_a_text_that_is_kept_follows_when_it_is_said(desk: Desk) -> None:
    await desk.describe()
    await desk.press("a")
    await desk.opened("song 2.wav")
    await desk.press("k")
    await desk.opened("song 1.wav")
    await correct(desk, "d", "escape")
    await desk.shows("One text of this file that was accepted")
    row = desk.row("song 1.wav")
    assert row is not None and row.text == TEXT
    await desk.press("y")
    await desk.shows("at 240 BPM")
    row = desk.row("song 1.wav")
    assert row is not None and (row.status, "240 BPM" in row.text) == (Status.ACCEPTED, True)
    await desk.press("u")
    row = desk.row("song 1.wav")
    assert row is not None and row.text == TEXT
    assert said(desk).bpm == 240.0, "the correction was another action"


async def test_tap_tempo(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.describe()
    await correct(desk)
    now = 0.0
    monkeypatch.setattr(desk.app.screen, "_clock", lambda: now)
    for _ in range(3):
        await desk.press("t")
        now += 0.6
    assert said(desk) == NONE
    await desk.press("t")
    assert said(desk).bpm == 100.0
    now += 0.6
    await desk.press("t")
    await desk.press("u")
    assert said(desk) == NONE, "all taps are one action"


def test_taps_begin_anew_after_a_pause() -> None:
    taps = Taps()
    assert [taps.tap(time_s) for time_s in (0.0, 0.5, 1.0, 1.5)] == [None, None, None, 120.0]
    assert taps.tap(9.0) is None and taps.missing == 3


async def test_the_grid_follows_a_nudge(desk: Desk) -> None:
    await desk.describe()
    await correct(desk, "right", "right")
    await desk.shows("◆ at 0:00.02")
    assert desk.app.session.features.beats[:2] == [0.02, 0.52]
    assert desk.app.session.features.downbeats[:2] == [0.02, 2.02]
    await desk.press("full_stop")
    assert said(desk).downbeats == (0.52,)
    await desk.press("x")
    assert said(desk) == NONE
    await desk.press("left")
    assert desk.app.session.features.downbeats[0] == 1.99, "the first bar that still begins in the window"
    desk.app.transport.seek(3.3)
    await desk.press("o")
    assert said(desk).downbeats == (3.3,)


async def test_meter_and_key(desk: Desk) -> None:
    await desk.describe()
    await correct(desk, "m", "r")
    assert (said(desk).meter, said(desk).key) == ("3/4", "C major")
    assert "in C major at 120 BPM, in 3/4" in desk.app.session.text
    assert desk.app.session.features.downbeats[:3] == [0.0, 1.5, 3.0]
    await desk.press("k", *"ebm", "enter")
    assert said(desk).key == "Eb minor"
    await desk.press("k", *"what", "enter")
    await desk.shows("A key is a note")
    assert said(desk).key == "Eb minor"
    await desk.press("escape")
    await desk.press("k", *"ebm", "enter")  # what is said already is no mistake
    assert "A key is a note" not in desk.screen_text()
    await desk.press("escape")
    assert not isinstance(desk.app.screen, CorrectScreen)
    await desk.shows("Eb minor ◆ yours")


async def test_a_chord_at_the_playhead(desk: Desk) -> None:
    await desk.describe()
    desk.app.transport.seek(3.0)
    await correct(desk, "c", *"Dm", "enter")
    [chord] = said(desk).chords
    assert (chord.start_s, chord.end_s, chord.label) == (2.5, 5.0, "D:min")
    await desk.shows("◆ Dm")
    assert "Am, Dm, C and G" in desk.app.session.text
    await desk.press("escape")
    await desk.press("right_square_bracket")
    await desk.until(lambda: desk.app.session.clip == desk.clip("song 1.wav", 10, 20))
    assert desk.app.session.features.corrected == []


async def test_other_windows_of_the_file_follow_too(desk: Desk) -> None:
    await desk.describe()
    await desk.press("right_square_bracket")
    await desk.until(lambda: desk.app.session.clip == desk.clip("song 1.wav", 10, 20))
    await desk.describe("Another part at 120 BPM.")
    await correct(desk, "h", "escape")
    first, second = desk.row("song 1.wav"), desk.row("song 1.wav", 10, 20)
    assert first is not None and second is not None
    assert "60 BPM" in first.text and second.text == "Another part at 60 BPM."
    await desk.press("u")
    first = desk.row("song 1.wav")
    assert first is not None and first.text == TEXT
    assert desk.app.session.clip == desk.clip("song 1.wav", 10, 20)


async def test_the_engine_is_told_and_a_draft_that_says_otherwise_follows(desk: Desk) -> None:
    await desk.until(lambda: desk.engine.requests)
    await correct(desk, "b", *"90", "enter", "escape", "escape")
    await desk.press("enter")
    assert desk.engine.asked(Describe)[-1].corrections == {"bpm": 90.0}
    desk.engine.simulate_described("A piece at 120 BPM.", MEASURED)
    await desk.shows("A piece at 90 BPM.")
    await desk.press("u")
    assert desk.row("song 1.wav") is None, "the caption and what followed are one action"


async def test_it_survives_a_restart_and_another_measurement(music: Path) -> None:
    async with running(music) as first:
        await first.opened("song 1.wav")
        await first.describe()
        await correct(first, "d", "escape", "q")
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.shows("240.0 BPM ◆ yours")
        await desk.describe("A new one.")
        await desk.shows("240.0 BPM ◆ yours")
        await desk.press("u", "u")
        await desk.shows("at 120 BPM")
        assert said(desk) == NONE


async def test_what_another_j2a_corrects_is_seen(desk: Desk) -> None:
    await desk.describe()
    with Store() as other:
        other.correct(desk.folder / "song 1.wav", Corrections(key="C major"))
    await desk.shows("C major ◆ yours")
    await desk.shows("✗ A minor")


async def test_nothing_to_multiply_is_said(desk: Desk) -> None:
    await correct(desk, "d")
    await desk.shows("There is no tempo to multiply")


def test_what_was_written_ahead_is_written_anew() -> None:
    engine = FakeEngine(lambda event: None)
    said_of = {Path("/music/b.wav"): Corrections(bpm=90.0)}
    ahead = Ahead(engine, Model(engine, "1.0", "mini", lambda error: None), lambda path: said_of.get(path, NONE))
    clips = [Clip(f"/music/{name}.wav", 0.0, 10.0) for name in "abc"]
    ahead.plan(clips)
    for clip in clips[:2]:
        ahead.go_on()
        assert ahead.handle(Done(engine.last(Describe))) and ahead.has(clip)
    ahead.go_on()
    assert [request.corrections for request in engine.asked(Describe)] == [{}, {"bpm": 90.0}, {}]
    ahead.forget(clips[1].path)
    assert ahead.has(clips[0]) and not ahead.has(clips[1]) and not engine.cancelled
    ahead.forget(clips[2].path)
    assert engine.cancelled == [3], "it was being written"


async def test_a_correction_that_cannot_be_saved_is_told_and_not_made(desk: Desk) -> None:
    await desk.describe()
    await correct(desk)
    desk.app.session.ledger.store.close()
    await desk.press("d")
    assert desk.app.session.features.bpm == 120.0
    assert said(desk) == NONE
    assert any("captions" in toast for toast in desk.toasts())
