"""Decoding, seeking and resampling, against signals whose samples are known."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from j2a.audio import AudioReader, compute_peaks, load, probe, stream
from j2a.clip import Clip
from j2a.errors import AudioError
from tests.unit.audio.tones import RATE, tone, written

LOSSLESS = [("wav", "WAV", "PCM_16"), ("wav", "WAV", "FLOAT"), ("w64", "W64", "PCM_24"), ("flac", "FLAC", "PCM_16"),
            ("aiff", "AIFF", "PCM_16"), ("caf", "CAF", "PCM_16")]
LOSSY = [("ogg", "OGG", "VORBIS"), ("mp3", "MP3", "MPEG_LAYER_III"), ("opus", "OGG", "OPUS")]


@pytest.mark.parametrize(("suffix", "container", "subtype"), LOSSLESS)
def test_lossless_formats_give_back_their_samples(tmp_path: Path, suffix: str, container: str, subtype: str) -> None:
    samples = tone(2.0)
    path = written(tmp_path, suffix, container, subtype, samples)
    info = probe(path)
    assert (info.sample_rate, info.channels, info.frames) == (RATE, 2, len(samples))
    assert info.duration_s == pytest.approx(2.0)
    with AudioReader(path) as reader:
        read = np.concatenate([reader.read(30_000), reader.read(30_000), reader.read(10**9)])
        assert reader.read(10).shape == (0, 2)
    np.testing.assert_allclose(read, samples, atol=2e-4 if "24" not in subtype else 1e-6)


@pytest.mark.parametrize(("suffix", "container", "subtype"), LOSSY)
def test_lossy_formats_sound_the_same(tmp_path: Path, suffix: str, container: str, subtype: str) -> None:
    samples = tone(3.0, rate=48_000)
    path = written(tmp_path, suffix, container, subtype, samples, 48_000)
    decoded = load(Clip(path), 48_000)
    wanted = samples.mean(axis=1)
    length = min(len(decoded), len(wanted))
    assert abs(len(decoded) - len(wanted)) < 3_000  # codecs pad to whole frames
    delays = range(2_500)  # of the encoder, in samples
    assert max(float(np.corrcoef(decoded[lag:length], wanted[:length - lag])[0, 1]) for lag in delays) > 0.99


@pytest.mark.parametrize(("suffix", "container", "subtype"), LOSSLESS[:1] + LOSSLESS[3:4] + LOSSY)
def test_seeking_gives_the_samples_that_reading_through_gives(
        tmp_path: Path, suffix: str, container: str, subtype: str) -> None:
    rate = 48_000
    path = written(tmp_path, suffix, container, subtype, tone(6.0, rate), rate)
    with AudioReader(path) as reader:
        everything = reader.read(10 * rate)
        reader.seek(0)
        in_blocks = np.concatenate([reader.read(7_001) for _ in range(len(everything) // 7_001 + 1)])
        np.testing.assert_allclose(in_blocks, everything, atol=1e-6)
        for position_s in (3.3, 0.5, 5.1, 0.0):
            reader.seek(position_s)
            start = round(position_s * rate)
            np.testing.assert_allclose(reader.read(4_000), everything[start:start + 4_000], atol=2e-3)
        reader.seek(1e6)
        assert len(reader.read(100)) == 0


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_resampling_keeps_pitch_level_and_length(tmp_path: Path, rate: int, channels: int) -> None:
    path = written(tmp_path, "wav", "WAV", "FLOAT", tone(2.0, rate, channels), rate)
    heard = load(Clip(path), RATE)
    wanted = tone(2.0, RATE, channels).mean(axis=1)
    assert heard.dtype == np.float32
    assert abs(len(heard) - len(wanted)) <= 1
    middle = slice(RATE // 4, -RATE // 4)
    np.testing.assert_allclose(heard[:len(wanted)][middle], wanted[:len(heard)][middle], atol=2e-3)


def test_a_short_mp3_needs_no_other_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    path = written(tmp_path, "mp3", "MP3", "MPEG_LAYER_III", tone(0.4))
    assert probe(path).duration_s == pytest.approx(0.4, abs=0.1)


def test_stereo_stream_keeps_the_channels_apart(tmp_path: Path) -> None:
    samples = tone(1.0, 48_000)
    samples[:, 1] = 0
    path = written(tmp_path, "wav", "WAV", "FLOAT", samples, 48_000)
    blocks = list(stream(Clip(path), RATE, mono=False, block_s=0.3))
    assert len(blocks) > 2
    heard = np.concatenate(blocks)
    assert heard.shape[1] == 2
    assert np.abs(heard[:, 0]).max() > 0.5
    assert np.abs(heard[:, 1]).max() == 0


def test_block_size_does_not_change_the_samples(tmp_path: Path) -> None:
    path = written(tmp_path, "flac", "FLAC", "PCM_16", tone(3.0))
    whole = np.concatenate(list(stream(Clip(path, 0.5, 2.5), 16_000, block_s=60)))
    for block_s in (0.01, 0.37, 1.0):
        np.testing.assert_allclose(np.concatenate(list(stream(Clip(path, 0.5, 2.5), 16_000, block_s=block_s))), whole,
                                   atol=1e-6)


def test_a_clip_is_cut_out_where_it_says(tmp_path: Path) -> None:
    samples = tone(4.0, channels=1)
    path = written(tmp_path, "wav", "WAV", "FLOAT", samples)
    np.testing.assert_array_equal(load(Clip(path, 1.0, 2.5), RATE), samples[RATE:round(2.5 * RATE), 0])
    np.testing.assert_array_equal(load(Clip(path, 3.5, 99.0), RATE), samples[round(3.5 * RATE):, 0])


def test_a_clip_that_starts_after_the_end_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "wav", "WAV", "PCM_16", tone(1.0))
    for start_s in (1.0, 50.0):
        with pytest.raises(AudioError, match=r"ends at 1\.00 s"):
            load(Clip(path, start_s), RATE)
        with pytest.raises(AudioError, match=r"ends at 1\.00 s"):
            compute_peaks(Clip(path, start_s), 10)


def test_files_that_are_no_audio_say_so(tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    text = tmp_path / "text.mp3"
    text.write_text("These are words, not music.\n" * 200, encoding="utf-8")
    (listed := tmp_path / "list.M3U8").write_text("#EXTM3U\na.mp3\n", encoding="utf-8")
    playlist = tmp_path / "list.m4a"
    playlist.write_text("#EXTM3U\n#EXTINF:10,\nhttp://localhost:1/secret\n", encoding="utf-8")
    raw = tmp_path / "samples.raw"
    raw.write_bytes(bytes(1000))
    no_frames = tmp_path / "nothing.wav"
    soundfile.write(no_frames, np.zeros((0, 1)), RATE)
    os.mkfifo(pipe := tmp_path / "pipe.wav")
    (device := tmp_path / "endless.wav").symlink_to("/dev/zero")
    (link := tmp_path / "link.ogg").symlink_to("gone.ogg")
    (circle := tmp_path / "circle.ogg").symlink_to("circle.ogg")
    for path, words in ((empty, "empty"), (text, "not audio"), (playlist, "not audio"), (raw, "not audio"),
                        (no_frames, "no sound"), (tmp_path, "folder"), (tmp_path / "gone.flac", "There is no file"),
                        (listed, "a list of files"), (tmp_path / "https:" / "a.org" / "b.mp3", "an address"),
                        (pipe, "a pipe or a device"), (device, "a pipe or a device"), (link, "a link to a file"),
                        (circle, "a link to a file")):  # fmt: skip
        with pytest.raises(AudioError, match=words) as caught:
            probe(path)
        assert str(path.name) in caught.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, "wav", "WAV", "PCM_16", tone(0.1))
    path.chmod(0)
    with pytest.raises(AudioError, match="cannot be opened"):
        probe(path)


def test_a_truncated_flac_plays_up_to_the_break_and_then_says_so(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (10 * RATE, 1)).astype(np.float32)
    path = written(tmp_path, "flac", "FLAC", "PCM_16", noise)
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    np.testing.assert_allclose(load(Clip(path, 1.0, 2.0), RATE), noise[RATE:2 * RATE, 0], atol=1e-4)
    for clip in (Clip(path), Clip(path, 7.0, 8.0)):
        with pytest.raises(AudioError, match="damaged or cut short"):
            load(clip, RATE)
    with pytest.raises(AudioError, match="damaged or cut short"):
        compute_peaks(Clip(path), 50)


def test_names_that_are_no_valid_text_are_read(tmp_path: Path) -> None:
    good = written(tmp_path, "wav", "WAV", "PCM_16", tone(0.5))
    for name in (b"[bold] \xff.wav", "naïve 日本.wav".encode(), b"-dash\n.wav"):
        path = tmp_path / os.fsdecode(name)
        path.write_bytes(good.read_bytes())
        assert probe(path).frames == RATE // 2


def test_an_hour_is_never_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "hour.wav"
    minute = tone(60.0, 8_000, 1)
    with soundfile.SoundFile(path, "w", 8_000, 1, subtype="PCM_16") as file:
        for _ in range(60):
            file.write(minute)
    hour_bytes = 3600 * 8_000 * 4
    tracemalloc.start()
    try:
        peaks = compute_peaks(Clip(path), 200)
        seconds = sum(len(block) for block in stream(Clip(path), 16_000)) / 16_000
        highest = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seconds == pytest.approx(3600, abs=0.01)
    assert peaks.peak.max() == pytest.approx(0.7, abs=0.01)
    assert highest < hour_bytes / 20


def test_the_interface_can_import_it_cheaply() -> None:
    code = ("import sys, j2a.audio; "
            "print([m for m in ('torch', 'librosa', 'madmom', 'scipy', 'transformers', 'av') if m in sys.modules])")
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
