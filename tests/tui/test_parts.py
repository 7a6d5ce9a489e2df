"""The parts of the app that know no screen."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from j2a.clip import Clip
from j2a_tui.background import Background
from j2a_tui.bindings import BindingClashError, check
from j2a_tui.display import clean, clock, fit, fit_path, window_text
from j2a_tui.key_table import KEYS, Key
from j2a_tui.transport import Transport
from j2a_tui.widgets.bars import EIGHTHS, fold, mirrored, upright
from j2a_tui.windows import SHORTEST_S, Window
from tests.tui.fakes import FakePlayer


def test_a_clash_names_both_actions() -> None:
    check()
    twin = Key("twin", "x,a", "a", "twin", "Twin", "", "desk", "Captions")
    with pytest.raises(BindingClashError, match=r"'x' starts both 'reject' and 'twin'"):
        check([*KEYS, twin])
    everywhere = Key("everywhere", "f2", "f2", "x", "Everywhere", "", "anywhere", "Program")
    with pytest.raises(BindingClashError, match=r"'f2' starts both 'editor_play' and 'everywhere'"):
        check([*KEYS, everywhere])


@pytest.mark.parametrize(("seconds", "tenths", "written"), [
    (0, False, "0:00"), (9.99, False, "0:09"), (222, False, "3:42"), (3722, False, "1:02:02"),
    (12.34, True, "0:12.3"), (59.96, True, "1:00.0"), (-1, False, "0:00"),
])
def test_clock(seconds: float, tenths: bool, written: str) -> None:
    assert clock(seconds, tenths=tenths) == written


def test_window_text() -> None:
    assert window_text(10, 20) == "0:10–0:20"
    assert window_text(0.0, 4.5) == "0:00.0–0:04.5"
    assert window_text(3, None) == "0:03–end"


@given(st.text(), st.integers(0, 60))
def test_fit_fills_exactly_its_cells(text: str, width: int) -> None:
    assert cell_len(fit(clean(text), width)) == width


def test_fit_path_keeps_the_files_own_name() -> None:
    assert fit_path("long folder/another/song.ogg", 14) == "…/song.ogg    "
    assert fit_path("song with a long name.ogg", 10) == "song with…"
    assert fit_path("folder/song with a long name - guitar.ogg", 20) == "song with a…itar.ogg"
    assert fit_path("folder/song with a name.ogg", 20) == "song with a name.ogg"


@given(st.text(), st.integers(0, 60))
def test_fit_path_fills_exactly_its_cells(text: str, width: int) -> None:
    assert cell_len(fit_path(clean(text), width)) == width


@given(st.floats(0.5, 4000), st.lists(st.tuples(st.sampled_from(["move", "resize"]), st.floats(-50, 50)), max_size=12))
def test_a_window_stays_inside_the_file(duration_s: float, steps: list[tuple[str, float]]) -> None:
    window = Window().within(duration_s)
    for kind, by_s in steps:
        window = window.moved(by_s, duration_s) if kind == "move" else window.resized(by_s, duration_s)
        assert window.start_s >= 0
        assert window.end_s <= duration_s + 0.001
        assert window.length_s >= min(SHORTEST_S, duration_s) - 0.002


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.integers(1, 120))
def test_folding_overlooks_no_peak(values: list[float], columns: int) -> None:
    folded = fold(values, columns)
    assert len(folded) == columns
    if columns <= len(values):
        assert max(folded) == max(values)


def test_bars_stand_on_their_line_and_hang_from_it() -> None:
    rows = upright([0.5, 0.0], [1.0, 0.25], 2)
    assert rows == [[(" ", "rms", "peak"), (" ", "peak", "")], [("█", "rms", ""), ("▄", "peak", "")]]
    assert upright([0.0], [0.0], 2) == [[(" ", "peak", "")], [("▁", "peak", "")]]
    top, bottom = mirrored([0.0], [0.5], 2)
    assert top == [("▄", "peak", "")]
    assert bottom == [("▄", "", "peak")]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20), st.sampled_from([2, 6, 8]))
def test_bars_are_as_high_as_the_peak(levels: list[tuple[float, float]], height: int) -> None:
    rms = [min(pair) for pair in levels]
    peak = [max(pair) for pair in levels]
    rows = upright(rms, peak, height)
    for column, value in enumerate(peak):
        filled = sum(8 if back else EIGHTHS.index(character) for character, _, back in (row[column] for row in rows))
        assert filled == max(1, round(value * height * 8))


def test_play_waits_for_the_player_and_for_the_length_of_the_file() -> None:
    transport, player = Transport(), FakePlayer()
    transport.open(Path("song.wav"), Window(5.0, 15.0))
    transport.toggle()
    assert not transport.poll()
    transport.set_duration(12.0)
    assert not transport.poll()
    transport.attach(player)
    assert transport.poll()
    assert (player.path, player.position_s, player.until_s) == (Path("song.wav"), 2.0, 12.0)
    transport.open(Path("next.wav"), Window())
    assert not transport.playing
    transport.set_duration(30.0)
    assert (player.path, player.position_s, player.until_s) == (Path("next.wav"), 0.0, 10.0)
    player.simulate_end()
    assert not transport.poll()
    assert not transport.wanted


def test_background_takes_turns_and_replaces() -> None:
    log: list[str] = []
    done = threading.Event()

    def job(name: str, steps: int) -> Iterator[None]:
        for step in range(steps):
            log.append(f"{name}{step}")
            yield
        if name == "b":
            done.set()

    worker = Background("test", lambda error: None)
    worker.submit("first", job("x", 5))
    worker.submit("first", job("a", 3))
    worker.submit("second", job("b", 3))
    worker.start()
    assert done.wait(5)
    worker.close()
    assert log == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_background_hands_a_bug_on() -> None:
    caught: list[Exception] = []
    told = threading.Event()

    def broken() -> Iterator[None]:
        raise ZeroDivisionError
        yield

    def on_crash(error: Exception) -> None:
        caught.append(error)
        told.set()

    worker = Background("test", on_crash)
    worker.start()
    worker.submit("broken", broken())
    assert told.wait(5)
    assert isinstance(caught[0], ZeroDivisionError)


def test_background_closes_at_once_in_the_middle_of_a_step() -> None:
    release = threading.Event()

    def slow() -> Iterator[None]:
        release.wait(5)
        yield

    worker = Background("test", lambda error: None)
    worker.start()
    worker.submit("slow", slow())
    started = time.monotonic()
    worker.close()
    assert time.monotonic() - started < 0.2
    release.set()


def test_a_window_of_the_app_is_never_empty():
    for duration_s in (0.0001, 0.0004, 0.0006, 0.001):
        window = Window().within(duration_s)
        assert Clip(Path("a.wav"), window.start_s, window.end_s).duration_s == 0.001
    moved = Window(3.0, 13.0).within(0.0002)
    assert (moved.start_s, moved.end_s) == (0.0, 0.001)
