"""Captions are asked for, written word by word, stopped, varied, and fail."""

from __future__ import annotations

import time
from pathlib import Path

from j2a.caption import PROMPTS
from j2a.engine.messages import Describe, Done, Inspect, Load, Piece
from j2a.models.prompts import HEARD_INSTRUCTIONS, INSTRUCTIONS, LISTENING_INSTRUCTIONS
from j2a.store import Status
from tests.tui.fakes import MEASURED, TEXT
from tests.tui.harness import Desk, running


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


async def test_a_variant_has_the_next_seed_and_a_temperature(desk: Desk) -> None:
    await desk.describe()
    for seed in (1, 2):
        await desk.press("r")
        request = desk.engine.asked(Describe)[-1]
        assert (request.seed, request.sampling.temperature) == (seed, 0.8)
        desk.engine.simulate_described(f"Variant {seed}.")
        await desk.until(lambda seed=seed: desk.app.session.text == f"Variant {seed}.")
    await desk.shows("seed 2")


async def test_what_is_asked_for_goes_round_and_is_shown(desk: Desk) -> None:
    asked = []
    for _ in PROMPTS:
        await desk.press("enter")
        asked.append(desk.engine.asked(Describe)[-1].prompt)
        desk.engine.simulate_described()
        await desk.shows(f"mini · {asked[-1]} · greedy" if asked[-1] != "describe" else "mini · greedy")
        await desk.press("p")
    assert tuple(asked) == PROMPTS
    assert PROMPTS == tuple(INSTRUCTIONS) == tuple(HEARD_INSTRUCTIONS) == tuple(LISTENING_INSTRUCTIONS)
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
    assert desk.app.session.model.backbone == "mini"
    await desk.press("v")
    desk.engine.simulate(Done(desk.engine.last(Inspect), {"rows": rows}))
    await desk.shows("projector")
    await desk.press("j", "j", "enter")
    assert desk.engine.asked(Load)[-1] == Load("2.1", "mini")
    await desk.press("enter")
    assert desk.engine.asked(Describe)[-1].version == "2.1"


async def test_a_server_that_was_named_stays_among_the_choices(music: Path) -> None:
    url = "http://localhost:8000/v1#ear"
    async with running(music, version="1.0", backbone=url, correct_figures=True) as desk:
        await desk.opened("song 1.wav")
        await desk.press("v")
        assert desk.engine.asked(Inspect) == [Inspect("models", url)]
        rows = [
            {"version": version, "backbone": url, "present": True, "detail": "hears", "licence": "MIT", "get": ""}
            for version in ("1.0", "listen")
        ]
        desk.engine.simulate(Done(desk.engine.last(Inspect), {"rows": rows}))
        await desk.shows("listen http://localhost:8000/v1#ear")
        await desk.press("j", "enter")
        assert desk.engine.asked(Load)[-1] == Load("listen", url)
        await desk.press("enter")
        asked = desk.engine.asked(Describe)[-1]
        assert (asked.version, asked.backbone, asked.correct_figures) == ("listen", url, True)


async def test_replaced_figures_are_shown_and_both_texts_are_kept(desk: Desk) -> None:
    await desk.press("enter")
    request_id = desk.engine.last(Describe)
    desk.engine.simulate_features(request_id, MEASURED)
    desk.engine.simulate_pieces(request_id, "At 90 BPM.")
    desk.engine.simulate_done(request_id, "At 120 BPM.", written="At 90 BPM.")
    await desk.shows("At 120 BPM.")
    await desk.shows("figures replaced")
    row = desk.app.store.get(desk.app.session.clip)
    assert row is not None
    assert (row.text, row.generated_text) == ("At 120 BPM.", "At 90 BPM.")


async def test_a_failure_is_told_where_the_caption_would_be_and_the_old_text_stays(desk: Desk) -> None:
    await desk.describe()
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
