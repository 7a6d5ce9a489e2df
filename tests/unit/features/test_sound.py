"""Loudness, brightness, onsets and tuning: librosa's figures where it has them, known ones elsewhere."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from j2a.audio import load
from j2a.clip import Clip
from j2a.features.record import Sound
from j2a.features.sound import SAMPLE_RATE, measure_sound
from tests.places import DEMO

RATE = 44_100
TIME = np.arange(5 * RATE) / RATE


def measured(folder: Path, samples: np.ndarray) -> tuple[Sound | None, float | None]:
    soundfile.write(folder / "a.wav", samples, RATE, subtype="FLOAT")
    return measure_sound(Clip(folder / "a.wav"))


@pytest.mark.parametrize("path", sorted(DEMO.glob("*.ogg")), ids=lambda path: path.stem)
@pytest.mark.parametrize("start_s", [0.0, 7.0])
def test_the_spectral_figures_are_librosas(path: Path, start_s: float) -> None:
    clip = Clip(path, start_s, start_s + 10)
    sound, tuning = measure_sound(clip)
    samples = load(clip, SAMPLE_RATE)
    assert sound is not None
    wanted = librosa.feature.spectral_centroid(y=samples, sr=SAMPLE_RATE).mean()
    assert sound.centroid_hz == pytest.approx(wanted, rel=0.01)
    onsets = librosa.onset.onset_detect(y=samples, sr=SAMPLE_RATE)
    assert sound.onsets_per_s == pytest.approx(len(onsets) / (len(samples) / SAMPLE_RATE), rel=0.01)
    assert tuning == pytest.approx(100 * librosa.estimate_tuning(y=samples, sr=SAMPLE_RATE), abs=1)


def test_loudness_and_crest_of_a_sine(tmp_path: Path) -> None:
    sound, tuning = measured(tmp_path, np.stack([0.5 * np.sin(2 * np.pi * 440 * TIME)] * 2, axis=1))
    assert sound is not None
    assert sound.loudness_dbfs == pytest.approx(-9.0, abs=0.1)
    assert sound.crest_db == pytest.approx(3.0, abs=0.1)
    assert sound.dynamics_db == pytest.approx(0.0, abs=0.2)
    assert sound.words[0] == "dark"
    assert tuning == pytest.approx(0.0, abs=2)


def test_a_swelling_sound_swells(tmp_path: Path) -> None:
    sound, _ = measured(tmp_path, np.sin(2 * np.pi * 3000 * TIME) * 10 ** (-2 + TIME * 0.38))
    assert sound is not None
    assert {"bright", "swelling"} <= set(sound.words)


@pytest.mark.parametrize("cents", [-40, -25, 25, 40])
def test_tuning_is_told_in_cents(tmp_path: Path, cents: int) -> None:
    chord = sum(np.sin(2 * np.pi * hertz * 2 ** (cents / 1200) * TIME) for hertz in (440.0, 554.365, 659.255))
    _, tuning = measured(tmp_path, 0.2 * chord)
    assert tuning == pytest.approx(cents, abs=5)


@pytest.mark.parametrize("samples", [np.zeros(RATE), np.full(100, 0.5)])
def test_of_silence_and_clicks_nothing_is_told(tmp_path: Path, samples: np.ndarray) -> None:
    assert measured(tmp_path, samples) == (None, None)


def test_noise_has_no_tuning(tmp_path: Path) -> None:
    sound, tuning = measured(tmp_path, np.random.default_rng(0).normal(0, 0.1, 5 * RATE))
    assert sound is not None
    assert tuning is None


def test_words_are_said_where_something_is_marked() -> None:
    assert Sound(-16, 12, 5, 1800, 4).words == []
    assert Sound(-25, 12, 1, 500, 1).words == ["dark", "sparse", "soft", "even"]
    assert Sound(-9, 12, 14, 4000, 8).words == ["bright", "dense", "loud", "swelling"]
