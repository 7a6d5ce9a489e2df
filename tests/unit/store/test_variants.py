"""Every caption of a window is kept; one of them is on the desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from j2a.caption import Caption, Sampling
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.features.record import Features
from j2a.store import Row, Status, Store
from j2a.store.variants import Choice, Pick, Variant

CLIP = Clip(Path("/music/song.wav"), 0, 10)
MEASURED = Features(bpm=70.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "captions.sqlite", annotator="ada") as opened:
        yield opened


def caption(text: str, seed: int = 0, *, version: str = "1.0", whole: bool = True) -> Caption:
    sampling = Sampling(temperature=0.8 if seed else 0.0)
    prompt_id = "facts-2/describe" if whole else ""
    return Caption(text, version, "mini", "w", prompt_id, "the prompt", seed, sampling, MEASURED)


def texts(row: Row | None) -> list[str]:
    assert row is not None
    return [one.text for one in row.every_variant]


def test_another_one_stands_beside_the_first(store: Store) -> None:
    store.save_generated(CLIP, caption("One."))
    assert store.get(CLIP) is not None and texts(store.get(CLIP)) == ["One."]
    row = store.save_generated(CLIP, caption("Two.", 1))
    assert (row.text, texts(row), row.variant) == ("Two.", ["One.", "Two."], 1)
    row = store.choose(CLIP, 0)
    assert (row.text, texts(row), row.variant) == ("One.", ["One.", "Two."], 0)
    assert row.caption is not None
    assert (row.caption.features.bpm, row.caption.prompt, row.caption.seed) == (70.0, "the prompt", 0)
    with Store(store.path) as later:
        assert later.get(CLIP) == row


def test_what_was_written_in_one_stays_in_it(store: Store) -> None:
    store.save_generated(CLIP, caption("One."))
    store.edit(CLIP, "One, mine.")
    store.save_generated(CLIP, caption("Two.", 1), over_kept=True)
    row = store.choose(CLIP, 0)
    assert (row.text, row.edited, row.generated_text) == ("One, mine.", True, "One.")


def test_a_text_by_hand_is_a_variant_too(store: Store) -> None:
    store.edit(CLIP, "Mine.")
    store.save_generated(CLIP, caption("Two.", 1), over_kept=True)
    row = store.choose(CLIP, 0)
    assert (row.text, row.caption, row.generated_text) == ("Mine.", None, "")


def test_the_beginning_of_a_caption_is_no_variant(store: Store) -> None:
    store.save_generated(CLIP, caption("O", whole=False))
    store.save_generated(CLIP, caption("One.", whole=True))
    store.save_generated(CLIP, caption("Tw", 1, whole=False))
    assert texts(store.save_generated(CLIP, caption("Two.", 1))) == ["One.", "Two."]


def test_the_same_words_once_more_are_chosen_not_kept_twice(store: Store) -> None:
    store.save_generated(CLIP, caption("One."))
    store.save_generated(CLIP, caption("Two.", 1))
    row = store.save_generated(CLIP, caption("One."))
    assert (texts(row), row.variant) == (["One.", "Two."], 0)


def test_the_choice_is_undone_and_takes_an_acceptance_back(store: Store) -> None:
    store.save_generated(CLIP, caption("One."))
    store.save_generated(CLIP, caption("Two.", 1))
    store.set_status(CLIP, Status.ACCEPTED)
    assert store.choose(CLIP, 1).status is Status.ACCEPTED, "it is on the desk"
    assert store.choose(CLIP, 0).status is Status.DRAFT
    row = store.undo()
    assert row is not None and (row.text, row.status) == ("Two.", Status.ACCEPTED)


def test_there_are_only_those(store: Store) -> None:
    store.save_generated(CLIP, caption("One."))
    with pytest.raises(StoreError, match="variant 2"):
        store.choose(CLIP, 1)


@pytest.mark.parametrize(("choice", "text"), [("left", "A."), ("right", "B."), ("tie", "A."), ("neither", "A.")])
def test_a_pick_keeps_both_and_shows_the_better_one(store: Store, choice: Choice, text: str) -> None:
    left, right = Variant.of("A.", caption("A.")), Variant.of("B.", caption("B.", version="3.0"))
    row = store.pick(CLIP, Pick(left, right, choice, "ada", "2026-11-30T12:00:00.000Z"), MEASURED)
    assert (row.text, texts(row), row.status) == (text, ["A.", "B."], Status.DRAFT)
    assert row.features.bpm == 70.0
    with Store(store.path) as later:
        [pick] = later.rows(Path("/music"))[0].picks
    assert (pick.left.text, pick.right.text, pick.choice) == ("A.", "B.", choice)
    assert pick.right.caption is not None and pick.right.caption.version == "3.0"
    store.undo()
    assert store.get(CLIP) is None


def test_a_pick_leaves_a_kept_text_where_it_is(store: Store) -> None:
    store.edit(CLIP, "Mine.")
    left, right = Variant.of("A.", caption("A.")), Variant.of("B.", caption("B.", version="3.0"))
    row = store.pick(CLIP, Pick(left, right, "right", "ada", "now"), MEASURED)
    assert (row.text, texts(row)) == ("Mine.", ["Mine.", "A.", "B."])


def test_a_caption_alone_is_written_down_as_before(store: Store) -> None:
    store.save_generated(CLIP, caption("One."))
    [(state,)] = store.database.query("SELECT state FROM caption")
    assert "variants" not in state and "picks" not in state and "corrections" not in state
