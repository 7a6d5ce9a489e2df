"""How tempo and meter are read off tracked beats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from j2a.features.rhythm import Beats, beat_strength, explained_share, levels, reconciled_bpm

HISTOGRAM_120 = np.array([[120.0, 0.6], [60.0, 0.4]])


def tracked(bpm: float, beats: int) -> np.ndarray:
    """Beat times on madmom's 10 ms grid."""
    return np.round(0.13 + np.arange(beats) * 60 / bpm, 2)


@given(st.floats(56, 214), st.integers(8, 40))
def test_the_tempo_of_steady_beats_is_exact_though_their_times_are_not(bpm: float, beats: int) -> None:
    found, reason = reconciled_bpm(tracked(bpm, beats), np.array([[bpm, 1.0]]))
    assert found is not None
    assert reason is None
    assert abs(found - bpm) < 1.0 + 0.01 * bpm * 8 / beats


@pytest.mark.parametrize("level", [0.5, 2.0, 3.0, 1 / 3])
def test_an_octave_error_of_the_histogram_does_not_reach_the_tempo(level: float) -> None:
    bpm, _ = reconciled_bpm(tracked(120, 20), np.array([[97.0, 0.6], [120.0 * level, 0.4]]))
    assert bpm == pytest.approx(120, abs=0.2)


@pytest.mark.parametrize("candidates", [[[103.4, 0.9], [206.8, 0.1]], [[97.0, 0.95], [120.0, 0.05]], [[np.nan, 0.0]]])
def test_a_histogram_that_knows_nothing_of_the_beats_denies_the_tempo(candidates: list[list[float]]) -> None:
    bpm, reason = reconciled_bpm(tracked(120, 20), np.array(candidates))
    assert bpm is None
    assert reason is not None
    assert "disagree" in reason


def test_uneven_beats_have_no_tempo() -> None:
    uneven = np.cumsum([0.5, 1.0, 0.45, 0.5, 1.05, 0.5, 0.45, 1.0, 1.0, 0.5])
    bpm, reason = reconciled_bpm(uneven, HISTOGRAM_120)
    assert bpm is None
    assert reason is not None
    assert "uneven" in reason


def test_one_stray_beat_changes_little() -> None:
    times = tracked(120, 20)
    times[7] += 0.15
    assert reconciled_bpm(times, HISTOGRAM_120)[0] == pytest.approx(120, abs=1)


@pytest.mark.parametrize(("positions", "meter"), [
    ([1, 2, 3, 1, 2, 3, 1], "3/4"), ([3, 4, 1, 2, 3, 4, 1], "4/4"), ([2, 3, 1, 2], "3/4"), ([1, 2, 3, 4], None),
    ([1, 2, 3], None), ([], None)])
def test_meter_is_how_far_the_beats_count(positions: list[int], meter: str | None) -> None:
    beats = Beats(np.arange(len(positions)) * 0.5, np.array(positions, np.int64), 0.9)
    assert beats.meter == meter
    assert len(beats.downbeats) == positions.count(1)


def test_beat_strength_is_the_mean_of_the_peaks_at_the_beats() -> None:
    activations = np.zeros((100, 2), np.float32)
    activations[[10, 50, 90], 0] = 0.6
    activations[51, 1] = 0.9
    assert beat_strength(activations, np.array([0.1, 0.5, 0.9])) == pytest.approx((0.6 + 0.9 + 0.6) / 3)
    assert beat_strength(activations, np.array([0.3, 0.99])) == 0


def test_activation_between_the_beats_is_unexplained() -> None:
    activations = np.zeros((200, 2), np.float32)
    activations[[20, 60, 100], 0] = 0.5
    activations[[40, 160], 1] = 0.25
    activations[:, 0] = np.maximum(activations[:, 0], 0.01)  # below what counts as heard
    assert explained_share(activations, np.array([0.2, 0.6, 1.0])) == pytest.approx(1.5 / 2.0)
    assert explained_share(np.zeros((200, 2), np.float32), np.array([0.2])) == 0


def test_what_may_be_counted_is_told_in_multiples_of_the_tracked_tempo() -> None:
    tempi, sure = levels(98.1, np.array([[200.0, 0.4], [98.0, 0.2], [133.0, 0.2], [66.0, 0.1]]))
    assert [(tempo.bpm, tempo.weight) for tempo in tempi] == [(196.2, 0.667), (98.1, 0.333)]
    assert not sure
    tempi, sure = levels(120.0, np.array([[122.4, 0.5], [60.0, 0.1]]))
    assert [tempo.bpm for tempo in tempi] == [120.0, 60.0]
    assert sure
