"""Engines leave the processor to the screen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from j2a.engine.client import EngineClient
from j2a.priority import BACKGROUND_NICENESS, NICENESS

SHOW = (
    "import os; from pathlib import Path; from j2a.priority import step_back; step_back();"
    "print(os.nice(0)); group = Path('/proc/self/autogroup'); print(group.read_text() if group.exists() else '')"
)


pytestmark = pytest.mark.skipif(not hasattr(os, "nice"), reason="Windows")


def test_a_process_and_the_session_it_leads_step_back() -> None:
    before = os.nice(0)
    shown = subprocess.run(
        [sys.executable, "-c", SHOW], capture_output=True, text=True, check=True, start_new_session=True
    )
    nice, group = shown.stdout.split("\n", 1)
    assert int(nice) == min(before + NICENESS, 19)
    if Path("/proc/self/autogroup").exists():
        assert group.strip() == "" or group.strip().endswith(f"nice {NICENESS}")


def test_the_session_of_another_is_left_alone() -> None:
    group = Path("/proc/self/autogroup")
    before = group.read_text() if group.exists() else ""
    subprocess.run([sys.executable, "-c", SHOW], capture_output=True, check=True)
    assert (group.read_text() if group.exists() else "") == before


def test_an_engine_in_the_background_steps_back_further(tmp_path: Path) -> None:
    """Niceness as the system shows it: that of an engine for the app, and that of one for a folder."""
    shown = []
    for background in (False, True):
        engine = EngineClient(lambda event: None, log_path=tmp_path / "engine.log", background=background)
        engine.start()
        try:
            pid = engine._process.pid  # type: ignore[union-attr]
            deadline = time.monotonic() + 30
            while (nice := os.getpriority(os.PRIO_PROCESS, pid)) == os.nice(0) and time.monotonic() < deadline:
                time.sleep(0.02)
            shown.append(nice)
        finally:
            engine.close()
    assert shown == [min(os.nice(0) + NICENESS, 19), min(os.nice(0) + BACKGROUND_NICENESS, 19)]


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="Linux")
def test_where_memory_runs_out_an_engine_goes_before_the_one_it_works_for(tmp_path: Path) -> None:
    own = Path("/proc/self/oom_score_adj").read_text()
    engine = EngineClient(lambda event: None, log_path=tmp_path / "engine.log")
    engine.start()
    try:
        its = Path(f"/proc/{engine._process.pid}/oom_score_adj")  # type: ignore[union-attr]
        deadline = time.monotonic() + 30
        while int(its.read_text()) < 500 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert int(its.read_text()) >= 500
    finally:
        engine.close()
    assert Path("/proc/self/oom_score_adj").read_text() == own
