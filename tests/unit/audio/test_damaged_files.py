"""Damaged files, from a seed: each is read or refused in words. ``python bench/odd_files.py`` tries thousands."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.places import ROOT


@pytest.mark.long
def test_nothing_gives_way() -> None:
    run = subprocess.run(
        [sys.executable, "bench/odd_files.py", "--files", "500", "--seed", "7"], cwd=ROOT, capture_output=True,
        text=True, timeout=110, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-2_000:]
    assert "read" in run.stdout.splitlines()[-1]
