"""What ``extract`` reports is what madmom's documented pipelines give, and is true of clips whose truth is known.

The pipelines are written out here once more, from madmom's documentation, and share no code with ``j2a.features``
but the door through which madmom is imported.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from j2a.clip import Clip
from j2a.features import extract
from j2a.features.madmom_door import madmom
from j2a.features.record import Features
from j2a.music import same_key
from tests.places import CLIPS, DATA, DEMO
from training.synth.truthset import accuracy, chord_overlap

DEMOS: dict[str, Any] = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))["clips"]
RENDERED: list[dict[str, Any]] = json.loads((DATA / "rendered50.json").read_text(encoding="utf-8"))["clips"]
WINDOW_S = 10.0
PARITY_CLIPS = [DEMO / name for name in DEMOS] + [CLIPS / f"rendered-{n:02d}.ogg" for n in (0, 3, 5)]

pytestmark = pytest.mark.long


@cache
def measured(path: Path) -> Features:
    return extract(Clip(path, 0.0, WINDOW_S))


def first_window(path: Path) -> np.ndarray:
    """As madmom's own loader gives it: float32 mono at 44.1 kHz, channels averaged."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples[:round(WINDOW_S * rate)].mean(axis=1)
    return mono if rate == 44_100 else soxr.resample(mono, rate, 44_100)


@pytest.mark.parametrize("path", PARITY_CLIPS, ids=lambda path: path.stem)
def test_detections_equal_stock_madmom(path: Path) -> None:
    samples, stock, ours = first_window(path), madmom().features, measured(path)

    beats = stock.downbeats.DBNDownBeatTrackingProcessor(beats_per_bar=[3, 4], fps=100)(
        stock.downbeats.RNNDownBeatProcessor()(samples))
    np.testing.assert_allclose(ours.beats, beats[:, 0], atol=1e-9)
    np.testing.assert_allclose(ours.downbeats, beats[beats[:, 1] == 1, 0], atol=1e-9)
    assert ours.meter == f"{int(beats[:, 1].max())}/4"

    keys = stock.key.CNNKeyRecognitionProcessor()(samples)
    assert ours.key == stock.key.key_prediction_to_label(keys)
    assert ours.key_probability == pytest.approx(float(keys.max()), abs=1e-6)

    chords = stock.chords.CRFChordRecognitionProcessor()(stock.chords.CNNChordFeatureProcessor()(samples))
    assert [chord.label for chord in ours.chords] == list(chords["label"])
    np.testing.assert_allclose([chord.start_s for chord in ours.chords], chords["start"], atol=1e-6)
    np.testing.assert_allclose([chord.end_s for chord in ours.chords], chords["end"], atol=1e-6)

    tempi = stock.tempo.TempoEstimationProcessor(fps=100)(stock.beats.RNNBeatProcessor()(samples))[:, 0]
    assert ours.bpm is not None
    assert min(abs(tempi / ours.bpm / ratio - 1).min() for ratio in (1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3)) < 0.04
    assert 60 / ours.bpm == pytest.approx(float(np.median(np.diff(beats[:, 0]))), rel=0.02)


@pytest.mark.parametrize("name", DEMOS)
def test_demo_clips_are_measured_right(name: str) -> None:
    truth, found = DEMOS[name], measured(DEMO / name)
    assert found.bpm == pytest.approx(truth["bpm"], abs=1.0)
    assert found.meter == truth["meter"]
    assert found.key is not None
    assert same_key(found.key, truth["key"])
    true_beats = np.array([t for t in truth["beats"] if t < WINDOW_S])
    hit = [np.abs(true_beats - beat).min() < 0.07 for beat in found.beats]
    assert np.mean(hit) > 0.9
    chords = [{**c, "end_s": min(c["end_s"], WINDOW_S)} for c in truth["chords"] if c["start_s"] < WINDOW_S]
    assert chord_overlap(chords, found.to_json()["chords"]) > 0.75


def test_stored_features_are_what_the_extractors_give_today() -> None:
    compared = 0
    for clip in RENDERED:
        path = CLIPS / clip["name"]
        if path in PARITY_CLIPS:
            found, stored = measured(path).to_json(), dict(clip["features"])
            assert found.pop("key_probability") == pytest.approx(stored.pop("key_probability"), abs=1e-4)
            ours = {"bpm_candidates", "bpm_sure", "sound", "tuning_cents", "tags", "absent", "genre", "unknown"}
            assert {name: found[name] for name in found.keys() - ours} == {
                name: stored[name] for name in stored.keys() - ours
            }  # fmt: skip
            compared += 1
    assert compared == 3


def test_the_fifty_rendered_clips_are_mostly_measured_right() -> None:
    scores = accuracy(RENDERED)
    assert len(RENDERED) == 50
    assert scores["bpm"] >= 0.9
    assert scores["meter"] >= 0.9
    assert scores["key"] >= 0.75
    assert scores["chord_overlap"] >= 0.85
    errors = [abs(c["features"]["bpm"] - c["truth"]["bpm"]) for c in RENDERED if c["features"]["bpm"]]
    assert np.median(errors) <= 0.2  # BPM
