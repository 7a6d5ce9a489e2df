"""Engines leave the processor to the screen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from j2a.priority import NICENESS

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
