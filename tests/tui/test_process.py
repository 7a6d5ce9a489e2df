"""The interface's process: what it loads, what it does with other people's writes, how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.places import ROOT
from tests.tui.harness import write_wave

HEAVY = ("torch", "transformers", "madmom", "librosa", "tokenizers", "j2a.models", "j2a.engine.worker", "training")

PAINTED = """
import asyncio, sys
from pathlib import Path
from j2a_tui.app import J2AApp

async def main():
    app = J2AApp(Path(sys.argv[1]))  # with the real engine and the real player
    async with app.run_test() as pilot:
        while app.transport.duration_s is None or app.desk.waveform._detail == ((), ()):
            await pilot.pause(0.05)
        print(" ".join(sorted(sys.modules)))
        await pilot.press("q")

asyncio.run(main())
"""

NOISY = """
import os, sys
from pathlib import Path
from j2a_tui.app import J2AApp
from j2a_tui.cli import native_noise_in_log

class Noisy(J2AApp):
    def on_mount(self):
        os.write(2, b"ALSA lib " + b"noise")
        if sys.argv[2] == "crash":
            self.set_timer(0.3, lambda: 1 / 0)

with native_noise_in_log():
    app = Noisy(Path(sys.argv[1]))
    app.run()
sys.stderr.write("after the app\\n")
sys.exit(app.return_code)
"""


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "J2A_HOME": str(home), "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}


def test_the_app_has_painted_and_played_without_the_models(music: Path, j2a_home: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PAINTED, str(music)], env=environment(j2a_home), check=True, cwd=ROOT,
                          capture_output=True, text=True, timeout=60)
    loaded = done.stdout.split()
    assert "j2a_tui.app" in loaded
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_the_command_line_starts_light() -> None:
    done = subprocess.run([sys.executable, "-c", "import sys, j2a_tui.cli; print(' '.join(sys.modules))"], check=True,
                          cwd=ROOT, capture_output=True, text=True)
    assert not {"textual", "numpy", "soundfile", "sounddevice", *HEAVY} & set(done.stdout.split())


@pytest.mark.parametrize("end", ["quit", "crash"])
def test_native_writes_go_to_the_log_and_tracebacks_to_the_terminal(
    music: Path, tmp_path: Path, j2a_home: Path, end: str
) -> None:
    script = tmp_path / "noisy.py"
    script.write_text(NOISY)
    child = pexpect.spawn(sys.executable, [str(script), str(music), end], env=environment(j2a_home), cwd=str(ROOT),
                          encoding="utf-8", timeout=30, dimensions=(24, 80))
    child.expect("Files")
    if end == "quit":
        child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    seen = child.before or ""
    assert "ALSA lib noise" in (j2a_home / "log" / "app.log").read_text()
    assert "ALSA lib noise" not in seen
    assert "after the app" in seen
    assert ("ZeroDivisionError" in seen) == (end == "crash")
    assert child.exitstatus == (1 if end == "crash" else 0)


def run_plain(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "j2a_tui.cli", *arguments], env=environment(home), cwd=ROOT,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=110)


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path, j2a_home: Path) -> None:
    done = run_plain(j2a_home, str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "nowhere does not exist" in done.stderr
    assert "j2a-tui [FOLDER]" in done.stderr


def test_an_address_that_is_none_is_a_usage_error(tmp_path: Path, j2a_home: Path) -> None:
    done = run_plain(j2a_home, str(tmp_path), "--llm-url", "localhost:11434")
    assert (done.returncode, done.stdout) == (2, "")
    assert "localhost:11434 is no address of a server" in done.stderr


@pytest.mark.long
def test_without_a_terminal_the_files_are_described_in_lines(tmp_path: Path, j2a_home: Path) -> None:
    write_wave(tmp_path / "music" / "1 tone.wav", 4.0)
    (tmp_path / "music" / "2 broken.wav").write_bytes(b"RIFF but not really")
    done = run_plain(j2a_home, str(tmp_path / "music"))
    assert done.returncode == 4, done.stderr
    [line] = done.stdout.splitlines()
    name, window, caption = line.split("\t")
    assert (name, window) == ("1 tone.wav", "0:00–0:04")
    assert len(caption.split()) > 3
    assert done.stderr.startswith("No terminal here")
    assert "Cannot read the audio" in done.stderr
    assert "1 of 2 files described." in done.stderr


@pytest.mark.long
def test_a_missing_model_has_its_own_exit_code(music: Path, j2a_home: Path) -> None:
    done = run_plain(j2a_home, str(music), "--backbone", "no/such-model")
    assert done.returncode == 3, done.stderr
    assert done.stdout == ""


def test_plain_lines_tell_claims_beside_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    from j2a.features.record import Features
    from j2a_tui.plain import _tell_claims

    _tell_claims("In A minor at 120 BPM, in 3/4, with a harp.", Features(key="A minor", meter="4/4", bpm=120.0))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "  ✗ 3/4 (4/4), ✓ A minor, ✓ 120 BPM, ? harp\n"


def test_plain_lines_can_be_asked_for(j2a_home: Path, tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    done = run_plain(j2a_home, "--plain", str(tmp_path / "music"))
    assert "No audio files" in done.stderr
    assert "no app" not in done.stderr
