"""Two versions are compared without their names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from j2a.caption import Caption, Sampling
from j2a.clip import Clip
from j2a.engine.messages import Describe, Done, Inspect
from j2a.features.record import Features
from j2a.store import Status, Store
from j2a.store.tally import Tally, tally
from j2a.store.variants import Choice, Pick, Variant
from j2a_tui.screens.blind import BlindScreen
from tests.tui.harness import Desk

MODELS = [
    {"version": version, "backbone": "mini", "present": present, "detail": "", "licence": "", "get": "get it"}
    for version, present in (("1.0", True), ("3.0", True), ("2.0", False))
]
BY = {"1.0": "The old version's words.", "3.0": "The new version's words."}


async def compare(desk: Desk) -> None:
    """Open the comparison of 1.0 with 3.0."""
    await desk.press("V")
    desk.engine.simulate(Done(desk.engine.last(Inspect), {"rows": MODELS}))
    await desk.shows("Compare 1.0 mini with")
    await desk.shows("● 1.0")
    await desk.press("j", "enter")
    await desk.until(lambda: isinstance(desk.app.screen, BlindScreen), "the comparison is open")


async def both_write(desk: Desk, name: str) -> None:
    """Both versions have written for a file."""

    def asked() -> dict[str, int]:
        return {request.version: number for number, request in desk.engine.requests.items()
                if isinstance(request, Describe) and request.clip.path == desk.folder / name}

    await desk.until(lambda: len(asked()) == 2, "both were asked")
    for version, number in asked().items():
        desk.engine.simulate_done(number, BY[version])
    await desk.shows(BY["3.0"])


async def test_names_are_told_after_the_pick_and_pairs_are_kept(desk: Desk) -> None:
    await compare(desk)
    await desk.shows("shown when both are whole")
    await both_write(desk, "song 1.wav")
    assert "3.0 mini" not in "\n".join(desk.screen_text().split("\n")[1:20]), "no name before the pick"
    await desk.press("enter")
    assert desk.app.session.clip == desk.clip("song 1.wav"), "there is no next one before a pick"
    await desk.press("right")
    await desk.shows("→ Right: ")
    row = desk.row("song 1.wav")
    assert row is not None
    [pick] = row.picks
    assert pick.better is not None
    chosen, rejected = pick.better
    assert row.text == chosen.text == pick.right.text
    assert {one.text for one in row.every_variant} == set(BY.values())
    assert chosen.caption is not None and BY[chosen.caption.version] == chosen.text != rejected.text
    await desk.shows("95 % interval")
    await desk.press("left", "left")
    assert len(desk.row("song 1.wav").picks) == 1  # type: ignore[union-attr]
    await desk.press("enter")
    await desk.opened("song 2.wav")
    await both_write(desk, "song 2.wav")
    await desk.press("t")
    await desk.shows("1 tie")
    await desk.press("u")
    assert desk.row("song 2.wav") is None
    await desk.press("n", "E")
    await desk.told("1 pair written")
    [line] = (desk.folder / "preferences.jsonl").read_text().splitlines()
    pair = json.loads(line)
    assert (pair["file_name"], pair["start_s"], pair["end_s"], pair["prompt"]) == ("song 1.wav", 0.0, 10.0, "describe")
    assert (pair["chosen"], pair["rejected"], pair["shown_left"]) == (chosen.text, rejected.text, "rejected")
    assert {pair["chosen_version"], pair["rejected_version"]} == {"1.0", "3.0"}
    await desk.press("escape")
    assert not isinstance(desk.app.screen, BlindScreen)


async def test_what_a_version_wrote_before_is_taken(desk: Desk) -> None:
    await desk.describe(BY["1.0"])
    await desk.press("e", *" Mine.", "escape", "r", "y")
    desk.engine.simulate_described("A sampled one.")
    await desk.shows("A sampled one.")
    asked = len(desk.engine.asked(Describe))
    await compare(desk)
    assert [request.version for request in desk.engine.asked(Describe)[asked:]] == ["1.0", "3.0"], "edited, or sampled"
    await both_write(desk, "song 1.wav")
    await desk.press("left", "escape")
    asked = len(desk.engine.asked(Describe))
    await compare(desk)
    await desk.shows(BY["3.0"])
    assert len(desk.engine.asked(Describe)) == asked


async def test_a_kept_text_stays_on_the_desk(desk: Desk) -> None:
    await desk.describe("Accepted words.")
    await desk.press("a")
    await desk.opened("song 2.wav")
    await desk.press("k")
    await desk.opened("song 1.wav")
    await compare(desk)
    desk.engine.simulate_done(desk.engine.last(Describe), BY["3.0"])
    await desk.shows(BY["3.0"])
    await desk.press("left", "escape")
    row = desk.row("song 1.wav")
    assert row is not None and (row.text, row.status) == ("Accepted words.", Status.ACCEPTED)
    assert [one.text for one in row.every_variant] == ["Accepted words.", BY["3.0"]]
    await desk.press("u")
    row = desk.row("song 1.wav")
    assert row is not None and row.picks == ()


async def test_a_version_that_fails_is_told_and_gone_past(desk: Desk) -> None:
    await compare(desk)
    await desk.until(lambda: len(desk.engine.asked(Describe)) == 2)
    desk.engine.simulate_failed(desk.engine.last(Describe), "Model not available", "There is none.")
    await desk.shows("✗ Model not available")
    await desk.press("left")
    assert desk.row("song 1.wav") is None
    await desk.press("enter")
    await desk.opened("song 2.wav")


async def test_the_same_version_or_one_that_is_not_here(desk: Desk) -> None:
    for keys, told in ((("enter",), "choose another one"), (("j", "j", "enter"), "is not here")):
        await desk.press("V")
        desk.engine.simulate(Done(desk.engine.last(Inspect), {"rows": MODELS}))
        await desk.shows("● 1.0")
        await desk.press(*keys)
        await desk.told(told)
        assert not isinstance(desk.app.screen, BlindScreen)


def pick(left: str, right: str, choice: Choice) -> Pick:
    made = [Variant(f"{one}.", Caption(f"{one}.", one, "mini", "", "f/describe", "", 0, Sampling(), Features()))
            for one in (left, right)]  # fmt: skip
    return Pick(made[0], made[1], choice, "ada", "now")


def test_a_tally_counts_whoever_stands_where() -> None:
    picks = [pick("1", "3", "left"), pick("3", "1", "left"), pick("3", "1", "right"), pick("1", "3", "tie"),
             pick("1", "3", "neither"), pick("1", "2", "left")]  # fmt: skip
    counted = tally(picks, ("1", "mini"), ("3", "mini"))
    assert counted == Tally(2, 1, 1, 1)
    assert (counted.judged, counted.rate) == (4, 0.625)


@pytest.mark.parametrize(("counted", "interval"), [
    (Tally(8, 2), (0.4902, 0.9433)),  # 8 of 10 by Wilson's score, as in every table
    (Tally(0, 10), (0.0, 0.2775)), (Tally(), (0.0, 1.0)), (Tally(50, 50), (0.4038, 0.5962)),
])
def test_the_interval_is_wilsons(counted: Tally, interval: tuple[float, float]) -> None:
    assert counted.interval == pytest.approx(interval, abs=2e-4)


def test_picks_are_found_by_folder(tmp_path: Path) -> None:
    with Store() as store:
        for folder in ("one", "two"):
            store.pick(Clip(tmp_path / folder / "a.wav", 0, 10), pick("1", "3", "left"), Features())
        store.edit(Clip(tmp_path / "one" / "b.wav", 0, 10), "No pick.")
        assert len(store.picks(tmp_path / "one")) == 1
        assert len(store.picks(tmp_path)) == 2
