"""Letters and numbers that changed in the session's file: what was written is what is read, or it is told."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from random import Random

import pytest

from j2a import paths
from j2a.errors import ExitCode, StoreError
from j2a.store import Status, Store, schema
from j2a.store.rescue import MendedError
from tests.unit.store.damage import (
    COUNT,
    MUSIC,
    PAGE,
    TEXTS,
    WAYS,
    clip,
    leaves,
    opened,
    trees,
    with_flipped_text,
    with_pages,
)


def test_a_page_that_the_disk_forgot_to_write_loses_nothing(sound: bytes, tmp_path: Path) -> None:
    """The page is whole, and what it held before: the journal knows what came after."""
    path = tmp_path / "s.sqlite"
    path.write_bytes(sound)
    with Store(path) as store:
        for number in range(20):
            store.edit(clip(number), f"Captain {number}.")
    newer = path.read_bytes()
    told = 0
    for number, page in enumerate(leaves(newer, trees(newer, tmp_path / "t.sqlite")["caption"])):
        if page > len(sound) // PAGE:
            continue
        stale = newer[: (page - 1) * PAGE] + sound[(page - 1) * PAGE : page * PAGE] + newer[page * PAGE :]
        texts, mended, damaged = opened(tmp_path / f"{number}.sqlite", stale)
        assert not damaged
        assert list(texts.values())[:COUNT] == [*(f"Captain {one}." for one in range(20)), *TEXTS[20:]]
        told += len(mended)
    assert told


@pytest.mark.parametrize("seed", range(3))
def test_a_flipped_bit_anywhere_changes_no_caption(sound: bytes, tmp_path: Path, seed: int) -> None:
    """Nor does it lose a window, make one, or leave one damaged."""
    whole = {clip(number).path.name: TEXTS[number] for number in range(COUNT)}
    random = Random(seed)
    for number in range(40):
        place = random.randrange(len(sound))
        home = tmp_path / str(number)
        home.mkdir()
        content = bytearray(sound)
        content[place] ^= 1 << random.randrange(8)
        texts, mended, damaged = opened(home / "s.sqlite", bytes(content))
        assert (texts, damaged) == (whole, []), place
        assert all("nothing is lost" in str(one) for one in mended), place


def loses_nothing_and_says_so(path: Path) -> None:
    mended: list[MendedError] = []
    with Store(path, on_mended=mended.append) as store:
        assert [row.text for row in store.rows(MUSIC)] == TEXTS
    assert ["nothing is lost" in str(one) for one in mended] == [True]


@pytest.mark.parametrize("column", ["checksum", "change"])
def test_a_damaged_number_beside_a_text_loses_nothing(sound: bytes, tmp_path: Path, column: str) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(sound)
    raw = sqlite3.connect(path)
    raw.execute(f"UPDATE caption SET {column} = {column} + 1024 WHERE state LIKE '%Caption 7.%'")
    raw.commit()
    raw.close()
    loses_nothing_and_says_so(path)


def with_pages_mixed_up(content: bytes, random: Random) -> bytes:
    """Flipped bits, zeros, and pages that stand in the place of others, a few of each."""
    mixed = bytearray(content)
    for _ in range(random.randint(1, 5)):
        place, length = random.randrange(len(mixed)), random.choice([4, 512, PAGE])
        match random.randrange(3):
            case 0:
                mixed[place] ^= 1 << random.randrange(8)
            case 1:
                mixed[place : place + length] = bytes(len(mixed[place : place + length]))
            case _:
                to, source = (random.randrange(len(content) // PAGE) * PAGE for _ in range(2))
                mixed[to : to + PAGE] = content[source : source + PAGE]
    return bytes(mixed)


@pytest.mark.parametrize("seed", range(2))
def test_much_damage_at_once_makes_no_text_and_loses_none_unseen(sound: bytes, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    for number in range(25):
        path = tmp_path / f"{number}.sqlite"
        path.write_bytes(with_pages_mixed_up(sound, random))
        mended: list[MendedError] = []
        damaged: list[StoreError] = []
        try:
            with Store(path, on_mended=mended.append) as store:
                store.check()
                texts = {row.clip.path.name: row.text for row in store.rows(MUSIC, damaged.append)}
        except StoreError:
            continue  # nothing in it can be read
        for one in range(COUNT):
            found = texts.get(clip(one).path.name)
            told = damaged or any(error.exit_code != ExitCode.OK for error in mended)
            assert found == TEXTS[one] or (told and (found is None or "An earlier text." in found)), (number, one)


def test_a_letter_that_changed_in_both_places_is_told(sound: bytes, tmp_path: Path) -> None:
    """The texts were written by SQLite, so that nothing else than the checksums knows."""
    path = tmp_path / "s.sqlite"
    path.write_bytes(sound)
    raw = sqlite3.connect(path)
    for table, column in (("caption", "state"), ("journal", "after")):
        raw.execute(f"UPDATE {table} SET {column} = replace({column}, '\"Caption 7.\"', '\"Caption 9.\"')")
    raw.commit()
    raw.close()
    for _ in range(2):  # it is told until it is written anew
        damaged: list[StoreError] = []
        with Store(path) as store:
            store.check()
            assert [row.text for row in store.rows(MUSIC, damaged.append)] == [*TEXTS[:7], *TEXTS[8:]]
            assert ["007.flac" in str(one) for one in damaged] == [True]
            with pytest.raises(StoreError, match="damaged"):
                store.get(clip(7))
            with pytest.raises(StoreError, match="damaged"):
                store.set_status(clip(7), Status.ACCEPTED)
    with Store(path) as store:
        store.edit(clip(7), TEXTS[7])
        assert [row.text for row in store.rows(MUSIC)] == TEXTS


@pytest.mark.parametrize("column", ["before", "after"])
@pytest.mark.parametrize("provable", [True, False])
def test_a_letter_that_changed_in_the_journal_is_never_taken_back(
    tmp_path: Path, column: str, provable: bool
) -> None:
    """The same text stands elsewhere, where the change before and after it are whole; else nothing is taken back."""
    mended: list[MendedError] = []
    with Store(tmp_path / "s.sqlite", on_mended=mended.append) as store:
        for text in ("Earlier.", "Later."):
            store.edit(clip(1), text)
        raw = sqlite3.connect(store.path)
        where = "" if not provable else "WHERE change = 2"
        raw.execute(f"UPDATE journal SET {column} = replace(replace({column}, 'Earl', 'Pearl'), 'Lat', 'Hat') {where}")
        if not provable:
            raw.execute("UPDATE journal SET action = 'edot', after = replace(after, 'Earl', 'Pearl')")
        raw.commit()
        raw.close()
        if provable:
            undone = store.undo()
            assert undone is not None
            assert undone.text == "Earlier."
            assert ["nothing is lost" in str(one) for one in mended] == [True]
        else:
            with pytest.raises(StoreError, match="damaged"):
                store.undo()
            assert [row.text for row in store.rows(MUSIC)] == ["Later."]


def in_the_first_format(content: bytes, path: Path) -> bytes:
    """The same rows and changes in the tables that had no checksums."""
    path.write_bytes(content)
    old = sqlite3.connect(path.with_suffix(".old"), isolation_level=None)
    old.execute("PRAGMA page_size = 4096")
    for statement in schema.MIGRATIONS[0]:
        old.execute(statement)
    old.execute("ATTACH ? AS new", (str(path),))
    for table in ("caption", "journal"):
        names = ", ".join(name for _, name, *_ in old.execute(f"PRAGMA main.table_info({table})"))
        old.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM new.{table}")
    old.execute("PRAGMA user_version = 1")
    old.close()
    return path.with_suffix(".old").read_bytes()


def test_a_file_of_the_first_format_is_read_and_has_checksums_from_then_on(sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(in_the_first_format(sound, tmp_path / "new.sqlite"))
    with Store(path) as store:
        store.check()
        assert [row.text for row in store.rows(MUSIC)] == TEXTS
        raw = sqlite3.connect(path)
        for table in ("caption", "journal"):
            assert raw.execute(f"SELECT count(*) FROM {table} WHERE checksum IS NULL").fetchone() == (0,)
        raw.execute("UPDATE caption SET state = replace(state, 'Caption 7', 'Caption 8')")
        raw.commit()
        raw.close()
    loses_nothing_and_says_so(path)


@pytest.mark.parametrize("damaged", ["caption", "journal"])
def test_a_letter_that_changed_in_the_first_format_is_told_and_both_texts_are_kept(
    sound: bytes, tmp_path: Path, damaged: str
) -> None:
    """Which of the two is right nothing can tell."""
    path = tmp_path / "s.sqlite"
    path.write_bytes(in_the_first_format(sound, tmp_path / "new.sqlite"))
    raw = sqlite3.connect(path)
    column = "state" if damaged == "caption" else "after"
    raw.execute(f"UPDATE {damaged} SET {column} = replace({column}, 'Caption 7.', 'Captiom 7.')")
    raw.commit()
    raw.close()
    told: list[MendedError] = []
    with Store(path, on_mended=told.append) as store:
        row = store.get(clip(7))
        assert row is not None
        shown = "Captiom 7." if damaged == "caption" else "Caption 7."
        assert (row.text, {one.text for one in row.variants}) == (shown, {"Caption 7.", "Captiom 7."})
        assert [one.text for one in store.rows(MUSIC) if one.clip != clip(7)] == TEXTS[:7] + TEXTS[8:]
        store.check()
        assert store.choose(clip(7), 1).text != shown
        undone = store.undo()
        assert undone is not None and undone.text == shown
    [error] = told
    assert f"1 caption reads otherwise in its journal: {clip(7).path.name} at" in str(error)
    assert error.exit_code is ExitCode.SOME_FILES_FAILED
    with Store(path) as store:  # told once
        assert len(store.rows(MUSIC)) == COUNT


@pytest.mark.parametrize("way", WAYS)
def test_one_damaged_page_of_the_first_format_loses_nothing(sound: bytes, tmp_path: Path, way: str) -> None:
    whole = {clip(number).path.name: TEXTS[number] for number in range(COUNT)}
    content = in_the_first_format(sound, tmp_path / "new.sqlite")
    for page in range(1, len(content) // PAGE + 1):
        texts, mended, damaged = opened(tmp_path / f"{page}.sqlite", with_pages(content, [page], WAYS[way]))
        assert (texts, damaged) == (whole, []), page
        assert all("nothing is lost" in str(error) for error in mended), page


@pytest.mark.parametrize("seed", range(3))
def test_much_damage_to_the_first_format_loses_no_text_unseen(sound: bytes, tmp_path: Path, seed: int) -> None:
    """Pages in both places of a text: what is not there any more is told, and nothing is made up."""
    drawn = Random(seed)
    content = in_the_first_format(sound, tmp_path / "new.sqlite")
    for number in range(12):
        pages = drawn.sample(range(1, len(content) // PAGE + 1), 4)
        damage = drawn.choice(list(WAYS.values()))
        texts, mended, damaged = opened(tmp_path / f"{number}.sqlite", with_pages(content, pages, damage))
        told = damaged or any(error.exit_code != ExitCode.OK for error in mended)
        for one in range(COUNT):
            found = texts.get(clip(one).path.name)
            assert found == TEXTS[one] or (told and (found is None or "An earlier text." in found)), (pages, one)


@pytest.mark.parametrize("place", ["header", "sqlite_autoindex_caption_1", "journal"])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_changed_letter_in_the_first_format_is_told_beside_damaged_pages(
    sound: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, *, read_only: bool
) -> None:
    content = with_flipped_text(in_the_first_format(sound, tmp_path / "new.sqlite"), 7, b"#")
    roots = trees(content, tmp_path / "trees.sqlite")
    page = 1 if place == "header" else roots[place] if "index" in place else leaves(content, roots[place])[0]
    path = tmp_path / "s.sqlite"
    path.write_bytes(with_pages(content, [page], WAYS["flipped"]))
    if read_only:
        monkeypatch.setattr(paths, "private_database", refused)
        monkeypatch.setattr(paths, "private_file", refused)
    told: list[MendedError] = []
    with Store(path, on_mended=told.append, to_read=read_only) as store:
        store.check()
        row = store.get(clip(7))
        assert row is not None
        assert (row.text, {one.text for one in row.variants}) == ("Ca#tion 7.", {"Caption 7.", "Ca#tion 7."})
        assert [one.text for one in store.rows(MUSIC) if one.clip != clip(7)] == TEXTS[:7] + TEXTS[8:]
    [error] = told
    assert f"1 caption reads otherwise in its journal: {clip(7).path.name} at" in str(error)
    assert "nothing is lost" not in str(error) and "damaged pages" in str(error)
    assert error.exit_code is ExitCode.SOME_FILES_FAILED


def refused(*_args: object) -> None:
    raise OSError(errno.EROFS, "Read-only file system")


def test_what_a_program_wrote_that_knows_no_checksums_is_believed(tmp_path: Path) -> None:
    """An older J2A may have had the file open when a newer one brought it up to date."""
    with Store(tmp_path / "s.sqlite") as store:
        store.edit(clip(1), "By an older one.")
        raw = sqlite3.connect(store.path)
        for table in ("caption", "journal"):
            raw.execute(f"UPDATE {table} SET checksum = NULL")
        raw.commit()
        raw.close()
        assert [row.text for row in store.rows(MUSIC)] == ["By an older one."]
        undone = store.undo()
        assert undone is not None
        assert undone.text == ""
