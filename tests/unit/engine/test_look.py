"""A picture of a clip, asked of the engine."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

from j2a.clip import Clip
from j2a.engine.jobs import Jobs
from j2a.engine.messages import Done, Event, Look, decode_event, decode_request, encode_event, encode_request


def song(folder: Path) -> Path:
    path = folder / "song.wav"
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 440 * np.arange(3 * 22_050) / 22_050), 22_050)
    return path


def test_it_comes_back_small_through_the_pipe(tmp_path: Path) -> None:
    request = Look(Clip(song(tmp_path), 0.5, 2.5), "chroma", 40)
    assert decode_request(encode_request(7, request)) == (7, request)
    events: list[Event] = []
    done = Jobs(events.append).run(7, request, lambda: False)
    line = encode_event(done)
    assert decode_event(line) == done
    assert isinstance(done, Done)
    assert not done.cancelled
    levels = np.frombuffer(base64.b64decode(done.result["levels"]), np.uint8).reshape(12, 40)
    assert set(levels.argmax(axis=0)) == {9}
    assert len(line) < 2000


def test_one_that_is_cancelled_brings_nothing(tmp_path: Path) -> None:
    done = Jobs(lambda event: None).run(7, Look(Clip(song(tmp_path)), "mel", 40), lambda: True)
    assert isinstance(done, Done)
    assert (done.cancelled, done.result) == (True, {})


def test_nothing_heavy_is_loaded_for_it(tmp_path: Path) -> None:
    code = """
import sys
from j2a.clip import Clip
from j2a.engine.jobs import Jobs
from j2a.engine.messages import Look
jobs = Jobs(print)
jobs.run(1, Look(Clip(sys.argv[1]), "mel", 40), lambda: False)
print([name for name in ("librosa", "scipy", "torch") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code, str(song(tmp_path))], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
