"""Our engine for madmom's networks against madmom itself: activations within bounds, detections identical."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from j2a import audio, features
from j2a.clip import Clip
from j2a.features.fast.recurrent import _sigmoid
from j2a.features.madmom_door import SAMPLE_RATE
from j2a.features.networks import FastNetworks, MadmomNetworks
from j2a.features.record import Features
from tests.data.medley import write_medley
from tests.places import DATA, DEMO, ROOT

STORED = json.loads((DATA / "stock_features.json").read_text(encoding="utf-8"))
STOCK = STORED["sections"]
DETECTIONS = ("bpm", "beats", "downbeats", "meter", "key", "chords")


@pytest.fixture(scope="module")
def both() -> tuple[FastNetworks, MadmomNetworks]:
    samples = audio.load(Clip(DEMO / "Harbour Waltz.ogg", 2, 8), SAMPLE_RATE)
    return FastNetworks([samples]), MadmomNetworks([samples])


@pytest.mark.parametrize(
    ("name", "bound"), [("downbeats", 1e-5), ("beats", 1e-5), ("key", 1e-6), ("chord_features", 1e-5)]
)
def test_activations_are_within_bounds(both, name, bound):
    ours, stock = (getattr(networks, name)() for networks in both)
    assert ours.shape == stock.shape
    assert ours.dtype == stock.dtype == np.float32
    assert np.abs(stock).max() > 0.05, "zeros would agree too"
    assert np.abs(ours - stock).max() < bound


def test_the_beat_decoder_is_identical_to_the_bit(both):
    ours, stock = both
    activations = stock.downbeats()
    assert np.array_equal(ours.bars(activations), stock.bars(activations))
    rng = np.random.default_rng(0)
    for _ in range(3):
        noise = rng.uniform(0.0, 0.45, (700, 2)).astype(np.float32)
        assert np.array_equal(ours.bars(noise), stock.bars(noise))


def test_the_decoders_probabilities_are_identical_too(both):
    from j2a.features.madmom_door import processor
    from j2a.features.networks import _bar_decoder, _fast_bar_decoder

    activations = both[1].downbeats()
    stock, fast = processor("s", _bar_decoder), processor("f", _fast_bar_decoder)
    for stock_hmm, fast_hmm in zip(stock.hmms, fast.hmms, strict=True):
        (stock_path, stock_log), (fast_path, fast_log) = stock_hmm.viterbi(activations), fast_hmm.viterbi(activations)
        assert np.array_equal(stock_path, fast_path)
        assert stock_log == fast_log


@pytest.mark.parametrize("section", STOCK, ids=lambda s: f"{Path(s['file']).stem} {s['start_s']:g}-{s['end_s']:g}")
def test_detections_are_those_of_stock_madmom(section):
    """Stock answers were stored by ``python -m tests.data.make_stock_features``."""
    clip = Clip(ROOT / section["file"], section["start_s"], section["end_s"])
    ours, stock = features.extract(clip), Features.from_json(section["features"])
    for name in DETECTIONS:
        assert getattr(ours, name) == getattr(stock, name), name
    assert ours.key_probability == pytest.approx(stock.key_probability, abs=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("medley", STORED["medleys"], ids=lambda m: f"{m['seconds']:g} s")
def test_detections_in_long_sounds_are_those_of_stock_madmom(medley, tmp_path):
    """Whole minutes in which tempo, meter and key change: in the recurrent networks rounding adds up over time."""
    clip = write_medley(tmp_path / "medley.wav", medley["seconds"], medley["seed"])
    ours, stock = features.extract(clip), Features.from_json(medley["features"])
    for name in DETECTIONS:
        assert getattr(ours, name) == getattr(stock, name), name


def test_the_stored_answers_are_what_stock_madmom_says_now():
    section = STOCK[0]
    clip = Clip(ROOT / section["file"], section["start_s"], section["end_s"])
    stock = features.extract(clip, engine="madmom").to_json()
    assert {name: stock[name] for name in DETECTIONS} == {name: section["features"][name] for name in DETECTIONS}


def test_the_compiled_sigmoid_is_precise():
    x = np.concatenate([np.linspace(-90, 90, 200_001), np.linspace(-1, 1, 20_001)]).astype(np.float32)
    values, bits = x.copy(), np.empty(len(x), np.int32)
    _sigmoid(values, bits, bits.view(np.float32), len(x))
    exact = 1 / (1 + np.exp(-x.astype(np.float64)))
    assert np.abs(values - exact).max() < 2e-7
