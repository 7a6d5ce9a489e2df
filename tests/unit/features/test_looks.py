"""Pictures of sound: what lies where in them, and that they cost the same for an hour as for ten seconds."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from j2a.cache import Cache
from j2a.clip import Clip
from j2a.errors import AudioError
from j2a.features import chroma, looks, mel
from j2a.features.looks import LOOKS, RATE, ROWS, look, remembered_look
from j2a.features.record import LookKind


def tones(path: Path, *hz: float, seconds: float = 4.0, rate: int = 44_100) -> Path:
    """One tone after the other."""
    time_s = np.arange(round(seconds * rate)) / rate
    soundfile.write(path, np.concatenate([0.5 * np.sin(2 * np.pi * one * time_s) for one in hz]), rate)
    return path


def test_a_pitch_class_lies_in_its_row_while_it_sounds(tmp_path: Path) -> None:
    drawn = look(Clip(tones(tmp_path / "s.wav", 440.0, 523.25)), "chroma", 80)
    assert drawn is not None
    assert drawn.levels.shape == (12, 80)
    assert set(drawn.levels[:, 4:36].argmax(axis=0)) == {9}  # A
    assert set(drawn.levels[:, 44:76].argmax(axis=0)) == {0}  # C


def test_channels_that_cancel_each_other_are_seen(tmp_path: Path) -> None:
    one = look(Clip(tones(tmp_path / "one.wav", 440.0)), "mel", 20)
    samples, rate = soundfile.read(tmp_path / "one.wav")
    soundfile.write(tmp_path / "both.wav", np.stack([samples, -samples], axis=1), rate)
    both = look(Clip(tmp_path / "both.wav"), "mel", 20)
    assert one is not None and both is not None and one.levels.any()
    np.testing.assert_array_equal(both.levels, one.levels)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("kind", LOOKS)
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30, 3e38])
def test_damaged_floats_are_drawn_as_something(tmp_path: Path, kind: LookKind, value: float) -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (RATE, 2))
    samples[::500] = value, -value
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    drawn = look(Clip(tmp_path / "a.wav"), kind, 20)
    assert drawn is not None and drawn.levels.any()


def test_the_filters_are_librosas() -> None:
    import librosa

    mels = librosa.filters.mel(sr=RATE, n_fft=2048, n_mels=ROWS["mel"], fmin=30.0).T
    np.testing.assert_allclose(mel.filters(RATE, 2048, ROWS["mel"], 30.0), mels, atol=1e-8)
    classes = librosa.filters.chroma(sr=RATE, n_fft=4096, tuning=0.0).T
    np.testing.assert_allclose(chroma.filters(RATE, 4096), classes, atol=1e-7)


def test_higher_tones_lie_in_higher_bands_as_librosa_has_it(tmp_path: Path) -> None:
    import librosa

    path = tones(tmp_path / "s.wav", 220.0, 3000.0)
    drawn = look(Clip(path), "mel", 40)
    assert drawn is not None
    rows = drawn.levels.argmax(axis=0)
    centres = librosa.mel_frequencies(ROWS["mel"] + 2, fmin=30.0, fmax=RATE / 2)[1:-1]
    assert abs(centres[rows[10]] - 220) < 60
    assert abs(centres[rows[30]] - 3000) < 250
    assert (np.abs(np.diff(rows)) > 3).sum() == 1, "one change, in the middle"
    assert drawn.levels.max() == 255


def test_blocks_leave_no_seams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.wav"
    soundfile.write(path, np.random.default_rng(3).normal(0, 0.1, (6 * RATE, 2)), RATE)
    whole = look(Clip(path, 0.5, 5.5), "mel", 120)
    monkeypatch.setattr(looks, "_BLOCK_S", 0.7)
    pieces = look(Clip(path, 0.5, 5.5), "mel", 120)
    assert whole is not None
    assert pieces is not None
    assert np.abs(whole.levels.astype(int) - pieces.levels).max() <= 1


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.9])
def test_short_clips_fill_every_column(tmp_path: Path, seconds: float) -> None:
    drawn = look(Clip(tones(tmp_path / "s.wav", 440.0, seconds=seconds)), "mel", 480)
    assert drawn is not None
    assert drawn.levels.shape == (48, 480)
    assert drawn.levels.max(axis=0).min() > 0


def test_silence_is_dark_and_nothing_is_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "s.wav", np.zeros(RATE), RATE)
    drawn = look(Clip(tmp_path / "s.wav"), "chroma", 30)
    assert drawn is not None
    assert not drawn.levels.any()
    soundfile.write(tmp_path / "n.wav", np.full(RATE, np.nan, np.float32), RATE, subtype="FLOAT")
    drawn = look(Clip(tmp_path / "n.wav"), "mel", 30)
    assert drawn is not None
    assert not drawn.levels.any()
    with pytest.raises(ValueError, match="nothing is drawn"):
        look(Clip(tmp_path / "s.wav"), "wave", 30)  # type: ignore[arg-type]
    with pytest.raises(AudioError):
        look(Clip(tmp_path / "there is none.wav"), "mel", 30)


def test_it_is_kept_and_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, kept = Clip(tones(tmp_path / "s.wav", 440.0)), Cache(tmp_path / "cache")
    monkeypatch.setattr(looks, "_BLOCK_S", 0.5)
    asked: list[bool] = []

    def after_three() -> bool:
        asked.append(True)
        return len(asked) > 3

    assert remembered_look(clip, "mel", 99, kept, after_three) is None
    assert len(asked) == 4, "it stops at the next block"
    first = remembered_look(clip, "mel", 99, kept)
    monkeypatch.setattr(looks, "look", None)
    again = remembered_look(clip, "mel", 99, kept)
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first.levels, again.levels)
    sent = again.to_json()
    assert (sent["kind"], sent["rows"], sent["columns"]) == ("mel", 48, 99)
    assert base64.b64decode(sent["levels"]) == first.levels.tobytes()


@pytest.mark.long
def test_an_hour_takes_no_more_memory_than_a_minute(tmp_path: Path) -> None:
    code = """
import resource, sys
from j2a.clip import Clip
from j2a.features.looks import look
look(Clip(sys.argv[1], 0, 60), "mel", 480)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert look(Clip(sys.argv[1]), "mel", 480).levels.shape == (48, 480)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    soundfile.write(tmp_path / "hour.flac", np.random.default_rng(1).normal(0, 0.1, 3600 * 8000), 8000)
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "hour.flac")], capture_output=True, text=True,
                          check=True)
    assert int(done.stdout) < 40_000  # KiB
