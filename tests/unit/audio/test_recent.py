"""A short clip is decoded once for all who listen to it, and never given for another sound."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from j2a.audio import decode
from j2a.audio.recent import KEPT_S, mono_of
from j2a.clip import Clip
from j2a.errors import AudioError

RATE = 8000


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Clip]:
    """The clips that were decoded."""
    seen: list[Clip] = []
    read = decode.read_blocks

    def noted(clip: Clip, block_s: float = 5.0):  # type: ignore[no-untyped-def]
        seen.append(clip)
        return read(clip, block_s)

    monkeypatch.setattr(decode, "read_blocks", noted)
    return seen


def write(path: Path, seconds: float, seed: int = 0, channels: int = 2) -> Clip:
    """Noise."""
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, (round(seconds * RATE), channels)).astype(np.float32)
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return Clip(path)


def test_all_rates_of_a_clip_come_of_one_decoding(tmp_path: Path, decoded: list[Clip]) -> None:
    clip = write(tmp_path / "a.wav", 2)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda rate: decode.load(clip, rate), [RATE, 16_000, 22_050, RATE]))
    assert decoded == [clip]
    assert [len(samples) for samples in found] == [16_000, 32_000, 44_100, 16_000]
    np.testing.assert_array_equal(found[0], soundfile.read(clip.path, dtype="float32")[0].mean(axis=1))


def test_another_part_another_file_and_a_changed_file_are_decoded(tmp_path: Path, decoded: list[Clip]) -> None:
    clip = write(tmp_path / "a.wav", 2)
    first = decode.load(clip, RATE)
    part = decode.load(Clip(clip.path, 0.5, 1.5), RATE)
    np.testing.assert_array_equal(part, first[RATE // 2 : 3 * RATE // 2])
    other = decode.load(write(tmp_path / "b.wav", 2, seed=1), RATE)
    assert not np.array_equal(other, first)
    before = clip.path.stat()
    decode.load(clip, RATE)
    write(clip.path, 2, seed=2)
    os.utime(clip.path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert not np.array_equal(decode.load(clip, RATE), first)
    assert len(decoded) == 5


def test_a_long_clip_is_not_kept(tmp_path: Path, decoded: list[Clip]) -> None:
    clip = write(tmp_path / "a.wav", KEPT_S + 1)
    for _ in range(2):
        decode.load(clip, RATE)
    assert len(decoded) == 2


def test_what_is_kept_cannot_be_written_into(tmp_path: Path) -> None:
    for samples in decode.stream(write(tmp_path / "a.wav", 1), RATE):
        with pytest.raises(ValueError, match="read-only"):
            samples[:] = 0


def test_a_file_that_goes_is_missed(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.wav", 1)
    decode.load(clip, RATE)
    clip.path.unlink()
    with pytest.raises(AudioError):
        decode.load(clip, RATE)


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_mono_is_the_mean_of_the_channels_to_the_bit(channels: int) -> None:
    block = np.random.default_rng(channels).uniform(-1, 1, (5000, channels)).astype(np.float32)
    np.testing.assert_array_equal(mono_of(block), block.mean(axis=1, dtype=np.float32))
    assert mono_of(block[:0]).shape == (0,)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_floats_that_no_sound_has_are_infinite_and_those_that_were_integers_are_sound() -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, (1000, 2)).astype(np.float32)
    for scale in (1.0, 2.0**15, 2.0**31):
        assert np.isfinite(mono_of(noise * np.float32(scale))).all()
    for value in (3e38, -3e38, 1e20, np.inf, -np.inf, np.nan):
        noise[500] = value
        assert not np.isfinite(mono_of(noise)[500]), value
        assert np.isfinite(np.delete(mono_of(noise), 500)).all(), value
    noise[500] = np.inf, -np.inf
    assert not np.isfinite(mono_of(noise)).all()
