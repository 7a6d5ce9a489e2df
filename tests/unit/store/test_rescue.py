"""Damaged pages in the session's file: what can be read is read and told, and the damaged file is kept."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("way", WAYS)
def test_one_damaged_page_loses_nothing(sound: bytes, tmp_path: Path, way: str) -> None:
    """Whichever it is: the first one, of the rows, of the journal, of an index."""
    whole = {clip(number).path.name: TEXTS[number] for number in range(COUNT)}
    told = 0
    for page in range(1, len(sound) // PAGE + 1):
        home = tmp_path / str(page)
        home.mkdir()
        content = with_pages(sound, [page], WAYS[way])
        texts, mended, damaged = opened(home / "s.sqlite", content)
        assert (texts, damaged) == (whole, []), page
        assert len(mended) <= 1
        told += len(mended)
        for one in mended:
            assert "nothing is lost" in str(one), page
            assert one.exit_code == ExitCode.OK
            kept = home / "s.sqlite.damaged"
            assert str(kept) in str(one)
            assert kept.read_bytes() == content
            assert kept.stat().st_mode & 0o077 == 0
    assert told > len(sound) // PAGE // 2


def test_a_damaged_header_loses_nothing(sound: bytes, tmp_path: Path) -> None:
    """No byte of it makes a file that of another program or of a newer J2A."""
    whole = {clip(number).path.name: TEXTS[number] for number in range(COUNT)}
    for place in range(100):
        home = tmp_path / str(place)
        home.mkdir()
        content = bytearray(sound)
        content[place] ^= (1, 4, 0x80, 0xFF)[place % 4]
        texts, mended, damaged = opened(home / "s.sqlite", bytes(content))
        assert (texts, damaged) == (whole, []), place
        assert all("nothing is lost" in str(one) for one in mended)
    for place, value in ((60, b"\x7f\xff\xff\xff"), (60, bytes(4)), (68, b"wild"), (60, b"\0\0\0\7")):
        path = tmp_path / f"{place}-{value.hex()}"
        texts, [told], damaged = opened(path, sound[:place] + value + sound[place + 4 :])
        assert (texts, damaged) == (whole, [])
        assert "nothing is lost" in str(told)


def test_another_program_s_file_and_a_newer_format_are_left_alone(tmp_path: Path) -> None:
    """They have other tables than ours."""
    newer = len(schema.MIGRATIONS) + 1
    for number, (owner, version, says) in enumerate([(0, 0, "another program"), (7, 3, "another program"),
                                                     (schema.APPLICATION_ID, newer, "newer J2A")]):  # fmt: skip
        path = tmp_path / f"{number}.sqlite"
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE caption (path BLOB, words TEXT)")
            other.execute(f"PRAGMA application_id = {owner}")
            other.execute(f"PRAGMA user_version = {version}")
        before = path.read_bytes()
        with pytest.raises(StoreError, match=says):
            Store(path)
        assert path.read_bytes() == before


@pytest.mark.parametrize("byte", [b"\xff", b'"', b"\n", b"\0", b"x"])
@pytest.mark.parametrize("ask", ["rows", "get", "latest", "decide", "edit"])
def test_a_row_whose_text_is_damaged_is_mended_from_the_journal(
    sound: bytes, tmp_path: Path, byte: bytes, ask: str
) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(with_flipped_text(sound, 7, byte))
    mended: list[MendedError] = []
    with Store(path, on_mended=mended.append) as store:
        match ask:
            case "rows":
                assert [row.text for row in store.rows(MUSIC)] == TEXTS
            case "get":
                assert [row.text for row in (store.get(clip(7)),) if row] == [TEXTS[7]]
            case "latest":
                assert [row.text for row in (store.latest(clip(7).path),) if row] == [TEXTS[7]]
            case "decide":
                assert store.set_status(clip(7), Status.ACCEPTED).text == TEXTS[7]
            case "edit":
                store.edit(clip(7), "Anew.")
                undone = store.undo()
                assert undone is not None
                assert undone.text == TEXTS[7]
        assert [row.text for row in store.rows(MUSIC)] == TEXTS
    assert ["nothing is lost" in str(one) for one in mended] == [True]


def test_what_both_places_lost_is_named_and_the_rest_is_there(sound: bytes, tmp_path: Path) -> None:
    trees_of = trees(sound, tmp_path / "t.sqlite")
    [rows, journal] = (leaves(sound, trees_of[name]) for name in ("caption", "journal"))
    texts, mended, damaged = opened(tmp_path / "s.sqlite", with_pages(sound, [rows[0], *journal]))
    assert 0 < len(damaged) < COUNT // 2
    assert len(texts) + len(damaged) == COUNT
    assert all(texts[name] == f"Caption {int(name[:3])}." for name in texts)
    [told] = mended
    assert told.exit_code == ExitCode.SOME_FILES_FAILED
    assert f"{len(damaged)} are lost" in str(told)
    with Store(tmp_path / "s.sqlite") as store:  # it is told again, until it is written anew
        with pytest.raises(StoreError, match="damaged"):
            store.rows(MUSIC)
        for number in range(COUNT):
            if clip(number).path.name not in texts:
                store.edit(clip(number), "Anew.")
        assert len(store.rows(MUSIC)) == COUNT + 1


def test_a_text_that_is_unreadable_in_both_places_is_lost(sound: bytes, tmp_path: Path) -> None:
    """Its row is on a damaged page; of its change in the journal one byte is no UTF-8."""
    rows = leaves(sound, trees(sound, tmp_path / "t.sqlite")["caption"])
    first = sound[(rows[0] - 1) * PAGE : rows[0] * PAGE]
    number = next(number for number in range(3, COUNT) if f'"Caption {number}."'.encode() in first)
    content = bytearray(with_pages(sound, [rows[0]]))
    content[content.rindex(f'"Caption {number}."'.encode()) + 3] = 0xFF
    texts, [mended], damaged = opened(tmp_path / "s.sqlite", bytes(content))
    assert len(damaged) == 1
    assert len(texts) == COUNT - 1
    assert clip(number).path.name not in texts
    assert mended.exit_code == ExitCode.SOME_FILES_FAILED
    assert "1 is lost" in str(mended)


@pytest.mark.parametrize("factor", [0.5, 1.1, 20])
def test_a_wrong_number_of_pages_in_the_header_loses_nothing(sound: bytes, tmp_path: Path, factor: float) -> None:
    pages = round(len(sound) // PAGE * factor)
    texts, [mended], damaged = opened(tmp_path / "s.sqlite", sound[:28] + pages.to_bytes(4) + sound[32:])
    assert (len(texts), damaged) == (COUNT, [])
    assert "nothing is lost" in str(mended)


def test_an_earlier_text_from_a_journal_with_gaps_is_called_that(sound: bytes, tmp_path: Path) -> None:
    trees_of = trees(sound, tmp_path / "t.sqlite")
    [rows, journal] = (leaves(sound, trees_of[name]) for name in ("caption", "journal"))
    _, [told], _ = opened(tmp_path / "s.sqlite", with_pages(sound, [*rows, journal[-1]]))
    assert "may be earlier texts" in str(told)
    assert told.exit_code == ExitCode.SOME_FILES_FAILED


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_that_was_cut(sound: bytes, tmp_path: Path, share: float) -> None:
    texts, [told], damaged = opened(tmp_path / "s.sqlite", sound[: int(len(sound) * share)])
    assert len(texts) + len(damaged) == COUNT
    assert len(texts) >= COUNT * (share - 0.3)
    assert "s.sqlite.damaged" in str(told)
    assert told.exit_code == ExitCode.SOME_FILES_FAILED


def test_where_nothing_can_be_read_the_file_stays_as_it_is(sound: bytes, tmp_path: Path) -> None:
    content = sound[:PAGE] + bytes(len(sound) - PAGE)
    path = tmp_path / "s.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="move it away"), Store(path) as store:
        store.rows(MUSIC)
    assert path.read_bytes() == content
    assert not (tmp_path / "s.sqlite.damaged").exists()


def test_who_does_not_listen_gets_it_raised_once(sound: bytes, tmp_path: Path) -> None:
    page = leaves(sound, trees(sound, tmp_path / "t.sqlite")["caption"])[1]
    path = tmp_path / "s.sqlite"
    path.write_bytes(with_pages(sound, [page]))
    with Store(path) as store:
        with pytest.raises(MendedError, match="nothing is lost"):
            store.rows(MUSIC)
        assert len(store.rows(MUSIC)) == COUNT


def test_undo_goes_on_behind_it_and_so_do_others_that_have_the_file_open(sound: bytes, tmp_path: Path) -> None:
    page = leaves(sound, trees(sound, tmp_path / "t.sqlite")["caption"])[1]
    path = tmp_path / "s.sqlite"
    path.write_bytes(sound)
    mended: list[MendedError] = []
    with Store(path, on_mended=mended.append) as store, Store(path, on_mended=mended.append) as other:
        store.edit(clip(0), "Mine.")
        other.edit(clip(COUNT - 1), "Another's, in the log beside the file.")
        with path.open("r+b") as file:
            file.seek((page - 1) * PAGE)
            file.write(bytes(PAGE))
        ask = [sys.executable, "-c", "import sys; from pathlib import Path; from j2a.store import Store\n"
               "with Store(Path(sys.argv[1]), on_mended=print) as s: print(len(s.rows(Path('/music'))))", str(path)]
        said = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
        assert "nothing is lost" in said
        assert said.endswith(f"{COUNT}\n")
        assert len(other.rows(MUSIC)) == COUNT
        undone = store.undo()
        assert undone is not None
        assert undone.text == TEXTS[0]
        other.edit(clip(1), "It goes on.")
        assert {row.text for row in store.rows(MUSIC)} >= {"It goes on.", "Another's, in the log beside the file."}
    assert len(mended) <= 1


def test_a_damaged_one_that_cannot_be_written_is_read(
    sound: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = leaves(sound, trees(sound, tmp_path / "t.sqlite")["caption"])[1]
    path = tmp_path / "s.sqlite"
    path.write_bytes(with_pages(sound, [page]))
    before = path.read_bytes()

    def read_only(*_args: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(paths, "private_database", read_only)
    monkeypatch.setattr(paths, "private_file", read_only)
    mended: list[MendedError] = []
    with Store(path, to_read=True, on_mended=mended.append) as store:
        assert len(store.rows(MUSIC)) == COUNT
    assert len(mended) == 1
    assert path.read_bytes() == before
    with pytest.raises(StoreError), Store(path) as store:
        store.rows(MUSIC)


def test_a_second_damaged_file_takes_no_ones_place(sound: bytes, tmp_path: Path) -> None:
    content = with_pages(sound, [1])
    for kept in ("s.sqlite.damaged", "s.sqlite.damaged2"):
        _, [told], _ = opened(tmp_path / "s.sqlite", content)
        assert f"{kept}." in str(told)
        assert (tmp_path / kept).read_bytes() == content
