"""What somebody says of a file is kept beside its windows and counts in all of them."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.exporting import to_csv
from j2a.features.corrections import NONE, Corrections
from j2a.features.record import Chord, Features
from j2a.store import Status, Store

YOURS = Corrections(bpm=140.0, key="C major", chords=(Chord(11.0, 12.0, "G:maj"),))
MEASURED = Features(bpm=70.0, meter="4/4", key="A minor", chords=[Chord(0.0, 10.0, "A:min")])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "captions.sqlite", annotator="ada") as opened:
        yield opened


@pytest.fixture
def song(tmp_path: Path) -> Path:
    (tmp_path / "music").mkdir()
    return tmp_path / "music" / "song.wav"


def caption(text: str, seed: int = 0) -> Caption:
    return Caption(text, "1.0", "mini", "w", "facts-2/describe", "p", seed, features=MEASURED)


def test_they_count_in_every_window_and_are_no_window(store: Store, song: Path) -> None:
    store.save_generated(Clip(song, 0, 10), caption("At 70 BPM."))
    store.correct(song, YOURS)
    store.edit(Clip(song, 10, 20), "By hand.")
    assert [row.clip.start_s for row in store.rows(song.parent)] == [0, 10]
    assert {row.clip.start_s for row in store.of_file(song)} == {0, 10}
    assert store.statuses(song.parent) == {song: Status.DRAFT}
    assert [row.features.bpm for row in store.rows(song.parent)] == [140.0, 140.0]
    assert all(row.features.key == "C major" for row in store.of_file(song))
    latest = store.latest(song)
    assert latest is not None and latest.clip == Clip(song, 10, 20) and latest.corrections == YOURS
    row = store.get(Clip(song, 0, 10))
    assert row is not None and row.caption is not None
    assert (row.caption.features.bpm, row.features.bpm) == (70.0, 140.0)
    assert store.get(Clip(song)) is None


def test_a_file_with_corrections_alone_has_no_status(store: Store, song: Path) -> None:
    store.correct(song, YOURS)
    assert (store.statuses(song.parent), store.rows(song.parent), store.latest(song)) == ({}, [], None)
    assert store.corrections(song) == YOURS
    assert store.corrections(song.with_name("other.wav")) == NONE


def test_they_are_undone_and_made_again_also_after_a_restart(store: Store, song: Path) -> None:
    store.correct(song, YOURS)
    row = store.undo()
    assert row is not None and row.about_file and row.clip.path == song
    assert store.corrections(song) == NONE
    store.redo()
    assert store.corrections(song) == YOURS
    with Store(store.path, annotator="ada") as later:
        assert later.corrections(song) == YOURS
        assert later.recall(song.parent) == ([1], [], False)
        later.undo()
        assert later.corrections(song) == NONE


def test_a_correction_and_what_follows_it_are_one_action(store: Store, song: Path) -> None:
    store.save_generated(Clip(song, 0, 10), caption("At 70 BPM."))
    store.correct(song, YOURS)
    store.follow(Clip(song, 0, 10), "At 140 BPM.")
    with Store(store.path, annotator="ada") as later:
        assert later.recall(song.parent) == ([1, 2], [], False)


def test_words_that_follow_stay_the_models(store: Store, song: Path) -> None:
    clip = Clip(song, 0, 10)
    store.save_generated(clip, caption("At 70 BPM."))
    row = store.follow(clip, "At 140 BPM.")
    assert (row.text, row.edited, row.generated_text) == ("At 140 BPM.", False, "At 70 BPM.")
    assert row.caption is not None and row.caption.written == "At 70 BPM."
    store.edit(clip, "At 140 BPM. Mine.")
    row = store.follow(clip, "At 120 BPM. Mine.")
    assert row.edited and row.caption is not None and row.caption.text == "At 140 BPM."


def test_words_that_follow_back_again_are_as_the_model_wrote_them(store: Store, song: Path) -> None:
    clip = Clip(song, 0.0, 10.0)
    before = store.save_generated(clip, caption("At 70 BPM.")).caption
    store.follow(clip, "At 140 BPM.")
    assert store.follow(clip, "At 70 BPM.").caption == before


def test_another_session_sees_them(store: Store, song: Path) -> None:
    store.changed_elsewhere()
    with Store(store.path) as other:
        other.correct(song, YOURS)
    assert store.changed_elsewhere() == [Clip(song)]


def test_they_are_exported_also_with_a_text_that_nothing_was_measured_for(store: Store, song: Path) -> None:
    store.edit(Clip(song, 0, 10), "By hand.")
    store.correct(song, YOURS)
    [cells] = csv.DictReader(io.StringIO(to_csv(store.rows(song.parent), song.parent).decode()))
    assert (cells["bpm"], cells["key"]) == ("140", "C major")
    assert cells["aspect_list"] == "['140 BPM', 'C major']"


def test_a_damaged_one_is_told_and_mended_from_the_journal(store: Store, song: Path) -> None:
    store.edit(Clip(song, 0, 10), "By hand.")
    store.correct(song, YOURS)
    store.close()
    with sqlite3.connect(store.path) as raw:
        raw.execute("UPDATE caption SET state = 'x' WHERE start_ms = -1")
    told: list[Exception] = []
    with Store(store.path, on_mended=told.append) as again:
        assert again.corrections(song) == YOURS
    assert told
