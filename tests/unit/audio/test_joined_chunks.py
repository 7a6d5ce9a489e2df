"""WAV and AIFF files that lie one behind the other in one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from j2a.audio import AudioReader, probe
from tests.unit.audio.odd_files import id3


def read(reader: AudioReader, frames: int) -> NDArray[np.float32]:
    """A read ends with a part."""
    blocks: list[NDArray[np.float32]] = []
    while frames and len(block := reader.read(frames)):
        blocks.append(block)
        frames -= len(block)
    return np.concatenate(blocks)


@pytest.mark.parametrize(("form", "subtype"), [("WAV", "PCM_16"), ("AIFF", "PCM_16"), ("AIFF", "FLOAT")])
def test_joined_files_of_chunks_are_read_whole(tmp_path: Path, form: str, subtype: str) -> None:
    rng = np.random.default_rng(0)
    path, parts = tmp_path / f"joined.{form.lower()}", []
    with path.open("wb") as joined:
        for number, frames in enumerate((30_001, 8_000, 50_003)):
            parts.append(rng.uniform(-0.5, 0.5, (frames, 2)).astype(np.float32))
            one = tmp_path / f"{number}.{form.lower()}"
            soundfile.write(one, parts[-1], 44_100, subtype)
            parts[-1] = soundfile.read(one, dtype="float32", always_2d=True)[0]
            joined.write(one.read_bytes())
    whole = np.concatenate(parts)
    assert probe(path).frames == len(whole)
    with AudioReader(path) as reader:
        assert np.array_equal(read(reader, len(whole)), whole)
        reader.seek(29_990 / 44_100)
        assert np.array_equal(read(reader, 9_000), whole[29_990:38_990])


def wav(folder: Path, frames: int, seed: int) -> tuple[bytes, NDArray[np.float32]]:
    path = folder / f"{seed}.wav"
    soundfile.write(path, np.random.default_rng(seed).uniform(-0.5, 0.5, (frames, 2)), 44_100, "PCM_16")
    return path.read_bytes(), soundfile.read(path, dtype="float32", always_2d=True)[0]


def told(data: bytes, riff: int | None = None, sound: int | None = None) -> bytes:
    """With other sizes in its header."""
    if riff is not None:
        data = data[:4] + riff.to_bytes(4, "little") + data[8:]
    return data if sound is None else data[:40] + sound.to_bytes(4, "little") + data[44:]


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"riff": 0},
        {"riff": 0, "sound": 0},
        {"riff": 36},
        {"riff": 0xFFFFFFFF, "sound": 0xFFFFFFFF},
        {"riff": 200_000},
    ],
)
@pytest.mark.parametrize("between", [b"", b"\0", b"garbage" * 50])
def test_wrong_sizes_and_what_lies_between_hide_no_part(tmp_path: Path, sizes: dict[str, int], between: bytes) -> None:
    (one, first), (other, second) = wav(tmp_path, 30_000, 1), wav(tmp_path, 20_000, 2)
    path = tmp_path / "joined.wav"
    path.write_bytes(id3(500) + told(one, **sizes) + between + other)
    with AudioReader(path) as reader:
        found = read(reader, 60_000)
    gap = len(found) - 50_000  # where nobody wrote how long the sound is, all before the next header may be some
    assert 0 <= gap <= len(between) // 4
    assert np.array_equal(found[:30_000], first)
    assert np.array_equal(found[-20_000:], second)


def test_a_header_among_the_samples_is_none(tmp_path: Path) -> None:
    (one, _), (inside, _) = wav(tmp_path, 30_000, 1), wav(tmp_path, 1_000, 2)
    path = tmp_path / "a.wav"
    path.write_bytes(told(one[:44] + inside + one[44 + len(inside) :], riff=36))
    assert probe(path).frames == 30_000
