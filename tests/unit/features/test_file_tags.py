"""The file's own tempo is a witness for the level of the measured one, and never taken for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from j2a.features.file_tags import witnessed
from j2a.features.record import Features, Tempo
from j2a.features.vote import vote
from j2a_tui.display import feature_text
from tests.unit.features.test_vote import window


@pytest.mark.parametrize("sure", [True, False])
def test_the_same_tempo_makes_it_sure(sure: bool) -> None:
    found = witnessed(window(120.0, sure=sure), 121.0, None)
    assert (found.bpm, found.bpm_sure, found.file_bpm) == (120.0, True, 121.0)


def test_where_the_measurement_is_not_sure_the_file_decides_and_the_beats_follow() -> None:
    found = witnessed(window(80.0, sure=False), 160.0, None)
    assert (found.bpm, found.bpm_sure) == (160.0, True)
    assert found.bpm_candidates == [Tempo(160.0, 1.0)]
    assert found.beats[:8] == pytest.approx(window(160.0).beats[:8], abs=0.002)


def test_where_it_is_sure_either_level_may_be_meant() -> None:
    found = witnessed(window(80.0), 160.0, None)
    assert (found.bpm, found.bpm_sure) == (80.0, False)
    assert found.bpm_candidates == [Tempo(80.0, 0.5), Tempo(160.0, 0.5)]
    assert found.beats == window(80.0).beats


@pytest.mark.parametrize("bpm", [None, 97.0, 240.0])
def test_another_tempo_counts_nothing(bpm: float | None) -> None:
    assert witnessed(window(80.0), bpm, None) == replace(window(80.0), file_bpm=bpm)
    assert witnessed(Features(), bpm, None) == Features(file_bpm=bpm)


def test_what_a_person_has_said_counts_more() -> None:
    corrected = replace(window(80.0), corrected=["bpm"])
    assert witnessed(corrected, 160.0, None).bpm_sure is True


def test_the_key_is_only_shown() -> None:
    found = witnessed(Features(key="A minor", key_probability=0.9), None, "C major")
    assert (found.key, found.key_probability, found.file_key) == ("A minor", 0.9, "C major")
    assert Features.from_json(found.to_json()) == found
    assert "file_key" not in Features(key="A minor").to_json()


def test_windows_that_agree_do_not_outvote_the_file() -> None:
    doubted = [witnessed(window(80.0), 160.0, None) for _ in range(6)]
    assert all(one.bpm_sure is False and one.bpm == 80.0 for one in vote(doubted))
    assert vote(doubted[:1]) == doubted[:1]
    confirmed = [witnessed(one, 80.0, None) for one in (window(80.0), window(160.0), window(80.2, sure=False))]
    assert {round(one.bpm or 0) for one in vote(confirmed)} == {80}


@pytest.mark.parametrize("wrong", [-3.0, "120", 1e12])
def test_what_is_no_tempo_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="file_bpm"):
        Features.from_json({"file_bpm": wrong})


def test_the_screen_shows_both() -> None:
    both = witnessed(Features(bpm=120.0, key="A minor", key_probability=0.9), 60.0, "C major")
    assert feature_text("bpm", both) == "120.0 BPM, or 60, file says 60"
    assert feature_text("key", both) == "A minor (90%), file says C major"
    assert feature_text("bpm", Features(bpm=120.0)) == "120.0 BPM"
