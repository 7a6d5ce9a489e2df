"""The composer's pieces are what their truth says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.captions.facts import ALL_KEYS
from training.synth.compose import Piece, Plan, compose, random_plan
from training.synth.demo import DEMOS
from training.synth.styles import DRUMS, INSTRUMENTS, PROGRESSIONS, STYLES
from training.synth.theory import MODAL_KEYS, Key, Triad, nearest


def chord_at(piece: Piece, time_s: float) -> str:
    return next(label for start_s, end_s, label in piece.chords if start_s - 1e-6 <= time_s < end_s - 1e-6)


def triad_of(label: str) -> set[int]:
    root, quality = label.split(":")
    names = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
    return set(Triad(names.index(root), quality).pitch_classes)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_every_piece_keeps_to_its_truth(seed: int) -> None:
    plan = random_plan(seed)
    piece = compose(plan, seed)
    assert 60 <= plan.bpm <= 180
    np.testing.assert_allclose(np.diff(piece.beats), 60 / plan.bpm, atol=1e-9)
    np.testing.assert_allclose(piece.downbeats, piece.beats[::plan.beats_per_bar], atol=1e-9)
    assert piece.chords[0][0] == 0.0
    assert piece.chords[-1][1] == pytest.approx(plan.duration_s)
    for (_, end_s, left), (start_s, _, right) in itertools.pairwise(piece.chords):
        assert end_s == pytest.approx(start_s)
        assert left != right

    key = Key.parse(plan.key)
    leading_note = (key.tonic + 11) % 12
    for note in piece.notes:
        assert 0 <= note.start_s < plan.duration_s
        assert note.end_s > note.start_s
        assert 1 <= note.velocity <= 127
        if note.part == "drums":
            assert note.pitch in DRUMS.values()
            continue
        assert 24 <= note.pitch <= 100
        assert note.pitch % 12 in {*key.scale, leading_note}
        if note.part in ("chords", "pad", "bass"):
            # the written place of a note that a hand plays some milliseconds early or late
            assert note.pitch % 12 in triad_of(chord_at(piece, min(note.start_s + 0.03, plan.duration_s - 0.001)))


def test_the_same_seed_gives_the_same_piece_and_another_one_another() -> None:
    assert compose(random_plan(5), 5) == compose(random_plan(5), 5)
    assert compose(random_plan(5), 5).notes != compose(random_plan(5), 6).notes
    assert random_plan(5) != random_plan(6)


def test_plans_cover_keys_meters_styles_and_drums() -> None:
    plans = [random_plan(seed) for seed in range(600)]
    assert {plan.key for plan in plans} == set(ALL_KEYS)
    assert {plan.beats_per_bar for plan in plans} == {3, 4}
    assert {plan.style for plan in plans} == {style.name for style in STYLES}
    assert min(plan.bpm for plan in plans) < 70
    assert max(plan.bpm for plan in plans) > 160
    drummed = sum("drums" in plan.instruments for plan in plans)
    assert 100 < drummed < 500


def test_tables_are_consistent() -> None:
    for style in STYLES:
        for name in (*style.bass, *style.comp, *style.lead, *style.pad):
            assert name in INSTRUMENTS
        for beats, bars in style.bars.items():
            for bar in bars:
                assert set(bar.drums) <= set(DRUMS)
                for pattern in (bar.bass, bar.comp, *bar.melody, *bar.drums.values()):
                    assert len(pattern) % beats == 0
                    assert pattern[0] != "-"
    for mode, progressions in PROGRESSIONS.items():
        for progression in progressions:
            for tonic in range(12):
                key = Key(tonic, mode)
                for numeral in progression.split():
                    assert set(key.triad(numeral).pitch_classes) <= {*key.scale, (tonic + 11) % 12}


def test_theory() -> None:
    assert Key.parse("A minor").scale == (9, 11, 0, 2, 4, 5, 7)
    assert Key.parse("A minor").pitch(1, 4) == 69
    assert Key.parse("C major").pitch(8, 4) == 72
    assert Key.parse("Eb major").triad("V").label == "A#:maj"
    assert Key.parse("D minor").triad("V").pitch_classes == (9, 1, 4)
    assert {Key.parse(name).name for name in ALL_KEYS} == set(ALL_KEYS)
    assert {Key.parse(name).name for name in MODAL_KEYS} == set(MODAL_KEYS)
    assert Key.parse("D dorian").scale == (2, 4, 5, 7, 9, 11, 0)
    assert Key.parse("G mixolydian").triad("VII").label == "F:maj"
    assert Triad(0, "maj").voicing(60) in ((55, 60, 64), (52, 55, 60))
    assert nearest(0, 61) == 60
    assert nearest(11, 61) == 59
    with pytest.raises(ValueError, match="24 keys"):
        Key.parse("H minor")


@pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.title)
def test_the_written_melodies_fill_their_bars(demo: object) -> None:
    plan: Plan = demo.plan  # type: ignore[attr-defined]
    assert plan.bars is not None
    beats = sum(length for _, length in plan.melody)
    assert beats == pytest.approx((plan.bars - 1) * plan.beats_per_bar + 4, abs=0.01)
