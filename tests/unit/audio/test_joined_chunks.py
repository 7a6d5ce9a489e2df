"""WAV and AIFF files that lie one behind the other in one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from j2a.audio import AudioReader, probe


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
