"""Windows of one piece agree on the level of its tempo."""

from __future__ import annotations

import pytest

from j2a.features.counting import counted_at
from j2a.features.record import Features, Tempo
from j2a.features.vote import vote


def window(bpm: float | None, *, sure: bool | None = True) -> Features:
    beats = [] if bpm is None else [round(0.1 + n * 60 / bpm, 3) for n in range(int(9.8 * bpm / 60))]
    return Features(bpm=bpm, bpm_sure=sure, beats=beats, downbeats=beats[::4], meter="4/4")


def test_the_level_that_most_windows_tell_holds_for_all():
    voted = vote([window(160.0), window(80.1, sure=False), window(159.8), window(160.2), window(160.0, sure=False)])
    assert [one.bpm for one in voted] == [160.0, 160.2, 159.8, 160.2, 160.0]
    assert all(one.bpm_sure for one in voted)
    assert {one.meter for one in voted} == {"4/4"}


def test_the_beats_follow_the_level():
    halved = vote([window(80.0), window(80.0), window(80.0), window(160.0, sure=False)])[3]
    assert halved.beats == pytest.approx(window(80.0).beats, abs=0.002)
    assert halved.downbeats == pytest.approx(window(80.0).downbeats, abs=0.002)
    doubled = counted_at(window(80.0), 2)
    assert doubled.bpm == 160.0
    assert doubled.beats == pytest.approx(window(160.0).beats[: len(doubled.beats)], abs=0.002)
    assert set(window(80.0).downbeats) < set(doubled.downbeats) <= set(doubled.beats)


def test_where_the_windows_are_split_either_level_is_told():
    voted = vote([window(90.0), window(180.0), window(90.0), window(180.0)])
    assert [one.bpm for one in voted] == [90.0, 180.0, 90.0, 180.0]
    assert not any(one.bpm_sure for one in voted)
    assert voted[0].bpm_candidates == [Tempo(90.0, 0.5), Tempo(180.0, 0.5)]


def test_a_change_of_tempo_is_the_musics_own():
    before = [window(100.0), window(100.0), window(134.0), window(134.0)]
    assert vote(before) == before


def test_several_doubtful_windows_that_agree_are_sure_together():
    assert [one.bpm_sure for one in vote([window(120.0, sure=False)] * 4)] == [True] * 4
    assert vote([window(120.0, sure=False)] * 2)[0].bpm_sure is False


@pytest.mark.parametrize("windows", [
    [], [window(120.0, sure=False)], [window(None, sure=None), window(None, sure=None)],
    [window(None, sure=None), window(96.0, sure=False)],
])  # fmt: skip
def test_nobody_votes_alone(windows):
    assert vote(windows) == windows


def test_the_order_of_the_windows_does_not_matter():
    windows = [window(70.0, sure=False), window(140.0), window(141.0), window(139.5), window(70.2)]
    assert vote(windows[::-1]) == vote(windows)[::-1]
