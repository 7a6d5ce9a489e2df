"""Computed instruments of the training corpus."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.unit.training.synth.pitches import loudest_pitch
from training.synth.additive import PROGRAMS, play
from training.synth.orchestra import FAMILY_OF
from training.synth.recordings import SAMPLE_RATE
from training.synth.styles import INSTRUMENTS

MARIMBA, PIANO, MUTED, DISTORTION, ORGAN = 12, 0, 28, 30, 19


def note(program: int, pitch: int, seed: int = 1) -> np.ndarray:
    return play(PROGRAMS[program](random.Random(f"{seed} {program}")), pitch, np.random.default_rng(seed))


def level(sound: np.ndarray, second: float) -> float:
    part = sound[round(second * SAMPLE_RATE) :][: SAMPLE_RATE // 10]
    return float(np.sqrt(np.square(part).mean()))


def test_every_program_is_one_that_the_corpus_plays():
    assert PROGRAMS.keys() <= {INSTRUMENTS[name] for name in FAMILY_OF}


@pytest.mark.parametrize("program", [MARIMBA, PIANO, ORGAN])
def test_a_note_has_its_pitch(program):
    for pitch in (57, 76):
        heard = loudest_pitch(note(program, pitch)[SAMPLE_RATE // 10 :][:SAMPLE_RATE])
        octaves = (heard - pitch) / 12
        assert octaves == pytest.approx(round(octaves), abs=0.01), "the loudest partial may be an octave of it"


def test_what_is_struck_dies_away_and_what_is_blown_stays():
    assert level(note(MUTED, 60), 1.0) < 0.1 * level(note(MUTED, 60), 0.0)
    low, high = note(PIANO, 33), note(PIANO, 93)
    assert level(low, 1.0) / level(low, 0.1) > level(high, 1.0) / level(high, 0.1), "high strings are short"
    organ = note(ORGAN, 60)
    assert level(organ, 4.5) > 0.3 * level(organ, 1.0)


def test_a_seed_is_an_instrument():
    assert np.array_equal(note(PIANO, 60), note(PIANO, 60))
    spectra = [np.abs(np.fft.rfft(note(PIANO, 60, seed)[:SAMPLE_RATE])) for seed in (1, 2)]
    assert np.corrcoef(*spectra)[0, 1] < 0.98


def test_distortion_adds_partials():
    clean, driven = note(26, 60), note(DISTORTION, 60)

    def brightness(sound: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(sound[:SAMPLE_RATE]))
        return float((power * np.arange(len(power))).sum() / power.sum())

    assert brightness(driven) > 2 * brightness(clean)
