"""Which of two captions was the better one, as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import ExportError
from j2a.exporting import FORMATS, WouldLoseError
from j2a.exporting.preferences import to_preferences
from j2a.features.record import Features
from j2a.store import Row, Store
from j2a.store.variants import Choice, Pick, Variant


def variant(text: str, version: str) -> Variant:
    return Variant.of(text, Caption(text, version, "mini", "w", "facts-2/short", "the prompt", 0))


def rows(folder: Path, *choices: tuple[str, Choice]) -> list[Row]:
    """One pick a name, of "A." by 1.0 at the left and "Ä." by 3.0 at the right."""
    with Store(folder / "captions.sqlite") as store:
        for number, (name, choice) in enumerate(choices):
            pick = Pick(variant("A.", "1.0"), variant("Ä.", "3.0"), choice, "ada", f"2026-11-30T12:00:0{number}.000Z")
            store.pick(Clip(folder / name, 5, 15), pick, Features())
        return store.rows(folder)


def test_a_pair_a_line(tmp_path: Path) -> None:
    found = to_preferences(rows(tmp_path, ("b.wav", "right"), ("a.wav", "left")), tmp_path)
    first, second = map(json.loads, found.decode().splitlines())
    assert first == {
        "file_name": "a.wav", "start_s": 5.0, "end_s": 15.0, "prompt": "short",
        "chosen": "A.", "chosen_version": "1.0", "chosen_backbone": "mini", "chosen_seed": 0,
        "rejected": "Ä.", "rejected_version": "3.0", "rejected_backbone": "mini", "rejected_seed": 0,
        "shown_left": "chosen", "annotator": "ada", "at": "2026-11-30T12:00:01.000Z",
    }  # fmt: skip
    assert (second["chosen"], second["rejected"], second["shown_left"]) == ("Ä.", "A.", "rejected")


def test_what_is_no_pair_is_left_out(tmp_path: Path) -> None:
    made = rows(tmp_path, ("a.wav", "tie"), ("b.wav", "neither"), ("c.wav", "left"))
    assert FORMATS["preferences"].count(made) == 1
    assert len(to_preferences(made, tmp_path).splitlines()) == 1


def test_a_file_outside_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError):
        to_preferences(rows(tmp_path, ("a.wav", "left")), tmp_path / "other")


def test_lines_that_would_be_lost_are_asked_about_and_kept(tmp_path: Path) -> None:
    target = tmp_path / "preferences.jsonl"
    written = FORMATS["preferences"]
    one = rows(tmp_path, ("a.wav", "left"))
    assert written.save(one, tmp_path, target, "dataset", False) is None
    both = rows(tmp_path, ("b.wav", "left"))
    assert written.save(both, tmp_path, target, "dataset", False) is None, "nothing is lost"
    with pytest.raises(WouldLoseError, match="a line that is not among"):
        written.save(both[:1], tmp_path, target, "dataset", False)
    assert len(target.read_text().splitlines()) == 2
    assert written.save(both[:1], tmp_path, target, "dataset", True) == tmp_path / "preferences.jsonl.bak"
    assert len((tmp_path / "preferences.jsonl.bak").read_text().splitlines()) == 2
