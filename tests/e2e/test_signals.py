"""The real programs, told to end: the terminal is as it was, everything is saved, the exit code says which signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
import time
import tomllib
from pathlib import Path

import pexpect
import pytest

from j2a.store import Store
from tests.e2e.test_tui_terminal import Terminal
from tests.places import ROOT
from tests.tui.harness import write_wave

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]
LEFT = ("\x1b[?1049l", "\x1b[?1000l", "\x1b[?25h")  # the alternate screen, mouse reports, the hidden cursor


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_wave(tmp_path / "music" / "tone.wav", 12.0)
    return tmp_path / "music"


def env(**more: str) -> dict[str, str]:
    return {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **more}


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_the_app_gives_the_terminal_back_and_keeps_what_was_typed(folder: Path, name: str) -> None:
    number = int(getattr(signal, name))
    terminal = Terminal([str(folder)], {})
    child = terminal.child
    before = termios.tcgetattr(child.child_fd)
    terminal.until("/ 0:12")  # it has opened
    terminal.send("e")
    terminal.until("Caption editing")
    terminal.send("Half")
    terminal.until("Half")
    child.kill(number)
    child.expect(pexpect.EOF, timeout=10)
    after = termios.tcgetattr(child.child_fd)
    child.close()
    assert child.exitstatus == 128 + number
    for code in LEFT:
        assert code.encode() in child.before
    assert after[3] == before[3]  # it echoes again
    with Store() as store:
        row = store.latest(folder / "tone.wav")
    assert row is not None
    assert row.text == "Half"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
@pytest.mark.parametrize("command", ["describe", "plain"])
def test_commands_end_without_a_traceback(folder: Path, name: str, command: str) -> None:
    number = int(getattr(signal, name))
    arguments = ["j2a.cli", "describe", str(folder / "tone.wav")] if command == "describe" else ["j2a_tui.cli",
                                                                                              str(folder)]
    process = subprocess.Popen([sys.executable, "-c", f"from {arguments[0]} import main; import sys; "
                                f"sys.argv[0] = 'j2a'; main()", *arguments[1:]], cwd=ROOT, env=env(), text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert process.stderr is not None
    first = process.stderr.readline()  # it is at work
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    engines = children.read_text().split() if children.exists() else []
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 128 + number, first + err
    assert "Traceback" not in err
    for engine in engines:
        deadline = time.monotonic() + 5
        while Path(f"/proc/{engine}/cmdline").exists() and Path(f"/proc/{engine}/cmdline").read_bytes():
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize("command", ["j2a", "j2a_tui", "j2a_train"])
@pytest.mark.parametrize("loaded", ["j2a_start", "j2a.clip", "typer"])
def test_ctrl_c_while_a_command_loads_ends_it_quietly(folder: Path, command: str, loaded: str) -> None:
    """Python says on standard error which module is there."""
    if (command, loaded) == ("j2a_tui", "typer"):
        loaded = "j2a.ending"
    run = f"import sys; from j2a_start import {command}; sys.argv = ['it', {str(folder)!r}]; {command}()"
    process = subprocess.Popen([sys.executable, "-X", "importtime", "-c", run], cwd=ROOT, env=env(), text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert process.stderr is not None
    names = (line.rpartition("|")[2].strip() for line in process.stderr)
    assert loaded in names
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    told = [line for line in err.splitlines() if not line.startswith("import time:")]
    assert told in ([], ["Interrupted."]), err  # the second where it came as far as to say so


def test_the_commands_begin_where_that_is_so() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {one.partition(":")[0] for one in project["scripts"].values()} == {"j2a_start"}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("{j2a} paths >/dev/full", 1),
        ("{j2a} paths --json >/dev/full", 1),
        ("{j2a} --help >/dev/full", 1),
        ("{j2a} paths <&-", 0),
        ("{j2a} paths >&-", 0),
        ("{j2a} paths | true; exit ${{PIPESTATUS[0]}}", 0),
        ("{tui} {folder}/none <&-", 2),
        ("{tui} {empty} <&- >&-", 0),
        ("{tui} {empty} <&- 2>&-", 0),
        ("{tui} {folder} <&- >/dev/full", 1),
    ],
)
def test_streams_that_are_closed_or_full(folder: Path, tmp_path: Path, command: str, code: int) -> None:
    (tmp_path / "empty").mkdir()
    run = f"{sys.executable} -c 'from {{0}} import main; main()'"
    script = command.format(j2a=run.format("j2a.cli"), tui=run.format("j2a_tui.cli"), folder=folder,
                            empty=tmp_path / "empty")  # fmt: skip
    done = subprocess.run(["/bin/bash", "-c", script], cwd=ROOT, env=env(), capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == code, done.stderr
    if code == 1:
        assert done.stderr.count("No space left on device") == 1


def test_a_terminal_that_shows_lines_only_gets_lines(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    child = pexpect.spawn(sys.executable, ["-m", "j2a_tui.cli", str(tmp_path / "empty")], cwd=str(ROOT), timeout=30,
                          env=env(TERM="dumb"), encoding="utf-8")  # fmt: skip
    child.expect(pexpect.EOF)
    child.close()
    assert "TERM=dumb" in child.before
    assert "\x1b" not in child.before
    assert child.exitstatus == 0
