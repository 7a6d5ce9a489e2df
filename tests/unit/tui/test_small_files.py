"""Small files that people may write in: what cannot be read in them is not lost when they are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from j2a import affixes
from j2a.affixes import Affix
from j2a_tui import own_prompts, saved_views
from j2a_tui.saved_views import View

FILES: list[tuple[Callable[[], Path], Callable[[], object], Callable[[], object]]] = [
    (affixes.kept_in, lambda: affixes.write(Path("/m"), Affix("p", "s")), lambda: affixes.of_folder(Path("/m")).prefix),
    (own_prompts.kept_in, lambda: own_prompts.write({"mine": "Say it."}), own_prompts.read),
    (saved_views.views_path, lambda: saved_views.keep("mine", View("key:Am")), saved_views.read),
]


@pytest.mark.parametrize(("place", "write", "read"), FILES)
@pytest.mark.parametrize("damaged", [b'{"a": ["b", "c"],}', b"[1]", b"\xff", b"[" * 100_000])
def test_a_file_with_a_mistake_in_it_is_kept_beside_the_new_one(
    place: Callable[[], Path], write: Callable[[], object], read: Callable[[], object], damaged: bytes
) -> None:
    place().parent.mkdir(parents=True)
    place().write_bytes(damaged)
    assert not read()
    write()
    assert read()
    assert place().with_name(f"{place().name}.bak").read_bytes() == damaged
    write()
    assert place().with_name(f"{place().name}.bak").read_bytes() == damaged


def test_a_prompt_with_a_mistake_in_it_stays_in_the_file() -> None:
    own_prompts.kept_in().parent.mkdir(parents=True)
    wrong = {"typo": "At {bmp} BPM.", "number": 5}
    own_prompts.kept_in().write_text(json.dumps({"good": "Say it.", **wrong}))
    own_prompts.write({**own_prompts.read(), "new": "Say more."})
    assert json.loads(own_prompts.kept_in().read_bytes()) == {"good": "Say it.", "new": "Say more.", **wrong}
    own_prompts.write({"typo": "At {bpm} BPM."})
    assert own_prompts.read() == {"typo": "At {bpm} BPM."}


def test_an_export_can_say_that_prefixes_are_missing() -> None:
    assert affixes.why_unread() == ""
    affixes.write(Path("/m"), Affix("p"))
    assert affixes.why_unread() == ""
    affixes.kept_in().write_bytes(b"{,}")
    assert "without prefix and suffix" in affixes.why_unread()
