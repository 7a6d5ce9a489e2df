"""How many claims of real music could be judged, and how many are made."""

from __future__ import annotations

from training.datasets.table import Row
from training.evaluation.real.ceiling import sayable, table

STEM = {"instruments": ["guitar"], "drums": False, "vocals": False, "bpm": 120.0, "tempo": "fast", "styles": ["metal"]}


def test_what_could_be_said():
    assert sayable(STEM) == {
        "guitar": 1, "no bass": 1, "solo": 1, "no drums": 1, "no voice": 1, "BPM": 1, "tempo word": 1, "style": 1,
    }  # fmt: skip
    assert sayable({"plays": ["guitar"], "vocals": True}) == {"guitar": 1, "voice": 1}
    assert sayable({"instruments": ["bass", "piano"], "drums": True}) == {"bass": 1, "piano": 1, "drums": 1}
    assert not sayable({"nothing": True, "instruments": [], "drums": False, "vocals": False})
    assert not sayable({})


def test_every_true_claim_could_be_said():
    rows = [Row("a", "a.wav", "test", source="stem", facts=STEM), Row("b", "b.wav", "test", source="stem", facts={})]
    captions = {
        "a": "A fast metal track. A solo guitar and a piano play at 120 BPM. It has no vocals, no drums and no bass.",
        "b": "A piano plays.",
    }
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table(rows, captions).splitlines()[2:]]
    counts = {what: cells for _, what, *cells in lines if what}
    assert counts.pop("piano") == ["0", "0", "1"]
    assert set(counts) == set(sayable(STEM)) and all(cells == ["1", "1", "0"] for cells in counts.values())
    assert lines[-1][2:] == ["8.00", "8.00", "1.00"], "of the windows of which anything is known"
