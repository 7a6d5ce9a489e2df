"""Formats that only PyAV reads, and the mp3 whose length nobody wrote down."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from j2a.audio import AudioReader, compute_peaks, load, probe
from j2a.clip import Clip
from j2a.errors import AudioError

pytest.importorskip("av", reason='needs the extra: pip install "j2a[av]"')
from tests.unit.audio.encoded import RATE, chirp, encoded

MILLISECOND = 45  # samples: the time stamps of Matroska and WMA are no finer
# suffix, FFmpeg's container, codec, samples are exact
FORMATS = [("m4a", "ipod", "aac", False), ("aac", "adts", "aac", False), ("wma", "asf", "wmav2", False),
           ("wv", "wv", "wavpack", True), ("mka", "matroska", "flac", True), ("oga", "ogg", "flac", True),
           ("m4a", "ipod", "alac", True), ("caf", "caf", "alac", True)]


@pytest.mark.parametrize(("suffix", "container", "codec", "exact"), FORMATS)
def test_they_are_read_and_sought(tmp_path: Path, suffix: str, container: str, codec: str, exact: bool) -> None:
    samples = chirp(6.0)
    path = encoded(tmp_path / f"song.{suffix}", container, codec, samples)
    info = probe(path)
    assert (info.sample_rate, info.channels) == (RATE, 2)
    assert info.duration_s == pytest.approx(6.0, abs=0.1)
    with AudioReader(path) as reader:
        everything = np.concatenate([reader.read(50_000) for _ in range(8)])
        for position_s in (4.2, 1.0, 5.0, 0.0):
            reader.seek(position_s)
            start = round(position_s * RATE)
            found = reader.read(5_000)
            lags = range(-MILLISECOND, MILLISECOND) if start and suffix in ("mka", "wma") else (0,)
            assert min(np.abs(found - everything[start + lag:start + lag + 5_000]).max() for lag in lags) < 5e-3
    assert len(everything) == pytest.approx(6.0 * RATE, abs=0.1 * RATE)
    delays = range(1) if exact else range(-2_100, 3_000)  # samples that a lossy codec adds or drops at the start
    middle = samples[100_000:120_000, 0]
    best = max(float(np.corrcoef(everything[100_000 + n:120_000 + n, 0], middle)[0, 1]) for n in delays)
    assert best > 0.995


def test_ogg_flac_is_sought_right_everywhere(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.oga", "ogg", "flac", chirp(20.0))
    with AudioReader(path) as reader:
        everything = reader.read(30 * RATE)
        for position_s in np.arange(19.5, 0, -0.74):
            reader.seek(float(position_s))
            start = round(float(position_s) * RATE)
            np.testing.assert_array_equal(reader.read(100), everything[start:start + 100])


@pytest.mark.parametrize("seconds", [0.01, 1.0, 2.0, 4096 * 5 / RATE, (4096 * 5 + 1) / RATE, (4096 * 5 - 1) / RATE])
def test_alac_in_caf_is_read_to_its_end(tmp_path: Path, seconds: float) -> None:
    """FFmpeg cuts from the last packet twice what it lacks."""
    sound = chirp(seconds)
    path = encoded(tmp_path / "a.caf", "caf", "alac", sound)
    with AudioReader(path) as reader:
        assert reader.info.frames == len(sound)
        whole = reader.read(len(sound) + 1)
        np.testing.assert_allclose(whole, sound, atol=1e-4)
        for start in (0, len(sound) // 2, len(sound) - 100):
            reader.seek(start / RATE)
            np.testing.assert_array_equal(reader.read(len(sound)), whole[start:])


def test_six_channels(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.mka", "matroska", "flac", chirp(1.0, 6))
    assert probe(path).channels == 6
    assert len(load(Clip(path), 16_000)) == pytest.approx(16_000, abs=20)


def variable_rate_mp3(path: Path, *, xing: bool) -> Path:
    """Quiet first, loud noise later: the first frames are much smaller than the average."""
    samples = chirp(40.0)
    samples[:12 * RATE] *= 0.001
    samples[12 * RATE:] += np.random.default_rng(0).uniform(-0.4, 0.4, (28 * RATE, 2)).astype(np.float32)
    return encoded(path, "mp3", "libmp3lame", samples, {"write_xing": "1" if xing else "0", "id3v2_version": "0"},
                   {"q": "2"} if xing else {"global_quality": "236", "flags": "+qscale"})


def test_an_mp3_without_its_length_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = variable_rate_mp3(tmp_path / "song.mp3", xing=False)
    monkeypatch.setitem(sys.modules, "j2a.audio.av_source", None)  # in the default install
    guessed_s = soundfile.info(path).duration
    assert abs(guessed_s - 40.0) > 2.0, "this file no longer shows the fault"
    info = probe(path)
    assert info.duration_s == pytest.approx(40.0, abs=0.2)
    assert len(load(Clip(path, 30.0), 16_000)) == pytest.approx(10 * 16_000, abs=0.2 * 16_000)
    assert compute_peaks(Clip(path), 40).peak[-2] > 0.1
    with AudioReader(path) as reader:
        everything = reader.read(50 * RATE)
        for position_s in (35.0, 13.0, 25.5):
            reader.seek(position_s)
            start = round(position_s * RATE)
            np.testing.assert_allclose(reader.read(20_000), everything[start:start + 20_000], atol=5e-3)


def test_without_pyav_the_message_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    song = encoded(tmp_path / "song.m4a", "ipod", "aac", chirp(1.0))
    apple = encoded(tmp_path / "loop.caf", "caf", "alac", chirp(1.0))
    monkeypatch.delitem(sys.modules, "j2a.audio.av_source", raising=False)
    monkeypatch.setitem(sys.modules, "av", None)
    for path in (song, apple):
        with pytest.raises(AudioError) as caught:
            probe(path)
        assert 'pip install "j2a[av]"' in caught.value.hint
        assert path.name in caught.value.message


def test_a_broken_file_is_an_audio_error(tmp_path: Path) -> None:
    song = encoded(tmp_path / "song.m4a", "ipod", "aac", chirp(3.0))
    data = song.read_bytes()
    for name, damaged in (("head.m4a", data[:64]), ("zeros.m4a", data[:40] + bytes(5_000))):
        path = tmp_path / name
        path.write_bytes(damaged)
        with pytest.raises(AudioError):
            load(Clip(path), RATE)


def test_a_stream_whose_channels_change_is_read_whole(tmp_path: Path) -> None:
    """As of a radio station that plays old records between new ones."""
    mono, stereo = (encoded(tmp_path / f"{n}.aac", "adts", "aac", chirp(2.0, n)) for n in (1, 2))
    path = tmp_path / "radio.aac"
    path.write_bytes(mono.read_bytes() + stereo.read_bytes())
    heard = load(Clip(path), RATE)
    assert len(heard) == pytest.approx(4.0 * RATE, abs=0.1 * RATE)
    assert min(np.abs(heard[RATE:RATE + 4_000]).max(), np.abs(heard[3 * RATE:3 * RATE + 4_000]).max()) > 0.1
