"""The example of docs, as it stands there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from tests.places import DEMO, ROOT


@pytest.mark.long
def test_the_example_captions_edits_and_exports(tmp_path: Path) -> None:
    music = tmp_path / "album"
    music.mkdir()
    samples, rate = soundfile.read(DEMO / "Harbour Waltz.ogg", stop=44_100 * 6)
    soundfile.write(music / "waltz.flac", samples, rate)
    (music / "broken.mp3").write_bytes(b"no sound")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(2):  # the second time there is nothing left to do
        done = subprocess.run(
            [sys.executable, str(ROOT / "docs" / "example.py"), str(music)], env=environment, capture_output=True,
            text=True, timeout=110,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        said = done.stdout.splitlines()
        assert "broken.mp3 has failed" in said[0]
        assert said[1:] == ["Windows in the app: 1", "Captions in album.jsonl: 1"]
    assert (tmp_path / "album.csv").read_text(encoding="utf-8").count("waltz.flac") == 1
    assert "in a kitchen" in (tmp_path / "album.jsonl").read_text(encoding="utf-8")
