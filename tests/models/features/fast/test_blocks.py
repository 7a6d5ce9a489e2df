"""Long sounds are measured in blocks: no border between two of them shows, and memory stays bounded."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from j2a import audio
from j2a.clip import Clip
from j2a.features.fast import bars, convolution, madmom_files, recurrent, spectra, tempo
from j2a.features.madmom_door import SAMPLE_RATE
from j2a.features.networks import convolutional, ensemble
from tests.places import DEMO, ROOT


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    """20 s of music; not a whole number of hops."""
    return audio.load(Clip(DEMO / "Harbour Waltz.ogg", 1, 21), SAMPLE_RATE)[:-1234]


@pytest.fixture(scope="module")
def heard(samples: np.ndarray) -> spectra.Spectra:
    return spectra.listen([samples])


def pieces(samples: np.ndarray, length: int) -> list[np.ndarray]:
    return [samples[start:start + length] for start in range(0, len(samples), length)]


@pytest.mark.parametrize(("stretch_s", "block"), [(1, 10_007), (2, 200_000), (20, 333)])
def test_spectra_do_not_depend_on_blocks(samples, heard, monkeypatch, stretch_s, block):
    monkeypatch.setattr(spectra, "_STRETCH", stretch_s * SAMPLE_RATE)
    found = spectra.listen(pieces(samples, block))
    assert len(heard.downbeats) == len(heard.beats) == -(-len(samples) // 441)
    for name in ("downbeats", "beats", "key", "chords"):
        ours, whole = getattr(found, name)[:], getattr(heard, name)[:]
        assert ours.shape == whole.shape
        assert np.abs(ours - whole).max() < 1e-6, name


@pytest.mark.parametrize("stretches", [1, 2])
@pytest.mark.parametrize("more", [0, 1, spectra._MARGIN - 1, spectra._MARGIN, spectra._MARGIN + 1])
def test_sounds_that_end_near_a_border_lose_nothing(monkeypatch, stretches, more):
    """A click in the last sample reaches the frames around it, wherever the borders are."""
    monkeypatch.setattr(spectra, "_STRETCH", SAMPLE_RATE)
    sound = np.zeros(stretches * SAMPLE_RATE + more, np.float32)
    sound[-1] = 1.0
    found = spectra.listen(pieces(sound, 1000))
    assert len(found.beats) == -(-len(sound) // 441)
    assert len(found.chords) == -(-len(sound) // 4410)
    loudest = found.beats[:].sum(axis=1)
    assert loudest[-1] > 0
    assert not loudest[:-8].any()


def test_rhythm_inputs_are_the_same_in_parts(heard):
    whole = heard.downbeats[:]
    parts = np.concatenate([heard.downbeats[start:start + 7] for start in range(0, len(heard.downbeats), 7)])
    assert np.array_equal(whole, parts)
    assert np.count_nonzero(whole) > whole.size / 4


@pytest.mark.parametrize("name", ["downbeats", "beats"])
def test_recurrent_networks_keep_their_state_across_blocks(heard, monkeypatch, name):
    network = ensemble({"downbeats": madmom_files.DOWNBEATS, "beats": madmom_files.BEATS}[name])
    inputs = getattr(heard, name)
    whole = network(inputs[:])
    monkeypatch.setattr(recurrent, "_BLOCK_FRAMES", 256)
    blocked = network(inputs)
    assert whole.max() > 0.1
    # The sums of the matrix products are taken in another order, and the recurrence amplifies that.
    assert np.abs(blocked - whole).max() < 1e-5


@pytest.mark.parametrize("name", [madmom_files.KEY, madmom_files.CHORD_FEATURES])
@pytest.mark.parametrize("frames", [8, 16, 24, 40])
def test_convolutional_networks_have_no_borders(heard, monkeypatch, name, frames):
    network = convolutional(name)
    spectrum = heard.key if name == madmom_files.KEY else heard.chords
    for length in (len(spectrum), len(spectrum) - 3, 24, 23):
        part = np.ascontiguousarray(spectrum[:length])
        whole = network._run(part)
        blocked = list(network.blocks(part, frames))
        assert len(blocked) > 1 or len(whole) * network._pooled <= frames
        # The sums of the matrix products are taken in another order in blocks of another size.
        assert np.abs(np.concatenate(blocked) - whole).max() < 1e-5 * max(1.0, np.abs(whole).max())
    monkeypatch.setattr(convolution, "_BLOCK_FRAMES", frames)
    if name == madmom_files.KEY:
        assert np.allclose(network(spectrum), network._run(spectrum).mean(axis=(0, 1)), atol=1e-6)


@pytest.mark.parametrize("block", [1, 16, 100, 333])
def test_bars_and_tempi_do_not_depend_on_blocks(heard, monkeypatch, block):
    activations = ensemble(madmom_files.DOWNBEATS)(heard.downbeats)[:600, 1:]
    beats = np.ascontiguousarray(activations[:, 0])
    path, log_probability = bars.Bars(3).search(activations)
    tempi = tempo.candidates(beats)
    monkeypatch.setattr(bars, "_BLOCK_FRAMES", block)
    monkeypatch.setattr(tempo, "_BLOCK_FRAMES", block)
    again, log_probability_again = bars.Bars(3).search(activations)
    assert np.array_equal(path, again)
    assert log_probability == log_probability_again
    assert np.array_equal(tempi, tempo.candidates(beats))


IMPORTED = 100 << 20  # bytes
CHILD = """
import json, resource, sys
from pathlib import Path
from j2a.clip import Clip
from j2a.features import extract, warm_up
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
imported = peak()
found = extract(Clip(Path(sys.argv[1])))
print(json.dumps({"taken": peak() - imported, "beats": found.beats, "key": found.key, "unknown": found.unknown}))
"""


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="peak memory is asked for in the POSIX way")
def test_twelve_minutes_take_less_than_a_gibibyte(tmp_path):
    """With what is imported; madmom would take 7 GB. ``bench/long_files.py`` measures an hour."""
    loop = audio.load(Clip(DEMO / "Harbour Waltz.ogg"), SAMPLE_RATE)
    path = tmp_path / "long.flac"
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1) as file:
        for _ in range(-(-720 * SAMPLE_RATE // len(loop))):
            file.write(loop)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], check=True, stdout=subprocess.PIPE, cwd=ROOT, timeout=110
    )
    found = json.loads(done.stdout)
    assert found["taken"] < 2**30 - IMPORTED
    assert found["key"] is not None, found["unknown"]
    assert found["beats"][-1] > 715
