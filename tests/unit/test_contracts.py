"""What may load what, seen from a fresh process: import-linter reads the source, this runs it."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import j2a_tui
from tests.places import ROOT

HEAVY = ("torch", "transformers", "librosa", "numba", "madmom", "pylibrb")

LIGHT = [
    "j2a.clip", "j2a.caption", "j2a.errors", "j2a.paths", "j2a.store", "j2a.exporting", "j2a.library", "j2a.audio",
    "j2a.engine.client", "j2a.engine.messages", "j2a.features.record", "j2a.grounding",
]
APP = sorted(module.name for module in pkgutil.walk_packages(j2a_tui.__path__, "j2a_tui."))


def loaded_by(module: str) -> set[str]:
    """Top-level names in ``sys.modules`` after importing a module in a new process."""
    code = f"import sys, {module}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def test_the_package_itself_loads_nothing_but_the_standard_library() -> None:
    assert not loaded_by("j2a") & {*HEAVY, "numpy", "soundfile", "typer", "platformdirs"}


@pytest.mark.parametrize("module", LIGHT)
def test_loads_without_the_heavy_libraries(module: str) -> None:
    assert not loaded_by(module) & {*HEAVY, "textual", "j2a_tui", "training"}


def test_the_whole_app_loads_without_the_heavy_libraries() -> None:
    loaded = loaded_by(", ".join(APP))
    assert "textual" in loaded
    assert not loaded & {*HEAVY, "training"}


def test_importing_makes_no_files(j2a_home: Path) -> None:
    loaded_by("j2a.paths, j2a.store, j2a.library, j2a.engine.client, j2a_tui.player")
    assert list(j2a_home.iterdir()) == []


def test_the_contracts_of_the_source_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [linter, "--no-cache", "--config", "pyproject.toml"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
