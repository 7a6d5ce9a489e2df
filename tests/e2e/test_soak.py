"""bench/soak.py: a short one with looser limits; bench/growth.py: its rules see what they are for."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.places import ROOT

CLIPS = 200


@pytest.fixture
def growth(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    return importlib.import_module("growth")


def broken(growth: ModuleType, **changed: list[tuple[int, float]]) -> set[str]:
    """Which rules do not hold for a steady app, of which some numbers are others."""
    steady = {
        "processes": 2.0, "app resident, MiB": 90.0, "app open files": 13.0, "engine threads": 3.0,
        "yardstick": 0.005, "key": 0.010, "words": 0.4,
    }  # fmt: skip
    seen = {name: [(clip, value + clip % 2 * value / 50) for clip in range(CLIPS)] for name, value in steady.items()}
    for name in ("processes", "app open files", "engine threads"):
        seen[name] = [(clip, steady[name]) for clip in range(CLIPS)]
    seen |= {name.replace("_", " "): series for name, series in changed.items()}
    return {row.what for row in growth.judged(seen, CLIPS, growth.GROWTH, growth.SLOWER) if not row.holds}


def test_what_is_steady_holds(growth: ModuleType) -> None:
    assert broken(growth) == set()
    warming = [(clip, 50.0 + min(clip, 19) * 2) for clip in range(CLIPS)]
    assert broken(growth, **{"app resident, MiB": warming}) == set()


def test_leaks_and_slowness_are_seen(growth: ModuleType) -> None:
    grown = [(clip, 90.0 * (1 + 0.13 * clip / CLIPS)) for clip in range(CLIPS)]
    assert broken(growth, **{"app resident, MiB": grown}) == {"app resident, MiB"}
    assert broken(growth, app_open_files=[(clip, 13.0 + clip) for clip in range(CLIPS)]) == {"app open files"}
    assert broken(growth, engine_threads=[(clip, 3.0 + clip // 60) for clip in range(CLIPS)]) == {"engine threads"}
    slow = [(clip, 0.4 * (1 + clip / CLIPS)) for clip in range(CLIPS)]
    assert broken(growth, words=slow) == {"words, ms"}
    busy = [(clip, 0.005 * (1 + clip / CLIPS)) for clip in range(CLIPS)]
    assert broken(growth, words=slow, yardstick=busy) == set()  # others took the processors


@pytest.mark.long
@pytest.mark.endurance
@pytest.mark.timeout(300)
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="reads /proc")
def test_a_few_dozen_clips_leave_nothing_behind() -> None:
    """One descriptor, thread or process kept for each of them would be seen.

    An engine of 150 MiB takes 21 more once, with its first clip that is read at another pitch, and none behind it.
    """
    code = [sys.executable, "bench/soak.py", "--hours", "0.4", "--growth", "0.25", "--slower", "3"]
    run = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert run.returncode == 0, run.stdout[-2_000:] + run.stderr[-2_000:]
    assert "24 clips" in run.stdout and "BROKEN" not in run.stdout
