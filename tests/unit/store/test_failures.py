"""The session's file when things go wrong: killed processes, full disks, damaged and foreign files."""

from __future__ import annotations

import errno
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from j2a import paths
from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.features.record import Features
from j2a.store import Status, Store, schema

CLIP = Clip(Path("/music/a.flac"), 10.0, 20.0)

WRITER = textwrap.dedent("""
    import sys
    from pathlib import Path
    from j2a.clip import Clip
    from j2a.store import Status, Store
    store = Store(Path(sys.argv[1]))
    number = 0
    while True:
        clip = Clip(Path(f"/music/{number}.flac"), 0, 10)
        store.edit(clip, f"caption {number}")
        store.set_status(clip, Status.ACCEPTED)
        print(number, flush=True)  # acknowledged
        number += 1
""")


def _python(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *args], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("wait_s", [0.0, 0.013, 0.057])
def test_everything_acknowledged_survives_kill_9(tmp_path: Path, wait_s: float) -> None:
    path = tmp_path / "s.sqlite"
    child = _python(WRITER, str(path))
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(10)]
    time.sleep(wait_s)  # lands the blow at another point of a transaction
    child.send_signal(signal.SIGKILL)
    lines += child.stdout.readlines()
    assert child.wait() == -signal.SIGKILL
    acknowledged = [int(line) for line in lines if line.endswith("\n")]
    assert acknowledged == list(range(len(acknowledged)))
    with Store(path) as store:
        rows = {row.clip.path.name: row for row in store.rows(Path("/music"))}
        for number in acknowledged:
            row = rows.pop(f"{number}.flac")
            assert (row.text, row.status) == (f"caption {number}", "accepted")
        assert len(rows) <= 1  # the one it was working on
        store.edit(CLIP, "and it goes on")
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_processes_that_open_a_new_file_at_once_all_write(tmp_path: Path) -> None:
    code = textwrap.dedent("""
        import sys
        from pathlib import Path
        from j2a.clip import Clip
        from j2a.store import Store
        sys.stdin.readline()
        with Store(Path(sys.argv[1])) as store:
            for i in range(10):
                store.edit(Clip(Path(f"/music/{sys.argv[2]}"), i, i + 1), "x")
    """)
    path = tmp_path / "s.sqlite"
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(n)], stdin=subprocess.PIPE, text=True)
        for n in range(4)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.close()
    assert [child.wait() for child in children] == [0, 0, 0, 0]
    with Store(path) as store:
        assert len(store.rows(Path("/music"))) == 40


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"These are my holiday notes, not a database.\n" * 200)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="damaged or not a J2A file"):
        Store(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Store(path)
    assert path.read_bytes() == before


def test_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    Store(path).close()
    newer = sqlite3.connect(path)
    newer.execute("ALTER TABLE caption ADD COLUMN newer TEXT")
    newer.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    newer.close()
    with pytest.raises(StoreError, match="newer J2A"):
        Store(path)


def test_an_older_format_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        row = store.edit(CLIP, "kept")
    step = ("ALTER TABLE caption ADD COLUMN extra TEXT", "UPDATE caption SET extra = 'new'")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    with Store(path) as store:
        assert store.get(CLIP) == row
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT extra FROM caption").fetchall() == [("new",)]
    assert raw.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.edit(CLIP, "kept")
    step = ("ALTER TABLE caption ADD COLUMN extra TEXT", "UPDATE nowhere SET extra = 'new'")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
        with pytest.raises(StoreError, match="nowhere"):
            Store(path)
    columns = [column[1] for column in sqlite3.connect(path).execute("PRAGMA table_info(caption)")]
    assert "extra" not in columns
    with Store(path) as store:
        assert store.get(CLIP) is not None


def test_a_damaged_page_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        for i in range(200):
            store.edit(Clip(Path(f"/music/{i}.flac")), "x" * 200)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(bytes(data))
    with pytest.raises(StoreError, match="damaged"), Store(path) as store:
        store.rows(Path("/music"))


def test_a_locked_file_says_who_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "BUSY_TIMEOUT_S", 0.05)
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="Another J2A"):
            store.edit(CLIP, "x")
        assert store.get(CLIP) is None
        other.execute("ROLLBACK")
        assert store.edit(CLIP, "x").text == "x"


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        row = store.edit(CLIP, "kept")
        pages = store.database.connection.execute("PRAGMA page_count").fetchone()[0]
        store.database.connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="disk is full"):
            store.edit(CLIP, "x" * 100_000)
        assert store.get(CLIP) == row
        store.database.connection.execute("PRAGMA max_page_count = 1000000")
        undone = store.undo()  # the failed change is not in the way
        assert undone is not None
        assert undone.text == ""


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="J2A_HOME"):
        Store(tmp_path / "file" / "s.sqlite")


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite").mkdir()
    with pytest.raises(StoreError, match="unable to open"):
        Store(tmp_path / "s.sqlite")


def test_a_read_only_file_says_so() -> None:
    code = textwrap.dedent("""
        import os, sys
        from pathlib import Path
        from j2a.clip import Clip
        from j2a.errors import StoreError
        from j2a.store import Store
        if os.getuid() == 0:  # root may write anyway
            os.setgid(65534), os.setuid(65534)
        try:
            Store(Path(sys.argv[1])).edit(Clip(Path("/a")), "y")
        except StoreError as error:
            print(error)
    """)
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is closed to other users
        path = Path(folder) / "s.sqlite"
        with Store(path) as store:
            store.edit(CLIP, "x")
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        try:
            said, _ = _python(code, str(path)).communicate(timeout=30)
        finally:
            Path(folder).chmod(0o755)
    assert "read-only" in said, said


DAMAGE = {
    "cut short": "substr(state, 1, 20)",
    "another type": "replace(state, '\"x\"', '7')",
    "not JSON": "'nothing'",
    "not UTF-8": "CAST(x'7b22ff' AS TEXT)",
    "another status": "replace(state, 'draft', 'lost')",
    "a tempo that is none": "replace(state, '120.0', '\"fast\"')",
    "a tempo beyond every number": f"replace(state, '120.0', '{'9' * 400}')",
    "beats that are none": "replace(state, '\"beats\": []', '\"beats\": [2, 1]')",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_row_is_left_out_named_and_can_be_written_anew(tmp_path: Path, damage: str) -> None:
    caption = Caption("x", "1.0", "mini", "w", "describe-1", "p", 0, features=Features(bpm=120.0))
    other = Clip(CLIP.path, 30.0, 40.0)
    with Store(tmp_path / "s.sqlite") as store:
        store.save_generated(CLIP, caption)
        store.edit(other, "kept")
        raw = sqlite3.connect(store.path)
        raw.text_factory = bytes
        raw.execute(f"UPDATE caption SET state = {DAMAGE[damage]} WHERE start_ms = 10000")
        raw.execute("UPDATE journal SET after = 'lost, too' WHERE start_ms = 10000")
        raw.commit()
        told: list[StoreError] = []
        assert [row.text for row in store.rows(CLIP.path.parent, told.append)] == ["kept"]
        assert len(told) == 1
        assert "/music/a.flac" in str(told[0])
        assert "10 s" in str(told[0])
        with pytest.raises(StoreError, match="damaged"):
            store.rows(CLIP.path.parent)
        with pytest.raises(StoreError, match="damaged"):
            store.set_status(CLIP, Status.ACCEPTED)
        assert store.statuses(CLIP.path.parent) == {CLIP.path: Status.DRAFT}
        store.edit(CLIP, "anew")
        assert [row.text for row in store.rows(CLIP.path.parent)] == ["anew", "kept"]
        [before] = raw.execute("SELECT before FROM journal ORDER BY change DESC LIMIT 1").fetchone()
        assert before is not None


def test_a_status_that_is_none_stops_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        store.edit(CLIP, "x")
        raw = sqlite3.connect(store.path)
        raw.execute("UPDATE caption SET status = 'lost'")
        raw.commit()
        assert store.statuses(CLIP.path.parent) == {}
        assert [row.text for row in store.rows(CLIP.path.parent)] == ["x"]


def test_what_cannot_be_written_can_still_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.edit(CLIP, "in the file")
        store.edit(Clip(CLIP.path, 30.0), "in the log beside it")  # the program that wrote it was killed
        copy = tmp_path / "copy"
        copy.mkdir()
        for file in tmp_path.glob("s.sqlite*"):
            shutil.copy(file, copy)
    assert (copy / "s.sqlite-wal").stat().st_size

    def read_only(*_args: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(paths, "private_database", read_only)
    with pytest.raises(StoreError, match="Read-only"):
        Store(copy / "s.sqlite")
    before = {file.name: file.read_bytes() for file in copy.iterdir()}
    with Store(copy / "s.sqlite", to_read=True) as store:
        assert [row.text for row in store.rows(CLIP.path.parent)] == ["in the file", "in the log beside it"]
    assert {file.name: file.read_bytes() for file in copy.iterdir()} == before
    (tmp_path / "notes").write_bytes(b"no database " * 500)
    for name in ("notes", "nothing"):
        with pytest.raises(StoreError):
            Store(tmp_path / name, to_read=True)


def test_nobody_else_may_read_it(j2a_home: Path) -> None:
    data = paths.data_dir()
    data.mkdir()
    data.chmod(0o755)
    store = Store()
    store.edit(CLIP, "x")
    files = [data, *data.iterdir()]
    assert len(files) == 4
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o700, 0o600, 0o600, 0o600]
    for file in files[1:]:
        file.chmod(0o644)
    Store().close()
    assert {stat.S_IMODE(file.stat().st_mode) for file in files[1:]} == {0o600}
    store.close()


def test_a_row_that_was_tampered_with(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        store.edit(CLIP, "x")
        raw = sqlite3.connect(store.path)
        raw.execute("UPDATE caption SET state = '{\"text\": 1}'")
        raw.commit()
        with pytest.raises(StoreError, match="damaged"):
            store.get(CLIP)
