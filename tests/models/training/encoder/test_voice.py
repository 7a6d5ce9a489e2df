"""The head for voices learns what tells them apart, and is judged by what it has not heard."""

from __future__ import annotations

import numpy as np
import pytest

from j2a.features.tags.front_end import SAMPLE_RATE
from training.datasets.mixing import over
from training.encoder.voice import WINDOW, Windows, fitted, held_back


def made(count: int, seed: int) -> Windows:
    """The first value is high where somebody sings; the second tells only the file."""
    rng = np.random.default_rng(seed)
    beds = [f"bed {index % 12}" for index in range(count)]
    voices = [f"voice {index % 7}" if index % 3 == 0 else "" for index in range(count)]
    values = rng.normal(0, 1, (count, 6)).astype(np.float32)
    values[:, 0] += [3.0 if voice else -3.0 for voice in voices]
    values[:, 1] += [int(bed.split()[1]) for bed in beds]
    return Windows(values, beds, voices, np.zeros(count, bool))


def test_it_tells_voices_from_none():
    found = made(300, 1)
    voiced = np.array([bool(name) for name in found.voices])
    weights, bias = fitted(found.values, voiced, found.rendered)
    assert ((found.values @ weights + bias > 0) == voiced).mean() > 0.98
    assert abs(weights[0]) == max(abs(weights))
    assert ((held_back(found, 0) > 0) == voiced).mean() > 0.97


def test_what_was_learned_by_heart_does_not_help():
    found = made(300, 2)
    found.values[:, 0] = np.random.default_rng(3).normal(0, 1, 300)  # nothing tells voices now
    voiced = np.array([bool(name) for name in found.voices])
    assert ((held_back(found, 0) > 0) == voiced).mean() < 0.65


def test_rendered_clips_count_for_their_share_however_many_there_are():
    """A hundred of them weigh as much as a thousand."""
    found = made(300, 4)
    voiced = np.array([bool(name) for name in found.voices])
    answers = []
    for count in (100, 1000):
        values = np.zeros((count, 6), np.float32)
        values[:, 2] = 5.0
        rendered = np.arange(300 + count) >= 300
        all_voiced = np.concatenate([voiced, np.zeros(count, bool)])
        weights, bias = fitted(np.concatenate([found.values, values]), all_voiced, rendered)
        assert values[0] @ weights + bias < -1
        answers.append(np.append(weights, bias))
    assert answers[0] == pytest.approx(answers[1], abs=0.02)


@pytest.mark.parametrize("level_db", [-6.0, 0.0, 6.0])
def test_a_voice_is_so_much_louder_than_its_bed(level_db):
    rng = np.random.default_rng(0)
    bed, voice = (rng.normal(0, 0.02, WINDOW).astype(np.float32) for _ in range(2))
    voice[WINDOW // 2 :] = 0  # pauses do not count
    both = over(voice, bed, level_db, SAMPLE_RATE)
    sung, played = ((both - bed)[: WINDOW // 2].std(), bed.std())
    assert 20 * np.log10(sung / played) == pytest.approx(level_db, abs=0.2)
    assert np.abs(over(100 * voice, 100 * bed, level_db, SAMPLE_RATE)).max() <= 0.951
