"""Where the tests find what they are given."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "j2a_tui" / "demo"
DATA = ROOT / "tests" / "data"
CLIPS = DATA / "clips"  # rendered ones
