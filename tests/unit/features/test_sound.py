"""Loudness, brightness, onsets and tuning: librosa's figures where it has them, known ones elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from j2a.clip import Clip
from j2a.features.record import Sound
from j2a.features.sound import measure_sound
from tests.places import DATA, DEMO

RATE = 44_100
LIBROSAS = json.loads((DATA / "librosa_sound.json").read_text(encoding="utf-8"))  # by tests/data/make_librosa_sound.py
TIME = np.arange(5 * RATE) / RATE


def measured(folder: Path, samples: np.ndarray) -> tuple[Sound | None, float | None]:
    soundfile.write(folder / "a.wav", samples, RATE, subtype="FLOAT")
    return measure_sound(Clip(folder / "a.wav"))


@pytest.mark.parametrize("window", LIBROSAS, ids=lambda window: f"{window['file']}@{window['start_s']:.0f}")
def test_the_spectral_figures_are_librosas(window: dict[str, Any]) -> None:
    """Stored ones: its compiled loops take twenty seconds to start, and have crashed a test process."""
    sound, tuning = measure_sound(Clip(DEMO / window["file"], window["start_s"], window["end_s"]))
    assert sound is not None
    assert sound.centroid_hz == pytest.approx(window["centroid_hz"], rel=0.01)
    assert sound.onsets_per_s == pytest.approx(window["onsets_per_s"], rel=0.01)
    assert tuning == pytest.approx(window["tuning_cents"], abs=1)


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


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, 3e38])
def test_one_float_that_is_no_sound_leaves_nothing_to_tell(tmp_path: Path, value: float) -> None:
    samples = 0.5 * np.sin(2 * np.pi * 440 * TIME)
    samples[RATE] = value
    assert measured(tmp_path, samples) == (None, None)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_of_ultrasound_alone_there_is_nothing_to_tell(tmp_path: Path) -> None:
    """Loud at the file's own rate, and nothing at all at that of what is heard."""
    fade = np.minimum(1, np.minimum(TIME, TIME[-1] - TIME)) ** 4  # no click at the ends
    soundfile.write(tmp_path / "a.wav", fade * np.where(np.arange(len(TIME)) % 2, 0.5, -0.5), 192_000, subtype="FLOAT")
    assert measure_sound(Clip(tmp_path / "a.wav")) == (None, None)
