"""Our engine for madmom's networks against madmom itself: activations within bounds, detections identical."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from j2a import audio, features, networks
from j2a.clip import Clip
from j2a.features.fast import filters, madmom_files, tempo
from j2a.features.fast.bars import Bars
from j2a.features.madmom_door import FPS, SAMPLE_RATE, madmom, processor
from j2a.features.networks import BEATS_PER_BAR, FastNetworks
from j2a.features.record import Features
from j2a.features.stock import MadmomNetworks
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


@pytest.fixture(scope="module")
def decoder() -> Any:
    """madmom's, with a model of bars of three beats and one of bars of four."""
    return processor("reference", lambda madmom: madmom.features.downbeats.DBNDownBeatTrackingProcessor(
        beats_per_bar=list(BEATS_PER_BAR), fps=FPS))  # fmt: skip


@pytest.mark.parametrize("frames", [1, 15, 16, 17, 250])
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_paths_and_probabilities_are_identical_to_the_bit(decoder, frames):
    rng = np.random.default_rng(frames)
    quiet, loud, impossible = (rng.uniform(0, most, (frames, 2)).astype(np.float32) for most in (0.05, 0.45, 0.45))
    impossible[frames // 2] = 0  # no path leads through a frame that can be no beat, and then
    impossible[-1] = (0.9, 0.3)  # through one that is more than certain: a logarithm of less than nothing
    for activations in (quiet, loud, impossible):
        for beats, stock in zip(BEATS_PER_BAR, decoder.hmms, strict=True):
            path, log_probability = Bars(beats).search(activations)
            stock_path, stock_log_probability = stock.viterbi(activations)
            np.testing.assert_array_equal(log_probability, stock_log_probability)
            assert np.array_equal(path, stock_path)


def test_real_activations_have_the_same_path(both, decoder):
    activations = both[1].downbeats()
    for beats, stock in zip(BEATS_PER_BAR, decoder.hmms, strict=True):
        path, log_probability = Bars(beats).search(activations)
        stock_path, stock_log_probability = stock.viterbi(activations)
        assert np.array_equal(path, stock_path)
        assert log_probability == stock_log_probability


def test_tempi_are_those_of_madmom(both):
    histogram = processor("reference tempo", lambda madmom: madmom.features.tempo.TempoEstimationProcessor(fps=FPS))
    rng = np.random.default_rng(0)
    sounds = [both[1].beats(), *(rng.uniform(0, 1, frames).astype(np.float32) for frames in (20, 149, 400))]
    for activations in [*sounds, np.zeros(300, np.float32), np.ones(300, np.float32)]:
        np.testing.assert_allclose(tempo.candidates(activations), histogram(activations), rtol=1e-12)


def test_chords_are_decoded_as_by_madmom(both):
    ours, stock = both
    features = stock.chord_features()
    ours.chord_features = lambda: features
    assert ours.chords() == stock.chords()
    assert len(ours.chords()) > 2


@pytest.mark.parametrize(("size", "bank"), [
    (1024, (3, 30, 17_000)), (2048, (6, 30, 17_000)), (4096, (12, 30, 17_000)), (8192, (24, 65, 2100)),
])  # fmt: skip
def test_filters_are_identical_to_the_bit(size, bank):
    audio_package = madmom().audio
    stock = audio_package.filters.LogarithmicFilterbank(
        np.fft.rfftfreq(size, 1 / SAMPLE_RATE)[:-1], num_bands=bank[0], fmin=bank[1], fmax=bank[2], norm_filters=True,
        unique_filters=True,
    )  # fmt: skip
    assert np.array_equal(filters.filterbank(size, *bank), stock)
    assert filters.rise_frames(size, 441) == audio_package.spectrogram._diff_frames(0.5, 441, size)


def test_files_are_read_as_by_madmom():
    """Every number of every network, and every activation's name."""
    folder = networks.folder("madmom")
    assert folder is not None
    for name in (*madmom_files.DOWNBEATS, *madmom_files.BEATS, madmom_files.KEY, madmom_files.CHORD_FEATURES):
        stock = madmom().ml.nn.NeuralNetwork.load(str(folder / "models" / name))
        assert same(madmom_files.read(name), stock) > 10
    stock = madmom().ml.crf.ConditionalRandomField.load(str(folder / "models" / madmom_files.CHORD_PATH))
    assert same(madmom_files.read(madmom_files.CHORD_PATH), stock) == 5


def same(ours: Any, stock: Any) -> int:
    """How many arrays are the same; nothing may differ."""
    if isinstance(ours, np.ndarray):
        assert ours.dtype == stock.dtype
        assert np.array_equal(ours, stock)
        return 1
    if isinstance(ours, list):
        return sum(same(one, other) for one, other in zip(ours, stock, strict=True))
    if isinstance(ours, madmom_files.Part):
        assert ours.kind == type(stock).__name__
        return sum(same(value, getattr(stock, name)) for name, value in vars(ours).items())
    assert ours == (getattr(stock, "__name__", None) or stock)
    return 0


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
