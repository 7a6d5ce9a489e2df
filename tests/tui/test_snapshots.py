"""Pictures of the app, at the two sizes that it is made for and without colours."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from j2a.engine.messages import Describe, Done, Extract, Look
from j2a_tui.app import J2AApp
from j2a_tui.exporting import NAMES
from tests.tui.fakes import CONTRADICTED, FakeEngine, FakePlayer
from tests.tui.harness import Desk
from tests.tui.test_blind import BY
from tests.tui.test_blind import compare as compare_blind

SMALL, LARGE = (80, 24), (120, 40)
Snap = Callable[..., bool]
Steps = Callable[[Desk], Any]
Compare = Callable[[tuple[int, int], Steps], bool]


@pytest.fixture
def compare(music: Path, snap_compare: Snap, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Take the app to a state and compare its picture with the one that is kept."""
    monkeypatch.setattr(TextArea, "cursor_blink", False)
    monkeypatch.setenv("TERM", "xterm-256color")  # in colours, wherever the tests run
    monkeypatch.setenv("COLORTERM", "truecolor")

    def take(size: tuple[int, int], steps: Steps) -> bool:
        engines: list[FakeEngine] = []

        def open_engine(on_event: Callable[[Any], None]) -> FakeEngine:
            engines.append(FakeEngine(on_event))
            return engines[0]

        player = FakePlayer()
        app = J2AApp(music, "1.0", open_engine=open_engine, open_sound=lambda: player)

        async def run(pilot: Pilot[None]) -> None:
            desk = Desk(app, pilot, engines[0], player, music)
            await desk.opened("song 1.wav")
            desk.engine.simulate_loaded()
            await desk.until(lambda: app.session.model.state == "ready")
            await desk.until(lambda: app.transport.player, "the player is there")
            await desk.until(lambda: desk.engine.asked(Extract), "its window is being measured")
            await steps(desk)
            waveform = app.desk.waveform
            await desk.until(lambda: waveform._detail[1] and all(waveform._overview[1]), "the waveform is whole")
            await desk.until(lambda: len(app.desk.tracks.listing._tags) == 4, "the tags were read")

        return snap_compare(app, terminal_size=size, run_before=run)

    return take


async def described(desk: Desk) -> None:
    await desk.press("enter")
    desk.engine.simulate_described(CONTRADICTED)
    await desk.until(lambda: "✓ A minor" in desk.screen_text())
    desk.app.transport.seek(3.2)
    desk.app.desk.follow()


async def streaming(desk: Desk) -> None:
    await desk.press("space", "enter")
    request_id = desk.engine.last(Describe)
    desk.engine.simulate_features(request_id)
    desk.engine.simulate_progress(request_id, "writing")
    desk.engine.simulate_pieces(request_id, "A steady piece in A minor at")
    desk.player.simulate_at(6.4)
    await desk.until(lambda: "minor at▌" in desk.screen_text() and "0:06.4" in desk.screen_text())


async def editing(desk: Desk) -> None:
    await described(desk)
    await desk.press("A")
    await desk.opened("song 2.wav")
    await desk.press("escape", "x", "up")
    await desk.opened("song 1.wav")
    await desk.press("e", *" Slow.")
    await desk.until(lambda: desk.app.session.text.endswith("Slow."))


async def tracked(desk: Desk) -> None:
    """Windows over the whole track, a loop on bars, and the window as a spectrogram."""
    await desk.press("M", "f", "w")
    levels = bytes((row * 5 + column * 3) % 256 for row in range(48) for column in range(120))
    answer = {"kind": "mel", "rows": 48, "columns": 120, "levels": base64.b64encode(levels).decode()}
    desk.engine.simulate(Done(desk.engine.last(Look), answer))
    await described(desk)
    await desk.press("B")
    desk.app.transport.seek(2.3)
    desk.app.desk.follow()
    await desk.shows("0:02.3")


async def mapped(desk: Desk) -> None:
    await desk.press("M", "f")
    await described(desk)
    await desk.press("m")
    await desk.shows("Windows of this track")


async def helped(desk: Desk) -> None:
    await desk.press("question_mark")


async def failed(desk: Desk) -> None:
    await desk.press("enter")
    desk.engine.simulate_failed(desk.engine.last(Describe), "Model not available", "There is no folder [7b].",
                                "Run `j2a models` to see what there is.")
    await desk.until(lambda: "Model not available" in desk.screen_text())


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("steps", [described, streaming, tracked, mapped])
def test_picture(compare: Compare, size: tuple[int, int], steps: Steps) -> None:
    assert compare(size, steps)


@pytest.mark.parametrize("steps", [editing, failed, helped])
def test_small_picture(compare: Compare, steps: Steps) -> None:
    assert compare(SMALL, steps)


def test_picture_without_colours(
    compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert compare(SMALL, tracked)


async def correcting(desk: Desk) -> None:
    await described(desk)
    await desk.press("c", "d", "r")
    await desk.until(lambda: "◆ C major" in desk.screen_text())


async def corrected(desk: Desk) -> None:
    await correcting(desk)
    await desk.press("escape")
    await desk.until(lambda: "◆" in desk.screen_text() and "Correct ─" not in desk.screen_text())


async def comparing(desk: Desk) -> None:
    await described(desk)
    await desk.press("r")
    desk.engine.simulate_described("A steady song in A minor at 120 BPM, in 4/4, with a soft piano.")
    await desk.until(lambda: len(desk.app.session.variants) == 2 and not desk.app.session.writing)
    await desk.press("d")


async def blind(desk: Desk) -> None:
    await described(desk)
    await compare_blind(desk)
    assert desk.app.desk.blind is not None
    desk.app.desk.blind._swapped = False  # else by chance
    desk.engine.simulate_done(desk.engine.last(Describe), BY["3.0"])
    await desk.until(lambda: BY["3.0"] in desk.screen_text())


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("steps", [correcting, corrected, comparing, blind])
def test_picture_of_what_is_judged(compare: Compare, size: tuple[int, int], steps: Steps) -> None:
    assert compare(size, steps)


async def sorting(desk: Desk) -> None:
    await described(desk)
    await desk.press("S", "down", "down")
    await desk.shows("Most worth your time")


async def sorted_and_found(desk: Desk) -> None:
    """By BPM, and what was typed wrongly."""
    await described(desk)
    await desk.press("S", "j", "j", "enter", "slash", *"sonq", "enter")
    await desk.shows("/sonq ~3")
    await desk.shows("song 1")
    desk.app.desk.status.be_quiet()


async def claiming(desk: Desk) -> None:
    await described(desk)
    await desk.press("tab", "down")


async def theming(desk: Desk) -> None:
    await described(desk)
    await desk.press("f7", "G", "down", "down")


async def noticed(desk: Desk) -> None:
    """A notice over the files, and none over the caption."""
    await described(desk)
    desk.app.notify("captions.csv in the music folder", title="12 captions written", timeout=600)
    await desk.shows("captions written")


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("steps", [sorting, sorted_and_found, claiming, theming, noticed])
def test_picture_of_finding_and_comfort(compare: Compare, size: tuple[int, int], steps: Steps) -> None:
    assert compare(size, steps)


def test_claim_without_colours(compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert compare(SMALL, claiming)


async def asked_for(desk: Desk) -> None:
    """A prompt of one's own under the cursor."""
    await described(desk)
    await desk.press("p", "n", *"loops", "tab", *"A {genre} loop at {bpm} BPM", "enter")
    await desk.shows("Here it says: A electronic loop at 120 BPM")


async def replaced(desk: Desk) -> None:
    await described(desk)
    await desk.press("R", *"STEADY", "tab", *"calm")
    await desk.shows("1 place in 1 caption of 1 file")


async def affixed(desk: Desk) -> None:
    await described(desk)
    await desk.press("T", *"mytrigger,", "tab", *"royalty free")
    await desk.shows("royalty free")


async def annotated(desk: Desk) -> None:
    await desk.press("W", "n", *"ada", "enter")
    await described(desk)
    await desk.press("x", "W", "n", *"bob", "enter", "x", "W")
    await desk.shows("1 of 1 (100%) decisions the same")


async def exporting(desk: Desk) -> None:
    """Sidecars beside the music, one of which is there already."""
    await described(desk)
    await desk.press("A")
    (desk.folder / "song 1.caption.txt").write_text("Another one.\n")
    await desk.press("E")
    await desk.shows("accepted captions only")
    await desk.press(*"j" * NAMES.index("ace-step-sidecars"))
    await desk.shows("▌ ace-step-sidecars")
    await desk.shows("changed  song 1.caption.txt")


async def jumping(desk: Desk) -> None:
    await described(desk)
    await desk.press("J")


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=["120x40", "80x24"])
@pytest.mark.parametrize("steps", [jumping, asked_for, replaced, affixed, annotated, exporting])
def test_picture_of_what_is_done_to_the_folder(compare: Compare, steps: Steps, size: tuple[int, int]) -> None:
    assert compare(size, steps)
