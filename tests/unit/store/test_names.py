"""A file is the same by whichever name it is reached."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from j2a.clip import Clip
from j2a.library import scan
from j2a.store import Status, Store


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """``music`` with an album, ``link`` to it, and ``top/in``, a link inside another folder."""
    (tmp_path / "music" / "album").mkdir(parents=True)
    (tmp_path / "top").mkdir()
    (tmp_path / "link").symlink_to("music")
    (tmp_path / "top" / "in").symlink_to(tmp_path / "music" / "album")
    for name in ("a.wav", "album/b.wav"):
        (tmp_path / "music" / name).write_bytes(b"x")
    return tmp_path / "music"


@pytest.mark.parametrize(("saved", "asked"), [("link", "music"), ("music", "link"), ("link", "link")])
def test_a_folder_and_a_link_to_it_have_the_same_rows(music: Path, saved: str, asked: str) -> None:
    top = music.parent
    with Store(top / "s.sqlite") as store:
        store.edit(Clip(top / saved / "a.wav", 0, 10), "One.")
        store.edit(Clip(top / saved / "album" / "b.wav", 0, 10), "Two.")
    with Store(top / "s.sqlite") as store:
        assert [(row.clip.path, row.text) for row in store.rows(top / asked)] == [
            (music / "a.wav", "One."), (music / "album" / "b.wav", "Two."),
        ]
        assert store.statuses(top / asked) == dict.fromkeys((music / "a.wav", music / "album" / "b.wav"), Status.DRAFT)
        row = store.get(Clip(top / asked / "a.wav", 0, 10))
        assert row is not None
        assert (row.text, row.clip.path) == ("One.", top / asked / "a.wav")
        assert store.latest(top / asked / "album" / "b.wav") is not None


def test_a_row_is_changed_and_taken_back_under_either_name(music: Path) -> None:
    top = music.parent
    linked, real = Clip(top / "link" / "a.wav", 0, 10), Clip(music / "a.wav", 0, 10)
    with Store(top / "s.sqlite") as store, Store(top / "s.sqlite") as other:
        assert other.rows(music) == []
        store.edit(linked, "One.")
        assert [row.text for row in other.rows(music)] == ["One."]  # the other has looked before
        other.edit(real, "Two.")
        assert [row.text for row in store.rows(top / "link")] == ["Two."]
        undone = other.undo()
        assert undone is not None
        assert (undone.text, undone.clip) == ("One.", real)
        assert sqlite3.connect(store.path).execute("SELECT count(*) FROM caption").fetchone() == (1,)


def test_a_folder_that_was_moved_and_linked_is_found_by_both_names(music: Path) -> None:
    top = music.parent
    with Store(top / "s.sqlite") as store:
        store.edit(Clip(music / "a.wav"), "One.")
    moved = music.rename(top / "elsewhere")
    music.symlink_to(moved)
    with Store(top / "s.sqlite") as store:
        assert [row.clip.path for folder in (music, moved) for row in store.rows(folder)] == [moved / "a.wav"] * 2


def test_a_linked_folder_inside_is_part_of_both(music: Path) -> None:
    top = music.parent / "top"
    assert [track.path for track in scan(top)] == [top / "in" / "b.wav"]
    with Store(music.parent / "s.sqlite") as store:
        store.edit(Clip(music / "album" / "b.wav", 0, 10), "Saved by its own name.")
        store.edit(Clip(top / "in" / "b.wav", 10, 20), "Saved through the link.")
        assert [row.text for row in store.rows(music)] == ["Saved by its own name.", "Saved through the link."]
        assert sorted(row.text for row in store.rows(top)) == ["Saved by its own name.", "Saved through the link."]
        row = store.get(Clip(top / "in" / "b.wav", 0, 10))
        assert row is not None


def test_a_link_to_the_folder_above_gives_no_row_twice(music: Path) -> None:
    (music / "up").symlink_to(music.parent)
    with Store(music.parent / "s.sqlite") as store:
        store.edit(Clip(music / "a.wav"), "A.")
        assert [row.clip.path for row in store.rows(music)] == [music / "a.wav"]


def test_files_that_are_links_stay_two(music: Path) -> None:
    (music / "c.wav").symlink_to("a.wav")
    with Store(music.parent / "s.sqlite") as store:
        store.edit(Clip(music / "a.wav"), "A.")
        store.edit(Clip(music / "c.wav"), "C.")
        assert [(row.clip.path.name, row.text) for row in store.rows(music)] == [("a.wav", "A."), ("c.wav", "C.")]


def test_of_two_rows_of_one_window_the_words_are_kept(music: Path) -> None:
    top = music.parent
    with Store(top / "s.sqlite") as store:
        store.edit(Clip(music / "a.wav"), "Words.")
        store.edit(Clip(top / "link" / "a.wav", 0, 10), "x")
        raw = sqlite3.connect(store.path)  # as it was kept before a file had one name
        raw.execute(
            "UPDATE caption SET end_ms = -1, state = replace(state, '\"x\"', '\"\"'), checksum = NULL WHERE end_ms > 0"
        )
        raw.commit()
        assert [row.text for row in store.rows(music)] == ["Words."]
        row = store.get(Clip(top / "link" / "a.wav"))
        assert row is not None
        assert row.text == "Words."
