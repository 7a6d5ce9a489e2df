"""What the first clip of an engine need not wait for."""

from __future__ import annotations

import subprocess
import sys

from tests.places import ROOT

HEAVY = ("torch", "numba", "scipy", "librosa", "madmom", "transformers", "numpy.ma", "tarfile", "statistics")


def test_a_clip_is_measured_with_little_more_than_numpy() -> None:
    code = f"""
import sys
from j2a.clip import Clip
from j2a.features import extract
from pathlib import Path
assert extract(Clip(Path({str(ROOT / "j2a_tui" / "demo" / "Night Bus.ogg")!r}), 0, 10)).bpm
print(sorted(set({HEAVY}) & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
