"""What is no music, or too little of it, is answered by "unknown" and a reason, never by madmom's guesses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from j2a.clip import Clip
from j2a.errors import AudioError
from j2a.features import Engine, extract
from j2a.features.record import FEATURE_NAMES, Features

RATE = 44_100
SECONDS = 6


def times() -> np.ndarray:
    return np.arange(SECONDS * RATE) / RATE


def noise(slope: int, seed: int = 0) -> np.ndarray:
    """Noise whose power falls with frequency to the power of ``slope``: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(SECONDS * RATE))
    frequency = np.maximum(np.fft.rfftfreq(SECONDS * RATE, 1 / RATE), 1.0)
    samples = np.fft.irfft(spectrum / frequency ** (slope / 2), SECONDS * RATE)
    return samples / np.abs(samples).max() * 0.5


def speech_like(seed: int) -> np.ndarray:
    """A gliding voice with noise, in syllables of uneven length."""
    rng = np.random.default_rng(seed)
    envelope = np.zeros(SECONDS * RATE)
    position = 0
    while position < len(envelope):
        length = int(RATE * rng.uniform(0.08, 0.3))
        syllable = envelope[position:position + length]
        syllable[:] = np.hanning(length)[:len(syllable)] * rng.uniform(0.3, 1)
        position += length + int(RATE * rng.uniform(0.02, 0.15))
    pitch_hz = 120 + 20 * np.sin(2 * np.pi * 0.7 * times()) + 10 * np.sin(2 * np.pi * 2.3 * times())
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE
    voice = 0.1 * sum(np.sin(n * phase) / n for n in range(1, 20))
    return (noise(1, seed) / 2 + voice) * envelope


def click() -> np.ndarray:
    samples = np.zeros(SECONDS * RATE)
    samples[3 * RATE] = 0.9
    return samples


def drone() -> np.ndarray:
    return 0.2 * sum(np.sin(2 * np.pi * 110 * n * times()) / n for n in range(1, 8))


def write(folder: Path, samples: np.ndarray) -> Clip:
    path = folder / "sound.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return Clip(path)


def assert_unknown(features: Features, *names: str) -> None:
    found = features.to_json()
    for name in names:
        assert not found[name], f"{name}: {found[name]}"
        assert len(features.unknown[name]) > 20


MUSICAL = [name for name in FEATURE_NAMES if name != "sound"]  # noise has loudness, too
SOUNDS: dict[str, Callable[[], np.ndarray]] = {
    "white": lambda: noise(0), "pink": lambda: noise(1), "brown": lambda: noise(2), "click": click,
    "sine": lambda: 0.5 * np.sin(2 * np.pi * 440 * times()), "speech": lambda: speech_like(0),
}


@pytest.mark.long
@pytest.mark.parametrize("sound", SOUNDS)
def test_no_music(tmp_path: Path, sound: str) -> None:
    features = extract(write(tmp_path, SOUNDS[sound]()))
    assert_unknown(features, *MUSICAL)
    assert features.sound is not None
    assert features.key_probability is None


@pytest.mark.long
def test_a_drone_has_no_beat_and_no_key(tmp_path: Path) -> None:
    assert_unknown(extract(write(tmp_path, drone())), "bpm", "beats", "downbeats", "meter", "key")


@pytest.mark.parametrize(("samples", "words"), [
    (np.zeros(5 * RATE), "silent"),
    (np.random.default_rng(0).uniform(-5e-4, 5e-4, 5 * RATE), "silent"),
    (np.full(5 * RATE, 1e-12), "silent"),
    (np.where(np.arange(5 * RATE) == 70_000, np.nan, 0.3), "NaN"),
    (np.where(np.arange(5 * RATE) == 70_000, np.inf, 0.3), "NaN or infinite"),
    (np.random.default_rng(0).uniform(-0.5, 0.5, int(1.9 * RATE)), "too short"),
    (np.random.default_rng(0).uniform(-0.5, 0.5, 3), "too short"),
])
def test_what_cannot_be_measured_at_all(tmp_path: Path, samples: np.ndarray, words: str) -> None:
    features = extract(write(tmp_path, samples))
    assert_unknown(features, *MUSICAL)
    assert (features.sound is None) == (words != "too short" or len(samples) < RATE)
    assert words in features.unknown["bpm"]


@pytest.mark.parametrize(("engine", "minutes"), [("madmom", 11), ("fast", 121)])
def test_too_long_a_section_is_refused_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine, minutes: int
) -> None:
    path = tmp_path / "long.flac"
    with soundfile.SoundFile(path, "w", 8_000, 1) as file:
        for _ in range(minutes):
            file.write(np.zeros(60 * 8_000))
    monkeypatch.setattr("j2a.audio.decode.stream", lambda *_: pytest.fail("the long clip was decoded"))
    features = extract(Clip(path), engine=engine)
    assert_unknown(features, *FEATURE_NAMES)
    assert f"{minutes} minutes" in features.unknown["bpm"]


def test_a_file_that_cannot_be_decoded_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AudioError):
        extract(Clip(tmp_path / "gone.wav"))


def test_every_feature_is_reported_once_in_order(tmp_path: Path) -> None:
    seen: list[tuple[str, Any, str | None]] = []
    features = extract(write(tmp_path, np.zeros(5 * RATE)), on_feature=lambda *item: seen.append(item))
    assert [name for name, _, _ in seen] == [
        "bpm", "bpm_candidates", "bpm_sure", "beats", "downbeats", "meter", "key", "key_probability", "chords",
        "sound", "tuning_cents", "tags", "absent", "genre",
    ]  # fmt: skip
    as_json = features.to_json()
    for name, value, reason in seen:
        assert value == as_json[name]
        assert reason == features.unknown.get(name)


def drum_machine() -> np.ndarray:
    """120 BPM."""
    samples = np.zeros(SECONDS * RATE)
    for n, time_s in enumerate(np.arange(0, SECONDS, 0.5)):
        length = RATE // 8
        hit = np.random.default_rng(n).uniform(-1, 1, length) * np.exp(-np.arange(length) / 900)
        body = np.sin(2 * np.pi * 60 * np.arange(length) / RATE) * np.exp(-np.arange(length) / 2500)
        samples[int(time_s * RATE):int(time_s * RATE) + length] += 0.3 * hit * (n % 2) + 0.6 * body * (1 - n % 2)
    return samples


@pytest.mark.long
def test_a_cancelled_measurement_keeps_what_it_has(tmp_path: Path) -> None:
    seen: list[str] = []
    features = extract(write(tmp_path, drum_machine()), on_feature=lambda name, *_: seen.append(name),
                       cancelled=lambda: "meter" in seen)
    assert seen == ["bpm", "bpm_candidates", "bpm_sure", "beats", "downbeats", "meter"]
    assert features.bpm == pytest.approx(120, abs=1)
    assert features.key is None
    assert extract(write(tmp_path, drum_machine()), cancelled=lambda: True) == Features()


@pytest.mark.long
def test_it_stops_inside_every_stage(tmp_path: Path) -> None:
    clip = write(tmp_path, drum_machine())
    looks = 0

    def looked(limit: float) -> Callable[[], bool]:
        nonlocal looks
        looks = 0

        def cancelled() -> bool:
            nonlocal looks
            looks += 1
            return looks > limit

        return cancelled

    whole = extract(clip, cancelled=looked(np.inf))
    in_all = looks
    assert in_all > 55, "16 networks of 3 layers alone are 48"
    for limit in (0, 1, 2, 20, in_all - 3):
        stopped = extract(clip, cancelled=looked(limit))
        assert looks <= limit + 2, "it went on after it was told to stop"
        assert stopped != whole
