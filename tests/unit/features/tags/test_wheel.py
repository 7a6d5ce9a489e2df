"""The installed wheel is found without being imported, and is used only when it is the published one."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from j2a import networks
from j2a.features import tags
from j2a.features.tags import wheel

SECOND = np.full(16_000, 0.1, np.float32)
FRESH = """
import json, sys
import numpy as np
from j2a.features import tags
found, reason = tags.listen(np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32))
print(json.dumps([name for name in ("torch", "numba", "scipy", "madmom", "musicnn") if name in sys.modules]))
"""


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of that name, found before any other, that must not be imported."""
    monkeypatch.setattr(networks, "HERE", folder / "none")
    package = folder / "musicnn"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('imported')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    return package


def test_without_the_wheel_the_reason_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "HERE", tmp_path / "none")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    importlib.invalidate_caches()
    found, reason = tags.listen(SECOND)
    assert found is None
    assert reason == networks.missing()
    assert "j2a models fetch networks" in reason


def test_missing_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, monkeypatch)
    found, reason = tags.listen(SECOND)
    assert found is None
    assert reason is not None
    assert ".index cannot be used: No such file" in reason
    assert "j2a models fetch networks" in reason


def test_other_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = installed(tmp_path, monkeypatch)
    for name in wheel.NETWORKS:
        (package / name).mkdir()
        for suffix, size in ((".index", 4948), (".data-00000-of-00001", 9_465_596)):
            with (package / name / suffix).open("wb") as file:
                file.truncate(size)  # of the right length, and nothing but zeros
    found, reason = tags.listen(SECOND)
    assert found is None
    assert reason is not None
    assert "it is not the published file" in reason


def test_nothing_heavy_is_imported() -> None:
    answer = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=True).stdout
    assert json.loads(answer) == []
