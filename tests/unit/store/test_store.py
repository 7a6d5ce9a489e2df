"""The captioning session: what is kept, what is taken back, which window is which."""

from __future__ import annotations

import os
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from j2a import paths
from j2a.caption import Caption, Sampling
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.features.record import Chord, Features, Genre
from j2a.printable import several_lines
from j2a.store import Row, Status, Store
from j2a.store.records import clip_of, key_of


def a_caption(text: str = "A slow waltz.", seed: int = 3) -> Caption:
    features = Features(
        bpm=91.5, beats=[0.1, 0.76], downbeats=[0.1], meter="3/4", key="A minor", key_probability=0.8,
        chords=[Chord(0.0, 2.5, "A:min")], genre=Genre("classical", 0.7), unknown={"x": "why"},
    )
    return Caption(text, "1.0", "mini", "0123456789ab", "describe-1", "Tempo: 91.5", seed, Sampling(0.7), features)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "s.sqlite", annotator="ada")


CLIP = Clip(Path("/music/a.flac"), 10.0, 20.0)


def test_default_place_is_made_on_first_use() -> None:
    assert not paths.store_path().exists()
    with Store() as store:
        store.edit(CLIP, "by hand")
    assert paths.store_path().is_file()


def test_a_generated_caption_comes_back_whole_after_reopening(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite", annotator="ada") as store:
        saved = store.save_generated(CLIP, a_caption())
    with Store(tmp_path / "s.sqlite") as store:
        row = store.get(CLIP)
    assert row == saved
    assert row is not None
    assert row.clip == CLIP
    assert row.text == row.generated_text == "A slow waltz."
    assert row.status is Status.DRAFT
    assert row.caption == a_caption()
    assert row.annotator == "ada"
    assert row.created_at == row.updated_at
    assert row.created_at.endswith("Z")


def test_edit_keeps_provenance_and_status(store: Store) -> None:
    store.save_generated(CLIP, a_caption())
    store.set_status(CLIP, Status.ACCEPTED)
    row = store.edit(CLIP, "A quick waltz.")
    assert (row.text, row.generated_text) == ("A quick waltz.", "A slow waltz.")
    assert row.caption == a_caption()
    assert row.status is Status.ACCEPTED


def test_edit_without_a_row_makes_a_draft_by_hand(store: Store) -> None:
    row = store.edit(CLIP, "Mine.")
    assert (row.text, row.generated_text, row.caption, row.status) == ("Mine.", "", None, Status.DRAFT)


def test_generating_again_makes_a_draft_of_an_accepted_row_only_when_that_is_asked_for(store: Store) -> None:
    first = store.save_generated(CLIP, a_caption())
    accepted = store.set_status(CLIP, Status.ACCEPTED)
    with pytest.raises(StoreError, match="stays"):
        store.save_generated(CLIP, a_caption("A fast march.", seed=4))
    assert store.get(CLIP) == accepted
    row = store.save_generated(CLIP, a_caption("A fast march.", seed=4), over_kept=True)
    assert (row.text, row.status) == ("A fast march.", Status.DRAFT)
    assert row.caption is not None
    assert row.caption.seed == 4
    assert row.created_at == first.created_at


def test_words_of_a_person_are_told_from_those_of_a_model(store: Store) -> None:
    assert not store.save_generated(CLIP, a_caption()).edited
    edited = store.edit(CLIP, "A slow waltz, mine.")
    assert edited.edited and edited.kept
    with pytest.raises(StoreError, match="stays"):
        store.save_generated(CLIP, a_caption("A fast march."))


def test_a_window_can_be_skipped_without_a_caption_but_not_accepted(store: Store) -> None:
    assert store.set_status(CLIP, Status.SKIPPED).text == ""
    with pytest.raises(StoreError, match="no caption"):
        store.set_status(CLIP, Status.ACCEPTED)
    row = store.get(CLIP)
    assert row is not None
    assert row.status is Status.SKIPPED


def test_windows_compare_to_the_millisecond(store: Store) -> None:
    store.edit(Clip(Path("/music/a.flac"), 0.1 + 0.2, 10.0), "one")
    assert store.get(Clip(Path("/music/a.flac"), 0.3, 10.0)) is not None
    assert store.get(Clip(Path("/music/a.flac"), 0.301, 10.0)) is None
    assert store.get(Clip(Path("/music/a.flac"), 0.3)) is None


def test_the_whole_file_is_one_window_however_often_it_is_saved(store: Store) -> None:
    whole = Clip(Path("/music/a.flac"))
    store.edit(whole, "one")
    store.edit(whole, "two")
    rows = store.rows(Path("/music"))
    assert [(row.text, row.clip.end_s) for row in rows] == [("two", None)]


def test_relative_paths_are_made_absolute(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    row = store.edit(Clip(Path("sub/../a.flac")), "here")
    assert row.clip.path == tmp_path / "a.flac"
    assert store.latest(Path("a.flac")) == row


def test_latest_is_the_last_changed_window_even_within_one_millisecond(store: Store) -> None:
    path = Path("/music/a.flac")
    for start in (30.0, 0.0, 10.0):
        store.edit(Clip(path, start, start + 5), f"at {start}")
    row = store.latest(path)
    assert row is not None
    assert row.clip.start_s == 10.0
    assert store.latest(Path("/music/b.flac")) is None


def test_rows_are_those_under_the_folder_in_order(store: Store) -> None:
    for path in ("/music/b.flac", "/music/a/z.flac", "/music2/c.flac", "/music/a.flac", "/music"):
        for start in (10.0, 9.0):
            store.edit(Clip(Path(path), start, start + 1), "x")
    found = [(str(row.clip.path), row.clip.start_s) for row in store.rows(Path("/music"))]
    assert found == [
        ("/music/a.flac", 9.0), ("/music/a.flac", 10.0), ("/music/a/z.flac", 9.0), ("/music/a/z.flac", 10.0),
        ("/music/b.flac", 9.0), ("/music/b.flac", 10.0),
    ]
    assert len(store.rows(Path("/"))) == 10


def test_statuses_give_the_best_of_each_file(store: Store) -> None:
    def put(name: str, *statuses: Status) -> None:
        for i, status in enumerate(statuses):
            clip = Clip(Path("/music") / name, i * 10.0, i * 10.0 + 10)
            store.edit(clip, "text")
            store.set_status(clip, status)

    put("a", Status.DRAFT, Status.ACCEPTED, Status.FLAGGED)
    put("b", Status.REJECTED, Status.FLAGGED, Status.DRAFT)
    put("c", Status.SKIPPED, Status.DRAFT, Status.REJECTED)
    put("d", Status.SKIPPED, Status.REJECTED)
    put("e", Status.SKIPPED)
    assert store.statuses(Path("/music")) == {
        Path("/music/a"): Status.ACCEPTED, Path("/music/b"): Status.FLAGGED, Path("/music/c"): Status.DRAFT,
        Path("/music/d"): Status.REJECTED, Path("/music/e"): Status.SKIPPED,
    }


def test_names_that_are_not_unicode_survive(store: Store, tmp_path: Path) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9 \xff.mp3"))
    store.edit(Clip(path, 0, 1), "x")
    assert store.rows(tmp_path)[0].clip.path == path
    assert store.statuses(tmp_path) == {path: Status.DRAFT}
    assert store.latest(path) is not None


def test_half_a_surrogate_pair_becomes_the_replacement_character(store: Store) -> None:
    assert store.edit(CLIP, "a\ud83d b \ud83d\ude00").text == "a\ufffd b \U0001f600"


def test_undo_walks_back_through_the_session_and_redo_forward(store: Store) -> None:
    made = store.save_generated(CLIP, a_caption())
    edited = store.edit(CLIP, "Better.")
    accepted = store.set_status(CLIP, Status.ACCEPTED)
    assert store.undo() == edited
    assert store.undo() == made
    assert store.get(CLIP) == made
    gone = store.undo()
    assert gone is not None
    assert (gone.clip, gone.text) == (CLIP, "")
    assert store.get(CLIP) is None
    assert store.undo() is None
    assert [store.redo(), store.redo(), store.redo(), store.redo()] == [made, edited, accepted, None]
    assert store.get(CLIP) == accepted
    assert store.undo() == edited
    store.edit(CLIP, "Other.")
    assert store.redo() is None


def test_undo_leaves_other_sessions_alone(tmp_path: Path) -> None:
    ours, theirs = Store(tmp_path / "s.sqlite"), Store(tmp_path / "s.sqlite")
    ours.edit(CLIP, "ours")
    theirs.edit(CLIP, "theirs")
    with pytest.raises(StoreError, match="Another J2A"):
        ours.undo()
    row = ours.get(CLIP)
    assert row is not None
    assert row.text == "theirs"
    assert ours.undo() is None
    assert theirs.undo() is not None
    assert ours.get(CLIP) is not None


def test_nothing_is_journaled_when_nothing_changes(store: Store) -> None:
    first = store.edit(CLIP, "same")
    assert store.edit(CLIP, "same") == first
    assert store.set_status(CLIP, Status.DRAFT) == first
    journal = sqlite3.connect(store.path).execute("SELECT action, before IS NULL FROM journal").fetchall()
    assert journal == [("edit", 1)]


def test_the_journal_tells_who_did_what(store: Store) -> None:
    store.save_generated(CLIP, a_caption())
    store.edit(CLIP, "mine")
    store.set_status(CLIP, Status.FLAGGED)
    store.undo()
    found = sqlite3.connect(store.path).execute("SELECT action, annotator FROM journal ORDER BY change").fetchall()
    assert found == [("generate", "ada"), ("edit", "ada"), ("flagged", "ada"), ("undo", "ada")]


def test_annotator_can_be_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("J2A_ANNOTATOR", "Zoë")
    assert Store(tmp_path / "s.sqlite").edit(CLIP, "x").annotator == "Zoë"


def test_threads_may_share_an_instance(store: Store) -> None:
    def write(which: int) -> None:
        for i in range(20):
            store.edit(Clip(Path(f"/music/{which}.flac"), i, i + 1), f"{which} {i}")

    threads = [threading.Thread(target=write, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.rows(Path("/music"))) == 80


_anything = st.text(st.characters(), max_size=40)  # surrogates included
_names = st.binary(min_size=1, max_size=30).map(lambda name: b"x" + name.replace(b"\0", b"").replace(b"/", b""))
_starts = st.integers(0, 10**9)
_lengths = st.none() | st.integers(1, 10**9)


@given(name=_names, start_ms=_starts, length_ms=_lengths)
def test_every_window_has_one_key(name: bytes, start_ms: int, length_ms: int | None) -> None:
    end_s = None if length_ms is None else (start_ms + length_ms) / 1000
    clip = Clip(Path(os.fsdecode(b"/" + name)), start_ms / 1000, end_s)
    assert clip_of(key_of(clip)) == clip


@given(start_s=st.floats(0, 1e6), length_s=st.floats(1e-3, 1e4))
def test_any_window_has_a_key_that_is_a_window(start_s: float, length_s: float) -> None:
    end_s = start_s + length_s
    key = key_of(Clip(Path("/a"), start_s, end_s))
    assert key_of(clip_of(key)) == key
    assert abs(key.start_ms / 1000 - start_s) <= 0.0005 + 1e-9


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(_anything, min_size=1, max_size=4),
    status=st.sampled_from([Status.DRAFT, Status.REJECTED, Status.SKIPPED, Status.FLAGGED]),
    name=_names,
    seed=st.integers(0, 2**63),
)
def test_whatever_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], status: Status, name: bytes, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("store")
    clip = Clip(Path(os.fsdecode(b"/music/" + name)), 1.0, 2.0)
    with Store(folder / "s.sqlite", annotator="ada") as store:
        store.save_generated(clip, a_caption(texts[0], seed))
        for text in texts:
            last: Row = store.edit(clip, text)
        if status is not Status.DRAFT:
            last = store.set_status(clip, status)
    with Store(folder / "s.sqlite") as store:
        assert store.get(clip) == last
        assert store.rows(Path("/music")) == [last]
    assert last.caption == a_caption(texts[0], seed)
    assert last.text == several_lines(texts[-1])


def test_both_texts_are_kept_where_figures_were_replaced(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        store.save_generated(CLIP, replace(a_caption("At 92 BPM."), written="At 140 BPM."))
    with Store(tmp_path / "s.sqlite") as store:
        row = store.get(CLIP)
    assert row is not None
    assert (row.text, row.generated_text) == ("At 92 BPM.", "At 140 BPM.")
    assert row.caption is not None
    assert row.caption.written == "At 140 BPM."


def test_captions_from_before_figures_could_be_replaced_are_read() -> None:
    old = a_caption().to_json()
    del old["written"]
    assert Caption.from_json(old) == a_caption()


def test_undo_goes_back_through_five_hundred_actions_and_three_restarts(tmp_path: Path) -> None:
    from j2a_tui.ledger import Ledger

    clips = [Clip(tmp_path / f"{number}.wav", 0.0, 10.0) for number in range(20)]

    def opened() -> Ledger:
        return Ledger(Store(tmp_path / "s.sqlite", annotator="ada"), tmp_path, lambda error: pytest.fail(str(error)))

    def stands(ledger: Ledger) -> list[tuple[str, str]]:
        return [(row.text, row.status) for row in ledger.store.rows(tmp_path)]

    states = []
    for part in range(4):  # three restarts between them
        ledger = opened()
        for number in range(125):
            states.append(stands(ledger))
            clip = clips[(part * 125 + number) % len(clips)]
            row, text = ledger.get(clip), f"{part} {number}"
            status = Status.REJECTED if row is not None and row.status is Status.FLAGGED else Status.FLAGGED
            if number % 2:
                ledger.save(clip, lambda store, clip=clip, text=text: store.edit(clip, text))
            else:
                ledger.save(clip, lambda store, clip=clip, status=status: store.set_status(clip, status))
            ledger.end_action()
        states_now = stands(ledger)
        ledger.store.close()
    assert len(states) == 500
    for _ in range(4):
        ledger = opened()
        for _ in range(125):
            before = stands(ledger)
            assert ledger.undo() is not None
            assert stands(ledger) == states.pop() != before
        ledger.store.close()
    ledger = opened()
    assert ledger.undo() is None and stands(ledger) == []
    for _ in range(500):
        assert ledger.redo() is not None
    assert stands(ledger) == states_now
    assert ledger.redo() is None


def test_an_action_is_one_after_a_restart_and_two_of_the_same_are_two(tmp_path: Path) -> None:
    """Also where they are a caption that was stopped and one that was asked for alike, and where few are looked at."""
    with Store(tmp_path / "s.sqlite", annotator="ada") as store:
        for action in (["a", "ab"], ["abc"], ["d", "de", "def"]):
            store.begin_action()
            for text in action:
                store.edit(Clip(tmp_path / "1.wav"), text)
        for texts in (["A"], ["A s", "A song."]):
            store.begin_action()
            for text in texts:
                store.save_generated(Clip(tmp_path / "2.wav"), a_caption(text))
        store.set_status(Clip(tmp_path / "2.wav"), Status.ACCEPTED)
        store.begin_action(joined=True)
        store.save_generated(Clip(tmp_path / "3.wav"), a_caption("Next."))
    with Store(tmp_path / "s.sqlite", annotator="ada") as store:
        assert store.recall(tmp_path) == ([2, 1, 3, 1, 4], [], False)
        assert store.recall(tmp_path, 2) == ([4], [], True), "of the oldest action that is looked at, all"
        store.recall(tmp_path)
        store.undo_together(4)
        store.undo_together(1)
        store.redo_together(1)
    with Store(tmp_path / "s.sqlite", annotator="ada") as store:
        done, undone, _ = store.recall(tmp_path)
        assert (done, undone) == ([2, 1, 3, 1], [4])


def test_moving_rows_is_one_action_and_leaves_what_is_there(store: Store, tmp_path: Path) -> None:
    old, new = tmp_path / "old.wav", tmp_path / "new.wav"
    for start in (0.0, 10.0):
        store.edit(Clip(old, start, start + 10), f"Old {start:g}.")
    store.edit(Clip(new, 10.0, 20.0), "New.")
    before = store.rows(tmp_path)
    assert len(store.move([(old, new)])) == 3
    assert [(row.clip.path.name, row.text) for row in store.rows(tmp_path)] == [
        ("new.wav", "Old 0."), ("new.wav", "New."),
    ]  # fmt: skip
    done, _, _ = store.recall(tmp_path)
    assert done[-1] == 3
    for _ in range(done[-1]):
        store.undo()
    assert store.rows(tmp_path) == before
