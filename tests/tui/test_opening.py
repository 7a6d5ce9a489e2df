"""The app by its keys: from a folder to accepted captions."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from j2a.caption import PROMPTS
from j2a.engine.messages import Describe, Done, Extract, Inspect, Load, Piece
from j2a.errors import StoreError
from j2a.library import Track
from j2a.models.prompts import HEARD_INSTRUCTIONS, INSTRUCTIONS
from j2a.store import Status, Store
from tests.tui.fakes import MEASURED, TEXT
from tests.tui.harness import Desk, running, write_wave


async def test_the_folder_is_listed_in_order_and_the_first_file_opened(desk: Desk) -> None:
    names = [track.name for track in desk.app.desk.tracks.tracks]
    assert names == ["song 1.wav", "song 2.wav", "song 10.wav", "sub/short.wav"]
    await desk.until(lambda: "▄" in desk.screen_text() or "▇" in desk.screen_text(), "a waveform is drawn")
    await desk.shows("0:25")
    await desk.shows("4 files")


async def test_the_model_is_loaded_right_away(desk: Desk) -> None:
    assert desk.engine.asked(Load) == [Load("1.0", "mini")]
    await desk.shows("loading")
    desk.engine.simulate_loaded()
    await desk.shows("1.0 mini ready")


async def test_a_window_that_is_left_alone_is_measured_and_fills_in(desk: Desk) -> None:
    await desk.until(lambda: desk.engine.asked(Extract))
    assert desk.engine.asked(Extract) == [Extract(desk.clip("song 1.wav"))]
    request_id = desk.engine.last(Extract)
    desk.engine.simulate_progress(request_id, "measuring")
    await desk.shows("…")
    desk.engine.simulate_features(request_id)
    await desk.until(lambda: "120.0 BPM" in desk.screen_text() and "A minor (93%)" in desk.screen_text())
    await desk.shows("unknown: The genre model is not installed.")


async def test_holding_an_arrow_key_measures_only_where_it_comes_to_rest(music: Path) -> None:
    for number in range(20, 60):
        write_wave(music / f"song {number}.wav", 11.0)
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        for _ in range(40):
            await desk.pilot.press("down")
        await desk.until(lambda: any(request.clip.path.name == "song 57.wav" for request in desk.engine.asked(Extract)))
        assert len(desk.engine.asked(Extract)) <= 3


async def test_enter_streams_a_caption_and_saves_it_as_a_draft(desk: Desk) -> None:
    await desk.press("enter")
    [request] = desk.engine.asked(Describe)
    assert (request.clip, request.version, request.backbone) == (desk.clip("song 1.wav"), "1.0", "mini")
    assert request.seed == 0
    assert request.sampling.temperature == 0.0
    request_id = desk.engine.last(Describe)
    desk.engine.simulate_progress(request_id, "writing")
    desk.engine.simulate_pieces(request_id, "A steady piece")
    await desk.shows("A steady piece▌")
    await desk.shows("writing")
    desk.engine.simulate_done(request_id, TEXT)
    await desk.shows("draft")
    row = desk.row("song 1.wav")
    assert row is not None
    assert (row.text, row.status) == (TEXT, Status.DRAFT)
    assert row.caption is not None
    assert row.caption.weights == "0123456789ab"
    assert row.caption.features == MEASURED


async def test_claims_are_marked_and_the_origin_is_shown(desk: Desk) -> None:
    await desk.press("enter")
    desk.engine.simulate_described()
    await desk.shows("✓ A minor")
    await desk.shows("✓ 120 BPM")
    await desk.shows("✗ 3/4")
    await desk.shows("J2A 1.0 · mini · greedy · 2.5 s · 80 tokens/s · weights 0123456789ab")


async def test_many_pieces_are_drawn_only_a_few_times(desk: Desk) -> None:
    await desk.press("enter")
    request_id = desk.engine.last(Describe)
    drawn = 0
    show = desk.app.desk.caption.show

    def counted() -> None:
        nonlocal drawn
        drawn += 1
        show()

    desk.app.desk.caption.show = counted  # type: ignore[method-assign]
    started = time.monotonic()
    for number in range(2000):
        desk.engine.simulate(Piece(request_id, f" {number}"))
        if number % 100 == 0:
            await desk.pilot.pause(0.01)
    await desk.until(lambda: desk.app.session.text.endswith(" 1999"))
    await desk.until(lambda: drawn)
    assert drawn <= 30 * (time.monotonic() - started) + 2


async def test_escape_stops_and_keeps_what_was_written(desk: Desk) -> None:
    await desk.press("enter")
    request_id = desk.engine.last(Describe)
    desk.engine.simulate_pieces(request_id, "Half a sentence")
    await desk.until(lambda: desk.app.session.text == "Half a sentence")
    await desk.press("escape")
    assert request_id in desk.engine.cancelled
    row = desk.row("song 1.wav")
    assert row is not None
    assert (row.text, row.status) == ("Half a sentence", Status.DRAFT)
    desk.engine.simulate_pieces(request_id, "that comes too late")
    await desk.pilot.pause(0.1)
    assert desk.app.session.text == "Half a sentence"


async def test_the_end_of_a_stopped_request_does_not_undo_a_decision(desk: Desk) -> None:
    await desk.press("enter")
    request_id = desk.engine.last(Describe)
    desk.engine.simulate_pieces(request_id, "Half a sentence")
    await desk.until(lambda: desk.app.session.text == "Half a sentence")
    await desk.press("escape", "x")
    desk.engine.simulate_done(request_id, "Half a sentence")
    await desk.pilot.pause(0.1)
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.status is Status.REJECTED


async def test_a_bug_in_a_thread_ends_the_app(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path, cancelled: object) -> list[object]:
        raise ZeroDivisionError

    monkeypatch.setattr("j2a.library.scan", broken)
    with pytest.raises(ZeroDivisionError):
        async with running(music) as desk:
            await desk.pilot.pause(5.0)


async def test_fifty_thousand_files_are_listed_without_a_freeze(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = [Track(music / f"{number:05}.wav", f"{number:05}.wav", 1, 0.0) for number in range(50_000)]
    monkeypatch.setattr("j2a.library.scan", lambda folder, cancelled: tracks)
    async with running(music) as desk:
        await desk.shows("50,000 files")
        for key in ("G", "g", "pagedown", "slash", *"499"):
            started = time.thread_time()
            await desk.press(key)
            # Of this thread: it says the same on a busy machine. A widget a row would take many times that.
            assert time.thread_time() - started < 1.0, key
        assert len(desk.app.desk.tracks.tracks) == sum("499" in track.name for track in tracks)


async def test_events_of_another_file_are_ignored(desk: Desk) -> None:
    await desk.press("enter")
    request_id = desk.engine.last(Describe)
    desk.engine.simulate_pieces(request_id, "About the first")
    await desk.until(lambda: desk.app.session.text == "About the first")
    await desk.press("down")
    assert request_id in desk.engine.cancelled
    await desk.opened("song 2.wav")
    desk.engine.simulate_pieces(request_id, "and more")
    desk.engine.simulate_done(request_id, "About the first and more")
    await desk.pilot.pause(0.1)
    assert desk.app.session.text == ""
    assert desk.row("song 2.wav") is None
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "About the first"


async def test_accept_saves_goes_on_plays_on_and_describes_the_next(desk: Desk) -> None:
    await desk.press("enter")
    desk.engine.simulate_described()
    await desk.until(lambda: desk.app.session.status is Status.DRAFT)
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
        await first.press("enter")
        first.engine.simulate_described("The second song in A minor.")
        await first.until(lambda: first.app.session.status is Status.DRAFT)
        await first.press("q")
    async with running(music) as desk:
        await desk.opened("song 1.wav")
        await desk.shows("1 draft, 4 files")
        await desk.press("enter")
        desk.engine.simulate_described()
        await desk.until(lambda: desk.app.session.status is Status.DRAFT)
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
    await desk.press("enter")
    desk.engine.simulate_described()
    await desk.until(lambda: desk.app.session.status is Status.DRAFT)
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
    await desk.press("enter")
    desk.engine.simulate_described()
    await desk.until(lambda: desk.app.session.status is Status.DRAFT)
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


async def test_a_variant_has_the_next_seed_and_a_temperature(desk: Desk) -> None:
    await desk.press("enter")
    desk.engine.simulate_described()
    await desk.until(lambda: desk.app.session.status is Status.DRAFT)
    for seed in (1, 2):
        await desk.press("r")
        request = desk.engine.asked(Describe)[-1]
        assert (request.seed, request.sampling.temperature) == (seed, 0.8)
        desk.engine.simulate_described(f"Variant {seed}.")
        await desk.until(lambda seed=seed: desk.app.session.text == f"Variant {seed}.")
    await desk.shows("seed 2")


async def test_a_failure_is_told_where_the_caption_would_be_and_the_old_text_stays(desk: Desk) -> None:
    await desk.press("enter")
    desk.engine.simulate_described()
    await desk.until(lambda: desk.app.session.status is Status.DRAFT)
    await desk.press("r")
    request_id = desk.engine.last(Describe)
    desk.engine.simulate_pieces(request_id, "Half of it")
    desk.engine.simulate_failed(request_id, "Model not available", "It is [gone].", "Run j2a models.")
    await desk.shows("✗ Model not available")
    await desk.shows("It is [gone].")
    await desk.shows("Run j2a models.")
    assert desk.app.session.text == TEXT
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == TEXT


async def test_a_dead_engine_is_told_once_and_asked_again(desk: Desk) -> None:
    await desk.press("enter")
    request_id = desk.engine.last(Describe)
    desk.engine.simulate_pieces(request_id, "Half of it")
    desk.engine.simulate_died(request_id)
    await desk.until(lambda: desk.toasts())
    assert [toast for toast in desk.toasts() if "The engine stopped" in toast] == desk.toasts()
    assert len(desk.toasts()) == 1
    await desk.shows("Half of it")
    await desk.press("enter")
    assert len(desk.engine.asked(Describe)) == 2
    desk.engine.simulate_described()
    await desk.shows("mini ready")


async def test_what_cannot_be_saved_stays_on_the_screen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise StoreError("The disk is full.", "Make room and try again.")

    monkeypatch.setattr(Store, "save_generated", full)
    await desk.press("enter")
    desk.engine.simulate_described()
    await desk.until(lambda: desk.toasts())
    await desk.told("Cannot save captions: The disk is full. Make room and try again.")
    await desk.shows(TEXT)


async def test_an_unreadable_file_says_so_and_can_be_skipped(music: Path) -> None:
    (music / "broken.wav").write_bytes(b"RIFF but not really")
    async with running(music) as desk:
        await desk.shows("This file cannot be read")
        await desk.shows("Cannot read the audio")
        await desk.press("enter", "e")
        assert not desk.engine.asked(Describe)
        await desk.press("s")
        await desk.opened("song 1.wav")


async def test_the_export_is_the_contract(desk: Desk) -> None:
    await desk.press("E")
    await desk.told("no captions to export")
    await desk.press("enter")
    desk.engine.simulate_described()
    await desk.until(lambda: desk.app.session.status is Status.DRAFT)
    await desk.press("a", "E")
    path = desk.folder / "captions.csv"
    await desk.told(f"1 caption written: {path}")
    [row] = csv.DictReader(path.open(encoding="utf-8", newline=""))
    assert (row["file_name"], row["start_s"], row["end_s"], row["status"]) == ("song 1.wav", "0", "10", "accepted")
    assert (row["caption"], row["bpm"], row["key"], row["genre"]) == (TEXT, "120", "A minor", "")
    await desk.press("E")
    await desk.until(lambda: len([toast for toast in desk.toasts() if "written" in toast]) == 2)


async def test_a_file_of_someone_else_is_not_replaced_without_asking(desk: Desk) -> None:
    path = desk.folder / "captions.csv"
    path.write_text("id,text\n1,mine\n")
    await desk.press("enter")
    desk.engine.simulate_described()
    await desk.until(lambda: desk.app.session.status is Status.DRAFT)
    await desk.press("E")
    await desk.shows("was not written by J2A")
    await desk.press("n")
    assert path.read_text() == "id,text\n1,mine\n"
    await desk.press("E", "y")
    assert path.read_text().startswith("file_name,start_s,")


async def test_what_is_asked_for_goes_round_and_is_shown(desk: Desk) -> None:
    asked = []
    for _ in PROMPTS:
        await desk.press("enter")
        asked.append(desk.engine.asked(Describe)[-1].prompt)
        desk.engine.simulate_described()
        await desk.shows(f"mini · {asked[-1]} · greedy" if asked[-1] != "describe" else "mini · greedy")
        await desk.press("p")
    assert tuple(asked) == PROMPTS == tuple(INSTRUCTIONS) == tuple(HEARD_INSTRUCTIONS)
    await desk.told("The next caption will be one short sentence.")
    await desk.press("p", "r")
    assert desk.engine.asked(Describe)[-1].prompt == "short"
    await desk.shows("1.0 mini short")


async def test_the_version_is_chosen_from_what_the_engine_reports(desk: Desk) -> None:
    await desk.press("v")
    assert desk.engine.asked(Inspect) == [Inspect("models")]
    rows = [
        {"version": "1.0", "backbone": "mini", "present": True, "detail": "6 M [tiny]", "licence": "MIT", "get": ""},
        {"version": "1.0", "backbone": "7b", "present": False, "detail": "big", "licence": "Apache", "get": "j2a get"},
        {"version": "2.1", "backbone": "mini", "present": True, "detail": "projector", "licence": "MIT", "get": ""},
    ]
    desk.engine.simulate(Done(desk.engine.last(Inspect), {"rows": rows}))
    await desk.shows("6 M [tiny] (MIT)")
    await desk.shows("missing")
    await desk.press("j", "enter")
    await desk.told("J2A 1.0 with 7b is not here: big j2a get")
    assert desk.app.session.backbone == "mini"
    await desk.press("v")
    desk.engine.simulate(Done(desk.engine.last(Inspect), {"rows": rows}))
    await desk.shows("projector")
    await desk.press("j", "j", "enter")
    assert desk.engine.asked(Load)[-1] == Load("2.1", "mini")
    await desk.press("enter")
    assert desk.engine.asked(Describe)[-1].version == "2.1"


async def test_missing_sound_is_told_once(music: Path) -> None:
    async with running(music, reason="No sound: install libportaudio2 [sic].") as desk:
        await desk.until(lambda: desk.toasts())
        await desk.pilot.pause(1.0)
        assert desk.toasts() == [": No sound: install libportaudio2 [sic]."]
        await desk.opened("song 1.wav")
        await desk.shows("✗ no sound")


async def test_quitting_in_the_middle_is_quick_and_closes_everything(desk: Desk) -> None:
    await desk.press("enter")
    desk.engine.simulate_pieces(desk.engine.last(Describe), "Half of it")
    await desk.until(lambda: desk.app.session.text)
    started = time.monotonic()
    await desk.pilot.press("q")
    await desk.until(lambda: desk.engine.closed and desk.player.closed)
    assert time.monotonic() - started < 0.3
    row = desk.row("song 1.wav")
    assert row is not None
    assert row.text == "Half of it"
