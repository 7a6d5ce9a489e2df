"""Several people at one desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from j2a.store import Status, Store
from j2a.store.opinions import agreements
from tests.tui.harness import Desk, running


async def go_on_as(desk: Desk, name: str) -> None:
    await desk.press("W", "n", *name, "enter")
    assert desk.app.session.ledger.store.annotator == name


async def test_texts_stand_side_by_side_and_agreement_is_counted(desk: Desk) -> None:
    await go_on_as(desk, "ada")
    await desk.describe("At 120 BPM in A minor.")
    await desk.press("a", "k")
    await desk.opened("song 1.wav")
    await go_on_as(desk, "bob")
    await desk.press("e", *" In 4/4.", "escape", "x")
    await desk.press("W")
    await desk.shows("accepted: At 120 BPM in A minor.")
    await desk.shows("rejected: At 120 BPM in A minor. In 4/4.")
    await desk.shows("ada and bob: 0 of 1 (0%) decisions the same, 2 of 3 (67%) claims in both texts")
    await desk.press("escape", "u", "u")
    row = desk.row("song 1.wav")
    assert row is not None and (row.text, row.annotator) == ("At 120 BPM in A minor.", "ada")
    await desk.press("u")
    await desk.told("nothing to undo")


async def test_the_same_decision_of_another_one_counts(desk: Desk) -> None:
    for name in ("ada", "bob"):
        await go_on_as(desk, name)
        if name == "ada":
            await desk.describe("Slow.")
        await desk.press("x")
    with Store() as store:
        [agreement] = agreements(store.opinions(desk.folder))
    assert (agreement.one, agreement.other, agreement.windows, agreement.same) == ("ada", "bob", 1, 1)
    row = desk.row("song 1.wav")
    assert row is not None and row.status is Status.REJECTED


async def test_who_works_is_remembered_unless_the_environment_says(
    music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("J2A_ANNOTATOR", raising=False)
    async with running(music) as first:
        await first.opened("song 1.wav")
        await go_on_as(first, "ada")
        await first.describe()
        await first.press("q")
    async with running(music) as again:
        assert again.app.session.ledger.store.annotator == "ada"
        await again.press("q")
    monkeypatch.setenv("J2A_ANNOTATOR", "eve")
    async with running(music) as last:
        assert last.app.session.ledger.store.annotator == "eve"


async def test_a_decision_that_is_saved_in_a_moment_counts(desk: Desk) -> None:
    await go_on_as(desk, "ada")
    await desk.describe("Slow.")
    session = desk.app.session
    with session.ledger.put_off():  # as a key does, whose next one comes before what was decided is drawn
        assert session.decide(Status.ACCEPTED)
    desk.app.desk.action_annotators()
    await desk.shows("accepted: Slow.")
