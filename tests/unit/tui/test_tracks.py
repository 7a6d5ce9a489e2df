"""The parts of listening, looking and long tracks that know no screen."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from j2a import paths
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.features.record import Chord, Features
from j2a.store import Status
from j2a_tui import plans
from j2a_tui.catalogue import Entry
from j2a_tui.course import Course, Loop
from j2a_tui.display import beat_text, chord_text
from j2a_tui.overview import places
from j2a_tui.widgets.spectrum import LEVELS, Picture, fold, half_blocks, ramp, shades
from j2a_tui.windows import SHORTEST_S, Window

seconds = st.floats(0, 5000, allow_nan=False)


def test_a_course_goes_on_from_again() -> None:
    course = Course(1.0, 4.0, 3.0, speed=0.5)
    assert [course.after(played_s) for played_s in (0, 2, 6, 7, 8, 9)] == [1.0, 2.0, 4.0, 3.5, 3.0, 3.5]
    assert not course.over(1e6)
    assert Course(1.0, 4.0, speed=2.0).over(1.5)


@given(seconds, seconds, st.none() | seconds, st.floats(0.5, 2), seconds)
def test_a_course_stays_between_its_ends(
    from_s: float, length_s: float, again_s: float | None, speed: float, played_s: float
) -> None:
    until_s = from_s + length_s
    place_s = Course(from_s, until_s, again_s, speed).after(played_s)
    assert min(from_s, until_s if again_s is None else again_s) <= place_s <= until_s + 1e-9


def test_a_loop_is_marked_and_snapped() -> None:
    loop = Loop().marked(2.0)
    assert loop.marked(2.05) == Loop(2.05), "shorter than anything that can be heard"
    assert loop.marked(5.0) == Loop(2.0, 5.0)
    assert loop.marked(5.0).marked(7.0) == Loop()
    bars = [0.0, 2.0, 4.0, 6.0]
    assert Loop().snapped(bars, 3.9) == Loop(2.0, 4.0)
    assert Loop().snapped(bars, 9.0) == Loop(4.0, 6.0)
    assert Loop(1.9, 2.2).snapped(bars, 0.0) == Loop(2.0, 4.0), "never of no length"
    assert Loop(5.9).snapped(bars, 6.1) == Loop(4.0, 6.0)
    assert Loop().snapped([1.0], 1.0) is None


@given(st.lists(st.floats(0, 600, allow_nan=False), unique=True).map(sorted), st.sampled_from([1, 2, 4, 8]))
def test_windows_of_bars_lie_in_the_track_and_do_not_overlap(downbeats_s: list[float], bars: int) -> None:
    windows = plans.of_bars(downbeats_s, bars, 600.0)
    assert all(window.length_s >= SHORTEST_S - 0.001 for window in windows)
    assert all(one.end_s <= other.start_s for one, other in itertools.pairwise(windows))
    assert all(window.start_s >= 0 and window.end_s <= 600.0 for window in windows)


def test_plans_are_kept_by_track_and_damage_is_no_plan(tmp_path: Path) -> None:
    song, other = tmp_path / "a.wav", tmp_path / "b.wav"
    assert plans.write(song, [Window(10, 20), Window(0, 10), Window(10, 20)]) == [Window(0, 10), Window(10, 20)]
    assert plans.read(song) == [Window(0, 10), Window(10, 20)]
    assert plans.read(other) == []
    assert plans.kept_in(song).stat().st_mode & 0o077 == 0
    for damage in (b"", b"[]", b'{"windows": [[1]]}', b'{"windows": [["x", 2]]}', b"\xff"):
        plans.kept_in(song).write_bytes(damage)
        assert plans.read(song) == []
    plans.kept_in(song).write_bytes(b'{"windows": [[2000, 1000], [1000, 2000]]}')
    assert plans.read(song) == [Window(1.0, 2.0)]


def test_plans_that_cannot_be_kept_are_told(tmp_path: Path, j2a_home: Path) -> None:
    paths.data_dir().mkdir(parents=True)
    (paths.data_dir() / "windows").write_text("a file in the place of the folder")
    with pytest.raises(StoreError, match="folder"):
        plans.write(tmp_path / "a.wav", [Window(0, 10)])


def test_places_join_captions_and_plans(tmp_path: Path) -> None:
    def entry(start_s: float, end_s: float | None, status: Status | None) -> Entry:
        clip = Clip(tmp_path / "a.wav", start_s, end_s)
        return Entry(clip, status, "words", None, None, frozenset(), False, 0, "", "")

    found = places([entry(20, None, Status.FLAGGED), entry(0, 10, Status.DRAFT), entry(5, 9, None)],
                   [Window(10, 20), Window(0, 10)], 30.0)
    assert [(place.window, place.letter, place.stands, place.open) for place in found] == [
        (Window(0, 10), "d", "draft", True), (Window(10, 20), "·", "new", True),
        (Window(20, 30), "f", "accepted", False),
    ]


def test_bar_beat_and_chord_at_a_time() -> None:
    features = Features(beats=[0.5, 1.0, 1.5, 2.0, 2.5, 3.0], downbeats=[1.005, 3.0], key="C major",
                        chords=[Chord(0.0, 2.0, "A:min"), Chord(2.0, 3.0, "N")])
    heard = [beat_text(features, at_s) for at_s in (0.2, 0.6, 1.01, 1.6, 2.9, 3.1)]
    assert heard == ["", "0.1", "1.1", "1.2", "1.4", "2.1"]
    assert [chord_text(features, at_s) for at_s in (1.9, 2.5, 9.0)] == ["Am", "", ""]
    assert beat_text(Features(beats=[1.0]), 2.0) == "", "without bars there is nothing to count in"


@given(st.integers(1, 60), st.integers(1, 200), st.integers(1, 30), st.integers(1, 120))
def test_a_picture_fills_any_size(rows: int, columns: int, height: int, width: int) -> None:
    picture = Picture(rows, columns, bytes(index % 256 for index in range(rows * columns)))
    assert [len(row) for row in fold(picture, height, width)] == [width] * height
    cells = half_blocks(picture, height, width)
    assert [len(row) for row in cells] == [width] * height
    assert all(0 <= level < LEVELS for row in cells for cell in row for level in cell)
    assert [len(row) for row in shades(picture, height, width)] == [width] * height


def test_low_pitches_are_at_the_bottom_and_the_strongest_is_seen() -> None:
    picture = Picture(2, 4, bytes([255, 0, 0, 0, 0, 0, 0, 128]))
    assert shades(picture, 2, 2) == [" ▒", "█ "]
    assert half_blocks(picture, 1, 2) == [[(0, 15), (8, 0)]]
    assert ramp([(0, 0, 0), (150, 75, 30)])[5] == (50, 25, 10)


@pytest.mark.parametrize("answer", [{}, {"rows": 2, "columns": 2, "levels": "AAAA"},
                                    {"rows": 0, "columns": 0, "levels": ""}, {"rows": "x", "columns": 1, "levels": ""}])
def test_what_is_no_picture_is_none(answer: dict[str, object]) -> None:
    assert Picture.from_json(answer) is None


def test_a_window_between_two_places() -> None:
    assert Window.between(8.0, 3.0, 25.0) == Window(3.0, 8.0)
    assert Window.between(3.0, 3.2, 25.0) == Window(3.0, 4.0)
    assert Window.between(24.9, 25.0, 25.0) == Window(24.0, 25.0)
