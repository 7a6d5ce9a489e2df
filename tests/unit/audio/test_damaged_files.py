"""Damaged files, from a seed: each is read or refused in words. ``python bench/odd_files.py`` tries thousands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from j2a.audio import mpeg, wav
from tests.places import ROOT
from tests.unit.audio.odd_files import frames_of, music, written


@pytest.mark.long
@pytest.mark.endurance
def test_nothing_gives_way() -> None:
    run = subprocess.run(
        [sys.executable, "bench/odd_files.py", "--files", "500", "--seed", "7"], cwd=ROOT, capture_output=True,
        text=True, timeout=110, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-2_000:]
    assert "read" in run.stdout.splitlines()[-1]


def test_frames_behind_the_end_of_the_sound_are_no_trap(tmp_path: Path) -> None:
    """An MP3 in a WAV whose "data" chunk ends before the frames do: the search for the next one never came back."""
    frames = frames_of(written(tmp_path / "a.mp3", "MP3", "MPEG_LAYER_III", music(1.0)).read_bytes())[1:]
    inside, behind = b"".join(frames[:10]), b"".join(frames[10:])
    head = b"RIFF" + bytes(4) + b"WAVEfmt " + (16).to_bytes(4, "little") + b"U\0\2\0" + bytes(12) + b"data"
    for cut in (0, 7):
        path = tmp_path / f"cut-{cut}.wav"
        path.write_bytes(head + (len(inside) - cut).to_bytes(4, "little") + inside + behind)
        place = wav.mpeg_in(path)
        assert place is not None
        [run] = mpeg.runs(path, *place)
        assert run.frames == (10 if cut == 0 else 9)
        assert all(start <= end <= place[1] for start, end in run.ranges)
