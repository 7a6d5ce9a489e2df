"""Conditions in the search."""

from __future__ import annotations

from pathlib import Path

import pytest

from j2a.clip import Clip
from j2a.store import Status
from j2a_tui.catalogue import Catalogue, Entry
from j2a_tui.views import parse

FILES = {
    "new": None,
    "slow": Entry(Clip(Path("slow"), 0, 10), Status.DRAFT, "A slow piano piece.", 80.1, "A minor",
                  frozenset({"piano"}), False, 2, "ada", "1"),
    "fast": Entry(Clip(Path("fast"), 0, 10), Status.ACCEPTED, "Metal, mine.", 120.0, "Gb major",
                  frozenset({"metal", "voice"}), True, 0, "bob", "1"),
    "skipped": Entry(Clip(Path("skipped"), 0, 10), Status.SKIPPED, "", None, None, frozenset(), False, 0, "ada", "1"),
}


def found(text: str) -> list[str]:
    catalogue, statuses = Catalogue(), {}
    for name, entry in FILES.items():
        if entry is not None and entry.status is not None:
            catalogue.put(entry)
            statuses[Path(name)] = entry.status
    meets = parse(text, "ada").matcher(statuses, catalogue)
    assert meets is not None
    return [name for name in FILES if meets(Path(name))]


@pytest.mark.parametrize(("text", "files"), [
    ("status:new", ["new"]),
    ("status:draft status:accepted", ["slow", "fast"]),
    ("status:edited", ["fast"]),
    ("bpm:118-124", ["fast"]), ("bpm:80", ["slow"]), ("bpm:>=80.1", ["slow", "fast"]), ("bpm:<100", ["slow"]),
    ("key:Am", ["slow"]), ("key:a-minor", ["slow"]), ("key:F#", ["fast"]), ("key:A", []),
    ("contradicted:>0", ["slow"]), ("contradicted:0", ["fast", "skipped"]), ("contradicted:yes", ["slow"]),
    ("edited:yes", ["fast"]), ("edited:no", ["slow"]),
    ("caption:*PIANO*", ["slow"]), ("caption:mine", ["fast"]), ("caption:a*piece.", ["slow"]),
    ("tag:metal", ["fast"]), ("voice:yes", ["fast"]),
    ("annotator:me", ["slow", "skipped"]), ("annotator:bob", ["fast"]),
    ("bpm:70-130 edited:no", ["slow"]), ("status:accepted contradicted:>0", []),
])
def test_conditions_find(text: str, files: list[str]) -> None:
    assert found(text) == files


@pytest.mark.parametrize("text", ["status:best", "bpm:fast", "bpm:", "key:H", "voice:maybe", "contradicted:many"])
def test_what_cannot_be_understood_is_told(text: str) -> None:
    query = parse(f"night {text}")
    assert query.problem.startswith(text.partition(":")[0] + ": ")
    assert (query.words, query.statuses, query.tests) == ("night", (), ())


def test_other_words_are_words_of_names() -> None:
    query = parse("night status:new 12:30 http://x bus")
    assert query.words == "night 12:30 http://x bus"
    assert parse("night bus").matcher({}, Catalogue()) is None
