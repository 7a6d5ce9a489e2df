"""Bars of three and four beats are told; of bars of five and seven it is said that they are neither."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from j2a.clip import Clip
from j2a.features import extract

RATE = 44_100
ROOTS = (110.0, 146.8, 164.8, 110.0)


def ringing(hertz: float, seconds: float, decay: float) -> NDArray[np.float64]:
    times = np.arange(round(seconds * RATE)) / RATE
    return np.sin(2 * np.pi * hertz * times) * np.exp(-decay * times)


def rhythm(path: Path, beats: int, bpm: float, seconds: float = 12.0) -> Path:
    """A low drum and another chord on the first beat of each bar, a snare on the others, a hat on each half beat."""
    rng, sound = np.random.default_rng(3), np.zeros(round((seconds + 1) * RATE))

    def add(at_s: float, samples: NDArray[np.float64]) -> None:
        start = round(at_s * RATE)
        sound[start : start + len(samples)] += samples[: len(sound) - start]

    def noise(length: int, decay: float) -> NDArray[np.float64]:
        return rng.standard_normal(length) * np.exp(-decay * np.arange(length) / RATE)

    beat_s = 60 / bpm
    for beat in range(int(seconds / beat_s)):
        at_s = 0.1 + beat * beat_s
        add(at_s, 0.9 * ringing(58.0, 0.15, 20) if beat % beats == 0 else 0.2 * noise(3_000, 45))
        for half in (0.0, beat_s / 2):
            add(at_s + half, 0.08 * noise(700, 160))
        root = ROOTS[beat // beats % len(ROOTS)]
        for tone in (2.0, 2.5, 3.0):
            add(at_s, 0.07 * ringing(root * tone, beat_s, 1.5))
    soundfile.write(path, sound / np.abs(sound).max() * 0.8, RATE)
    return path


@pytest.mark.parametrize("bpm", [104.0, 132.0])
@pytest.mark.parametrize("beats", [3, 4])
def test_three_and_four_are_told(tmp_path: Path, beats: int, bpm: float) -> None:
    found = extract(Clip(rhythm(tmp_path / "a.wav", beats, bpm)))
    assert found.meter == f"{beats}/4" and found.downbeats


@pytest.mark.parametrize("bpm", [104.0, 132.0])
@pytest.mark.parametrize("beats", [5, 7])
def test_others_are_unknown_with_a_reason(tmp_path: Path, beats: int, bpm: float) -> None:
    found = extract(Clip(rhythm(tmp_path / "a.wav", beats, bpm)))
    assert (found.meter, found.downbeats) == (None, [])
    assert f"after {beats} beats" in found.unknown["meter"]
    assert found.beats and found.bpm == pytest.approx(bpm, rel=0.02)
