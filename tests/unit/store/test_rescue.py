"""Damaged pages in the session's file: what can be read is read and told, and the damaged file is kept."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from j2a import paths
from j2a.clip import Clip
from j2a.errors import ExitCode, StoreError
from j2a.store import Status, Store, schema
from j2a.store.rescue import MendedError

MUSIC = Path("/music")
PAGE = 4096
COUNT = 60
TEXTS = [f"Caption {number}." for number in range(COUNT)]


def clip(number: int) -> Clip:
    return Clip(MUSIC / f"{number:03}.flac", 1.0, 2.0)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file with 60 captions, half of them written twice, three of them decided about, and one that was taken back."""
    path = tmp_path_factory.mktemp("sound") / "s.sqlite"
    with Store(path, annotator="Jörg") as store:
        for number in range(0, COUNT, 2):
            store.edit(clip(number), "An earlier text. " * (300 if number == 8 else 1))  # on pages of its own
        for number in range(COUNT):
            store.edit(clip(number), TEXTS[number])
        for number in range(3):
            store.set_status(clip(number), Status.ACCEPTED)
        store.edit(clip(999), "Taken back.")
        store.undo()
    return path.read_bytes()


def trees(content: bytes, path: Path) -> dict[str, int]:
    """On which page each table and index begins."""
    path.write_bytes(content)
    raw = sqlite3.connect(path)
    try:
        return dict(raw.execute("SELECT name, rootpage FROM sqlite_master").fetchall())
    finally:
        raw.close()
        path.unlink()


def leaves(content: bytes, root: int) -> list[int]:
    """The pages below the first page of a tree of two floors."""
    page = content[(root - 1) * PAGE: root * PAGE]
    assert page[0] in (2, 5), "an inner page"
    cells = [int.from_bytes(page[at: at + 2]) for at in range(12, 12 + 2 * int.from_bytes(page[3:5]), 2)]
    return [*(int.from_bytes(page[cell: cell + 4]) for cell in cells), int.from_bytes(page[8:12])]


def with_pages(content: bytes, pages: list[int], damage: Callable[[bytes], bytes] = lambda page: bytes(PAGE)) -> bytes:
    parts = [content[at: at + PAGE] for at in range(0, len(content), PAGE)]
    for page in pages:
        parts[page - 1] = damage(parts[page - 1])
    return b"".join(parts)


def opened(path: Path, content: bytes) -> tuple[dict[str, str], list[MendedError], list[StoreError]]:
    """The texts of the rows, what was told of mending, and the rows that are damaged."""
    path.write_bytes(content)
    mended: list[MendedError] = []
    damaged: list[StoreError] = []
    with Store(path, on_mended=mended.append) as store:
        store.check()
        rows = store.rows(MUSIC, damaged.append)
        store.edit(clip(500), "Written after it.")
        assert store.latest(clip(500).path) is not None
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    raw.close()
    return {row.clip.path.name: row.text for row in rows}, mended, damaged


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "zeroed": lambda page: bytes(PAGE),
    "flipped": lambda page: bytes(255 - byte for byte in page),
    "another's": lambda page: b"SQLite format 3\0" * (PAGE // 16),
    "half": lambda page: page[: PAGE // 2] + bytes(PAGE // 2),
}


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


def with_flipped_text(content: bytes, number: int, byte: bytes) -> bytes:
    """With another byte in the text of a caption's row, not of the journal's."""
    wanted = f'"Caption {number}."'.encode()
    places = [at for at in range(len(content)) if content.startswith(wanted, at)]
    changed = [content[: at + 3] + byte + content[at + 4 :] for at in places]
    return next(one for one in changed if b'{"text": "Ca' + byte in rows_of(one))


def rows_of(content: bytes) -> bytes:
    with contextlib.closing(sqlite3.connect(":memory:")) as raw:
        raw.text_factory = bytes
        raw.deserialize(content[:18] + b"\1\1" + content[20:])
        return b"".join(state for (state,) in raw.execute("SELECT state FROM caption"))


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


@pytest.mark.parametrize("column", ["checksum", "change"])
def test_a_damaged_number_beside_a_text_loses_nothing(sound: bytes, tmp_path: Path, column: str) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(sound)
    raw = sqlite3.connect(path)
    raw.execute(f"UPDATE caption SET {column} = {column} + 1024 WHERE state LIKE '%Caption 7.%'")
    raw.commit()
    raw.close()
    mended: list[MendedError] = []
    with Store(path, on_mended=mended.append) as store:
        assert [row.text for row in store.rows(MUSIC)] == TEXTS
    assert ["nothing is lost" in str(one) for one in mended] == [True]


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
    mended: list[MendedError] = []
    with Store(path, on_mended=mended.append) as store:
        assert [row.text for row in store.rows(MUSIC)] == TEXTS
    assert ["nothing is lost" in str(one) for one in mended] == [True]


def test_one_damaged_page_of_the_first_format_loses_nothing(sound: bytes, tmp_path: Path) -> None:
    whole = {clip(number).path.name: TEXTS[number] for number in range(COUNT)}
    content = in_the_first_format(sound, tmp_path / "new.sqlite")
    for page in range(1, len(content) // PAGE + 1):
        texts, _, damaged = opened(tmp_path / f"{page}.sqlite", with_pages(content, [page]))
        assert (texts, damaged) == (whole, []), page


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
