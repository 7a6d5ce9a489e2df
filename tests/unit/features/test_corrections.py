"""What a person says of a file is laid over what was measured in its clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from j2a.clip import Clip
from j2a.features.corrections import NONE, Corrections
from j2a.features.record import Chord, Features, Tempo
from j2a.grounding import claims
from j2a.models.beliefs import believe
from j2a.models.facts import facts

SONG = Path("/music/song.wav")
CLIP = Clip(SONG, 10.0, 20.0)
MEASURED = Features(
    bpm=120.0, bpm_candidates=[Tempo(60.0, 0.6), Tempo(120.0, 0.4)], bpm_sure=False,
    beats=[0.5 * place for place in range(20)], downbeats=[0.0, 2.0, 4.0, 6.0, 8.0], meter="4/4",
    key="A minor", key_probability=0.6,
    chords=[Chord(0.0, 2.5, "A:min"), Chord(2.5, 2.9, "F:maj"), Chord(2.9, 10.0, "C:maj")], tags=[],
)  # fmt: skip


@pytest.mark.parametrize(("bpm", "interval", "bar"), [
    (240.0, 0.25, 1.0), (60.0, 1.0, 4.0), (180.0, 1 / 3, 4 / 3), (80.0, 0.75, 3.0), (121.0, 0.5, 2.0),
    (101.0, 60 / 101, 240 / 101),
])
def test_the_grid_follows_the_tempo(bpm: float, interval: float, bar: float) -> None:
    new = Corrections(bpm=bpm).applied(MEASURED, CLIP)
    assert (new.bpm, new.bpm_sure, new.corrected) == (bpm, True, ["bpm"])
    assert new.beats[1] - new.beats[0] == pytest.approx(interval, abs=0.002)
    assert new.downbeats[1] - new.downbeats[0] == pytest.approx(bar, abs=0.002)
    assert new.downbeats[0] == 0.0
    assert max(new.beats) < 10.0


def test_beats_that_waver_are_halved_as_they_waver() -> None:
    wavering = replace(MEASURED, beats=[0.0, 0.52, 0.98, 1.51, 2.0, 2.47], downbeats=[0.98])
    assert Corrections(bpm=60.0).applied(wavering, CLIP).beats == [0.0, 0.98, 2.0]
    assert Corrections(bpm=240.0).applied(wavering, CLIP).beats[:4] == [0.0, 0.26, 0.52, 0.75]


def test_a_file_without_beats_gets_an_even_grid() -> None:
    new = Corrections(bpm=100.0, meter="3/4").applied(Features(unknown={"bpm": "no beat"}), CLIP)
    assert (len(new.beats), new.downbeats[:2], new.unknown) == (17, [0.0, 1.8], {})


def test_the_grid_follows_the_downbeat() -> None:
    new = Corrections(downbeats=(11.55,)).applied(MEASURED, CLIP)
    assert new.downbeats == [1.55, 3.55, 5.55, 7.55, 9.55]
    assert new.beats[:2] == [0.05, 0.55]


def test_tempo_meter_and_key_hold_for_the_file_and_the_rest_for_its_place() -> None:
    yours = Corrections(60.0, "3/4", "C major", (11.0,), (Chord(12.0, 13.0, "G:maj"),))
    elsewhere = yours.applied(MEASURED, Clip(SONG, 40.0, 50.0))
    assert (elsewhere.bpm, elsewhere.meter, elsewhere.key) == (60.0, "3/4", "C major")
    assert elsewhere.corrected == ["bpm", "meter", "key"]
    assert elsewhere.chords == MEASURED.chords
    here = yours.applied(MEASURED, CLIP)
    assert [(one.start_s, one.label) for one in here.chords] == [
        (0.0, "A:min"), (2.0, "G:maj"), (3.0, "C:maj"),
    ]  # fmt: skip
    assert here.downbeats[0] == 1.0
    assert MEASURED.bpm == 120.0 and MEASURED.corrected == []


def test_another_measurement_changes_nothing_of_it() -> None:
    yours = Corrections(bpm=60.0)
    again = yours.applied(replace(MEASURED, bpm=240.0, beats=[0.25 * place for place in range(40)]), CLIP)
    assert (again.bpm, again.beats[:3]) == (60.0, [0.0, 1.0, 2.0])


def test_taken_back_the_measurement_stands() -> None:
    yours = Corrections(bpm=60.0, downbeats=(11.0, 45.0), chords=(Chord(12.0, 13.0, "G:maj"), Chord(44, 45, "N")))
    left = yours.without("bpm", CLIP).without("downbeats", CLIP).without("chords", CLIP)
    assert left == Corrections(downbeats=(45.0,), chords=(Chord(44, 45, "N"),))
    assert left.applied(MEASURED, CLIP) == MEASURED
    assert not left.without("downbeats", Clip(SONG)).without("chords", Clip(SONG))


def test_one_downbeat_a_clip() -> None:
    assert NONE.with_downbeat(11.0, CLIP).with_downbeat(45.0, Clip(SONG, 40, 50)).with_downbeat(12.0, CLIP) == (
        Corrections(downbeats=(12.0, 45.0))
    )


def test_what_a_person_said_is_certain() -> None:
    unsure = believe(MEASURED)
    assert (unsure.bpm, unsure.key, unsure.meter, unsure.chords) == (None, None, None, False)
    yours = Corrections(90.0, "3/4", "E minor", (), (Chord(12.0, 13.0, "G:maj"),)).applied(MEASURED, CLIP)
    sure = believe(yours)
    assert (sure.bpm, sure.key, sure.meter, sure.chords) == (90.0, "E minor", "3/4", True)
    known = facts(yours)
    assert known["Tempo"].startswith("90 BPM") and (known["Meter"], known["Key"]) == ("3/4", "E minor")


def test_claims_are_held_against_it() -> None:
    text = "At 120 BPM in A minor."
    assert [one.verdict for one in claims(text, MEASURED)] == ["agreed", "agreed"]
    yours = Corrections(bpm=60.0, key="C major").applied(MEASURED, CLIP)
    assert [one.verdict for one in claims(text, yours)] == ["contradicted", "contradicted"]
    assert [one.verdict for one in claims("At 60 BPM.", yours)] == ["agreed"]


@given(
    st.builds(
        Corrections, st.none() | st.floats(20, 400), st.none() | st.sampled_from(["3/4", "6/8"]),
        st.none() | st.just("Bb minor"), st.lists(st.floats(0, 60), max_size=3, unique=True).map(sorted).map(tuple),
        st.sampled_from([(), (Chord(9.0, 12.0, "G:maj"),), (Chord(1.0, 30.0, "N"), Chord(30.0, 31.0, "D:min"))]),
    )
)  # fmt: skip
def test_it_is_read_as_it_was_written_and_gives_what_can_be_measured(yours: Corrections) -> None:
    assert Corrections.from_json(yours.to_json()) == yours
    new = yours.applied(MEASURED, CLIP)
    assert Features.from_json(new.to_json()) == new


@pytest.mark.parametrize("data", [
    {"bpm": "fast"}, {"meter": "often"}, {"key": "H minor"}, {"downbeats": [2.0, 1.0]},
    {"chords": [{"start_s": 0.0, "end_s": 2.0, "label": "C:maj"}, {"start_s": 1.0, "end_s": 3.0, "label": "N"}]},
])
def test_what_nobody_can_have_said_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Corrections.from_json(data)
