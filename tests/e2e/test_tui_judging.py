"""Corrections, variants and a blind comparison in the real program, with the real engine and the built-in model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from j2a.store import Store
from tests.e2e.test_tui_terminal import Terminal, folder  # noqa: F401 - a fixture

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]


@pytest.fixture
def terminal(folder: Path) -> Iterator[Terminal]:  # noqa: F811
    program = Terminal([str(folder), "--version", "1.0"], {})
    yield program
    program.close()


def test_what_is_put_right_is_read_and_kept(terminal: Terminal, folder: Path) -> None:  # noqa: F811
    waltz = (folder / "Harbour Waltz.ogg").resolve()
    terminal.until("Harbour Waltz.ogg")
    terminal.send("\r")
    terminal.until("Caption draft", timeout_s=120)

    # A correction: beside what was measured, and marked as yours.
    terminal.send("c")
    terminal.until("measured      yours")
    terminal.send("h")
    terminal.until("◆ 69")
    terminal.send("\x1b")
    terminal.until(lambda text: "BPM ◆ yours" in text and "measured      yours" not in text)
    with Store() as store:
        row = store.latest(waltz)
    assert row is not None and row.caption is not None
    assert row.features.bpm == pytest.approx(69, abs=2) and row.caption.features.bpm == pytest.approx(138, abs=3)
    assert not row.edited

    # Another variant is written by it; the first one comes back by its number.
    terminal.send("r")
    terminal.until("variant 2 of 2", timeout_s=120)
    with Store() as store:
        row = store.latest(waltz)
    assert row is not None and "69 BPM" in row.text, "the prompt reads what was put right"
    terminal.send("1")
    terminal.until("variant 1 of 2")
    terminal.send("d")
    terminal.until("- 1 of 2: J2A 1.0 mini, greedy, on the desk")
    terminal.send("\x1b")
    terminal.until(lambda text: "Compare variants" not in text)

    # Blind: 1.0 against 3.0.
    terminal.send("V")
    terminal.until(lambda text: "Compare 1.0 mini with" in text and "● 1.0" in text)
    shown = terminal.until("3.0  mini")
    rows = [line for line in shown.split("\n") if "mini  " in line and ("here" in line or "missing" in line)]
    steps = next(place for place, line in enumerate(rows) if "3.0" in line)
    terminal.send("j" * (steps - next(place for place, line in enumerate(rows) if "1.0" in line)))
    terminal.send("\r")
    terminal.until("Which is better?", timeout_s=120)
    terminal.send("\x1b[D")
    terminal.until("← is better")
    terminal.until("95 % interval")
    terminal.send("E")
    terminal.until("1 pair written")
    terminal.send("\x1b")
    terminal.until(lambda text: "Blind A/B" not in text)
    terminal.send("q")
    terminal.child.expect(pexpect.EOF, timeout=20)
    assert (folder / "preferences.jsonl").read_text().count("\n") == 1
    with Store() as store:
        row = store.latest(waltz)
        assert store.corrections(waltz).bpm == pytest.approx(69, abs=2)
    assert row is not None and len(row.picks) == 1 and len(row.every_variant) == 3
