"""The real program in a pseudo-terminal, with the real engine and the built-in model: from a folder to a CSV file."""

from __future__ import annotations

import csv
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pyte
import pytest

from j2a.store import Status, Store
from tests.places import DEMO, ROOT

ROWS, COLUMNS = 40, 120
pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]


class Terminal:
    """A program and the screen that it draws."""

    def __init__(self, arguments: list[str], env: dict[str, str]) -> None:
        self.child = pexpect.spawn(sys.executable, ["-m", "j2a_tui.cli", *arguments], cwd=str(ROOT), timeout=30,
                                   env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **env},
                                   dimensions=(ROWS, COLUMNS))
        self.child.delaybeforesend = None
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)

    def text(self) -> str:
        """What a person sees now."""
        try:
            while True:
                self._stream.feed(self.child.read_nonblocking(65536, timeout=0.05))
        except (pexpect.TIMEOUT, pexpect.EOF):
            return "\n".join(self._screen.display)

    def until(self, condition: Callable[[str], bool] | str, timeout_s: float = 60.0) -> str:
        """Wait until the screen shows something; returns the screen."""
        deadline = time.monotonic() + timeout_s
        while True:
            text = self.text()
            if condition in text if isinstance(condition, str) else condition(text):
                return text
            if time.monotonic() > deadline or not self.child.isalive():
                raise AssertionError(f"never seen: {condition}\n{text}")

    def send(self, keys: str) -> None:
        """Type."""
        self.child.send(keys)

    def close(self) -> None:
        """End it, however it is."""
        self.child.close(force=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two demo clips in a folder of our own, since an export goes into it."""
    music = tmp_path / "music"
    music.mkdir()
    for name in ("Harbour Waltz.ogg", "Night Bus.ogg"):
        shutil.copy(DEMO / name, music / name)
    return music


@pytest.fixture
def terminal(folder: Path, tmp_path: Path) -> Iterator[Terminal]:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "By hand." >> "$1"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    program = Terminal([str(folder), "--version", "1.0"], {"VISUAL": str(editor)})
    yield program
    program.close()


def test_from_a_folder_to_a_csv(terminal: Terminal, folder: Path) -> None:
    terminal.until(lambda text: "Harbour Waltz.ogg" in text and "Night Bus.ogg" in text and "2 files" in text)

    # Play: the playhead moves, with a sound device or without.
    terminal.send(" ")
    terminal.until("▶ playing  0:01")
    terminal.send(" ")
    terminal.until("■ paused   0:0")

    # Describe: features arrive one by one, then the text, then its claims.
    terminal.send("\r")
    terminal.until(lambda text: " BPM  " in text, timeout_s=120)
    terminal.until("Caption draft", timeout_s=120)
    terminal.until(lambda text: "✓ " in text and "J2A 1.0 · mini · greedy" in text)
    waltz = (folder / "Harbour Waltz.ogg").resolve()
    with Store() as store:
        made = store.latest(waltz)
    assert made is not None
    assert made.caption is not None
    assert made.caption.features.meter == "3/4"
    assert made.caption.features.bpm == pytest.approx(138, abs=3)
    assert made.caption.weights

    # Add a sentence in $EDITOR, accept: the next file comes, and is described by itself.
    terminal.send("\x07")
    terminal.until("By hand.")
    terminal.send("A")
    terminal.until(lambda text: "Night Bus.ogg  " in text and "1 accepted" in text)
    terminal.until("Caption draft", timeout_s=120)

    # Edit in place, accept by ctrl+s, export.
    terminal.send("e")
    terminal.until("Caption editing")
    terminal.send(" Typed with q and a.")
    terminal.until(lambda text: "Typed with q and a." in " ".join(text.replace("│", " ").split()))  # over two lines
    terminal.send("\x13")
    shown = terminal.until(lambda text: "2 accepted" in text or "Contradicted" in text)
    if "2 accepted" not in shown:
        terminal.send("a")
        terminal.until("2 accepted")
    terminal.send("E")
    terminal.until("accepted captions only")
    terminal.send("a")
    terminal.until("2 captions written")
    started = time.monotonic()
    terminal.send("q")
    terminal.child.expect(pexpect.EOF, timeout=10)
    assert time.monotonic() - started < 3.0  # it takes 0.3 s where nothing else runs
    terminal.child.close()
    assert terminal.child.exitstatus == 0

    with (folder / "captions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file_name"] for row in rows] == ["Harbour Waltz.ogg", "Night Bus.ogg"]
    assert [row["status"] for row in rows] == ["accepted", "accepted"]
    assert [(row["start_s"], row["end_s"]) for row in rows] == [("0", "10"), ("0", "10")]
    assert rows[0]["caption"].endswith("By hand.")
    assert rows[0]["caption"].startswith(made.caption.text[:20])
    assert rows[1]["caption"].endswith("Typed with q and a.")
    assert (rows[0]["meter"], rows[0]["version"], rows[0]["backbone"]) == ("3/4", "1.0", "mini")


def test_a_killed_app_loses_no_caption(folder: Path) -> None:
    first = Terminal([str(folder)], {})
    try:
        first.until("Harbour Waltz.ogg")
        first.send("e")
        first.until("Caption editing")
        first.send("Half a thou")
        first.until("Half a thou")
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            with Store() as store:
                row = store.latest((folder / "Harbour Waltz.ogg").resolve())
            if row is not None and row.text == "Half a thou":
                break
            time.sleep(0.05)
    finally:
        first.child.kill(9)
        first.close()
    assert row is not None
    assert (row.text, row.status) == ("Half a thou", Status.DRAFT)
    second = Terminal([str(folder)], {})
    try:
        second.until(lambda text: "Half a thou" in text and "1 draft" in text)
        second.send("q")
        second.child.expect(pexpect.EOF, timeout=10)
    finally:
        second.close()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="asks Linux which programs run")
def test_a_closed_window_ends_the_app_and_its_engine(folder: Path, tmp_path: Path) -> None:
    """Under a program that takes the hang-up for itself and waits for the app, as make does."""
    log, home = tmp_path / "pid", str(tmp_path / "home")
    script = 'trap : HUP; "$0" -m j2a_tui.cli "$1" & echo $! > "$2"; fg 2>/dev/null; wait; sleep 60'
    child = pexpect.spawn("/bin/bash", ["-mc", script, sys.executable, str(folder), str(log)], cwd=str(ROOT),
                          env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "J2A_HOME": home},
                          timeout=30, dimensions=(ROWS, COLUMNS))  # fmt: skip
    child.expect("Harbour Waltz")
    pid = int(log.read_text())
    engines = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.close(child.child_fd)
    try:
        deadline = time.monotonic() + 10
        while any(_runs(one) for one in (pid, *engines)):
            assert time.monotonic() < deadline, "it goes on unseen"
            time.sleep(0.1)
    finally:
        os.kill(child.pid, 9)


def _runs(pid: int | str) -> bool:
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())  # empty for one that nobody waited for
    except OSError:
        return False
