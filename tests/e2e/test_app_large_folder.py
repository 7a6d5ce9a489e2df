"""The real program over 20,000 files: it lists them, moves through them, finds one, and stays small."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pexpect
import pytest

from tests.e2e.test_tui_terminal import Terminal
from tests.tui.harness import write_wave

COUNT = 20_000
# Several times what it takes, for a slow and busy machine. A widget a row or a thread that reads tags takes more.
LISTED_S = 20.0
ANSWERED_S = 3.0
MEMORY_MIB = 150
pytestmark = [pytest.mark.long, pytest.mark.timeout(120)]


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Half of the files in one folder, the others a hundred to a folder; the same sound under every name."""
    sound = write_wave(tmp_path / "sound.wav", 2.0)
    folder = tmp_path / "large"
    for number in range(COUNT):
        home = folder / "flat" if number < COUNT // 2 else folder / f"album {number // 100}"
        if number % 100 == 0:
            home.mkdir(parents=True, exist_ok=True)
        (home / f"song {number}.wav").hardlink_to(sound)
    return folder


def test_twenty_thousand_files_are_no_burden(large: Path) -> None:
    app = Terminal([str(large)], {})
    try:
        started = time.monotonic()
        app.until("20,000 files")
        assert time.monotonic() - started < LISTED_S
        app.until(lambda text: "song 10000.wav" in text)  # "album 100" comes first
        for keys, answer in (("G", "song 9999.wav"), ("g", "song 10000.wav"), ("j" * 50, "song 10050.wav")):
            started = time.monotonic()
            app.send(keys)
            app.until(lambda text, answer=answer: any("▌" in line and answer in line for line in text.splitlines()))
            assert time.monotonic() - started < ANSWERED_S, keys
        app.send("/")
        app.until("enter Keep")
        app.send("flat/song 9876")
        app.until("Files /flat/song 9876 1 ")
        app.send("\r")
        app.until("song 9876.wav  ")  # and it is opened: its name stands over the waveform
        if sys.platform.startswith("linux"):
            assert memory_mib(app.child.pid) < MEMORY_MIB
        app.send("q")
        app.child.expect(pexpect.EOF, timeout=10)
    finally:
        app.close()
    assert app.child.exitstatus == 0


def memory_mib(pid: int) -> float:
    """Proportional set size."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
