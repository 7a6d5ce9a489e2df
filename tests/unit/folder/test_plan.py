"""Which windows of a folder are captioned."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from j2a.clip import Clip
from j2a.folder.plan import Broken, Cut, Planned, limited, plan, windows
from j2a.library import scan


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (30.0, [(0, 10), (10, 20), (20, 30)]),
        (24.9, [(0, 10), (10, 20)]),
        (25.0, [(0, 10), (10, 20), (20, 25)]),
        (10.0004, [(0, 10)]),
        (3.2, [(0, 3.2)]),
    ],
)
def test_windows_of_ten_seconds(duration_s, expected):
    assert list(windows(duration_s, 10.0)) == expected


@given(st.floats(0.01, 5000), st.floats(1, 120))
def test_windows_follow_each_other_and_stay_inside(duration_s, length_s):
    found = list(windows(duration_s, length_s))
    assert found[0][0] == 0
    assert all(before[1] == after[0] for before, after in itertools.pairwise(found))
    assert found[-1][1] <= duration_s + 0.001
    assert duration_s - found[-1][1] < length_s / 2 + 0.002


@given(st.integers(1, 50), st.integers(1, 60))
def test_a_spread_is_even_and_of_the_size_asked_for(total, count):
    chosen = list(windows(total, 1.0))
    some = list(windows(total, 1.0, count))
    assert len(some) == min(total, count) and set(some) <= set(chosen)
    gaps = [after[0] - before[0] for before, after in itertools.pairwise(some)]
    assert not gaps or max(gaps) - min(gaps) <= 1
    assert list(windows(total, 1.0, 1)) == [chosen[total // 2]]


def test_windows_are_made_when_they_are_wanted():
    """Whatever length a header claims, it takes no memory."""
    found = windows(2.0**63, 10.0)
    assert next(found) == (0, 10)
    assert next(found) == (10, 20)
    assert len(list(windows(2.0**63, 10.0, 3))) == 3


def test_a_plan_opens_files_in_order_and_names_the_broken(tmp_path):
    for name, seconds in (("10.wav", 3), ("2.wav", 7)):
        soundfile.write(tmp_path / name, np.zeros(8000 * seconds), 8000)
    (tmp_path / "5.wav").write_bytes(b"RIFF nothing")
    found = list(plan(scan(tmp_path), Cut(3.0)))
    assert [(type(item).__name__, item.file) for item in found] == [
        ("Planned", 0), ("Planned", 0), ("Broken", 1), ("Planned", 2)
    ]  # fmt: skip
    assert isinstance(found[2], Broken)
    assert "5.wav" in found[2].reason
    assert [item.clip for item in plan(scan(tmp_path), Cut(0)) if not isinstance(item, Broken)] == [
        Clip(tmp_path / "2.wav"),
        Clip(tmp_path / "10.wav"),
    ]


@pytest.mark.parametrize("length_s", [10.0, 0.0])
def test_a_file_of_a_few_samples_stops_nothing(tmp_path, length_s):
    """It is shorter than the shortest time that a window can name: a millisecond."""
    soundfile.write(tmp_path / "a click.wav", np.ones(10) * 0.1, 44_100)
    soundfile.write(tmp_path / "b.wav", np.ones(44_100) * 0.1, 44_100)
    first, second = plan(scan(tmp_path), Cut(length_s))
    assert not isinstance(first, Broken) and not isinstance(second, Broken)
    assert (first.clip.start_s, first.clip.end_s) == (0.0, 0.001 if length_s else None)
    assert second.clip.end_s == (1.0 if length_s else None)


def test_a_limit_counts_only_what_is_not_done():
    clips = [Planned(0, Clip(Path("/m/a.wav"), float(at), at + 10.0)) for at in range(0, 60, 10)]
    items = [clips[0], Broken(1, Path("/m/b.wav"), "damaged"), *clips[1:]]
    done = {clips[0].clip, clips[2].clip}
    assert list(limited(iter(items), 2, done.__contains__)) == [*items[:2], *clips[1:4]]
    assert list(limited(iter(items), 9, done.__contains__)) == items
