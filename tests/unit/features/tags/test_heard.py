"""What must be true of sound before the networks are believed."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from j2a.audio import decode
from j2a.clip import Clip
from j2a.features import tags
from j2a.features.tags import wheel
from j2a.features.tags.heard import NothingHeardError, hear
from tests.places import DEMO
from tests.unit.features.tags.made_up import pair

needs_wheel = pytest.mark.skipif(wheel.find_folder() is None, reason="the networks of musicnn are not here")
RANDOM = np.random.default_rng(0)
TIME = np.arange(160_000) / 16_000


def coloured(exponent: float) -> np.ndarray:
    spectrum = np.fft.rfft(RANDOM.normal(size=len(TIME)))
    noise = np.fft.irfft(spectrum / np.maximum(np.fft.rfftfreq(len(TIME)), 1e-4) ** (exponent / 2))
    return 0.1 * noise / noise.std()


NO_MUSIC = {
    "white": coloured(0), "white, loud": 10 * coloured(0), "white, soft": 0.02 * coloured(0), "pink": coloured(1),
    "brown": coloured(2), "blue": coloured(-1), "sine": 0.3 * np.sin(2 * np.pi * 440 * TIME),
    "low sine": 0.3 * np.sin(2 * np.pi * 50 * TIME), "square": 0.3 * np.sign(np.sin(2 * np.pi * 220 * TIME)),
    "sweep": 0.3 * np.sin(2 * np.pi * (50 * TIME + 395 * TIME**2 / 2)),
    "beeps": 0.3 * np.sin(2 * np.pi * 440 * TIME) * (TIME % 0.5 < 0.25),
    "three seconds of noise": coloured(0)[:48_500], "a second of a sine": 0.3 * np.sin(2 * np.pi * 440 * TIME[:16_000]),
}  # fmt: skip
PAIR = pair()


def music(name: str = "Gravel Road", start_s: float = 0, end_s: float = 10) -> np.ndarray:
    return decode.load(Clip(DEMO / f"{name}.ogg", start_s, end_s), 16_000)


@pytest.mark.parametrize("name", NO_MUSIC)
def test_steady_noise_and_bare_tones_are_no_music(name: str) -> None:
    heard = hear(NO_MUSIC[name].astype(np.float32), PAIR)
    assert heard.no_music
    assert tags.tagged(heard) == tags.Tagged([], [], None, heard.no_music)


@pytest.mark.parametrize("path", sorted(DEMO.glob("*.ogg")), ids=lambda path: path.stem)
def test_music_is_music(path) -> None:  # type: ignore[no-untyped-def]
    samples = decode.load(Clip(path, 0, 10), 16_000)
    assert hear(samples, PAIR).no_music is None
    assert hear(samples[:48_000], PAIR).no_music is None


def test_quiet_music_is_raised_and_loud_music_left_alone() -> None:
    samples = music()
    level = np.float32(0.15 / np.sqrt(np.mean(samples**2)))
    wanted = hear(samples * level, PAIR).means
    np.testing.assert_allclose(hear(samples * level * np.float32(0.02), PAIR).means, wanted, atol=1e-4)
    assert np.abs(hear(samples * level * np.float32(4), PAIR).means - wanted).max() > 1e-3


def test_shapes() -> None:
    heard = hear(music(), PAIR)
    assert (heard.means.shape, heard.hidden.shape, heard.is_short) == ((2, 50), (2, 200), False)
    assert hear(music(end_s=2.9), PAIR).is_short
    names = ["vocal", "vocals", "singing", "voice", "male", "female", "man", "woman"]
    names += ["male vocal", "female vocal", "male voice", "female voice"]
    assert heard.voice == pytest.approx(sum(heard.magnatagatune[name] for name in names))
    assert list(heard.million_song)[:2] == ["rock", "pop"]


@pytest.mark.parametrize(("samples", "words"), [
    (np.zeros(160_000), "silent"), (RANDOM.normal(0, 3e-4, 160_000), "silent"), (np.zeros(0), "too short: 0.0 s"),
    (RANDOM.normal(0, 0.1, 15_000), "too short: 0.9 s"), (np.full(160_000, np.nan), "damaged"),
    (np.full(160_000, np.inf), "damaged"),
])  # fmt: skip
def test_what_the_networks_are_not_asked_about(samples: np.ndarray, words: str) -> None:
    with pytest.raises(NothingHeardError, match=words):
        hear(samples.astype(np.float32), PAIR)


def test_stereo_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="mono"):
        hear(np.zeros((2, 16_000), np.float32), PAIR)


@needs_wheel
def test_the_published_networks_hear_a_rock_band() -> None:
    found = tags.measure_tags(Clip(DEMO / "Gravel Road.ogg", 0, 10))
    assert found.reason is None
    assert found.tags is not None
    assert found.genre is not None
    assert {(tag.kind, tag.label) for tag in found.tags} == {
        ("style", "rock"), ("instrument", "electric guitar"), ("percussion", "drums")}  # fmt: skip
    assert (found.genre.label, found.genre.source) == ("rock", "musicnn")


@needs_wheel
def test_of_a_long_section_ten_parts_are_decoded(tmp_path: Path) -> None:
    samples = np.tile(music(), 60)  # ten minutes
    soundfile.write(tmp_path / "long.wav", samples, 16_000)
    started = time.process_time()
    found = tags.measure_tags(Clip(tmp_path / "long.wav"))
    assert time.process_time() - started < 4
    assert found.tags is not None
    assert "rock" in {tag.label for tag in found.tags}


@needs_wheel
def test_silence_around_the_music_changes_nothing(tmp_path: Path) -> None:
    samples, silence = music(), np.zeros(5 * 16_000, np.float32)
    soundfile.write(tmp_path / "a.wav", np.concatenate([silence, samples, silence]), 16_000)
    soundfile.write(tmp_path / "silent.wav", silence, 16_000)
    heard = tags.measure_tags(Clip(tmp_path / "a.wav")).tags
    assert heard is not None
    assert {"rock", "electric guitar"} <= {tag.label for tag in heard}
    silent = tags.measure_tags(Clip(tmp_path / "silent.wav"))
    assert silent == tags.Tagged(None, [], None, "The section is silent.")
