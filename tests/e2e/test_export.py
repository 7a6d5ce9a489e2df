"""`j2a export` and the places that J2A writes to, as a user runs the commands."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from j2a import affixes, paths
from j2a.affixes import Affix
from j2a.clip import Clip
from j2a.store import Status, Store
from tests.places import DEMO

BIN = Path(sys.executable).parent
WALTZ = DEMO / "Harbour Waltz.ogg"


def j2a(*arguments: str | Path, program: str = "j2a") -> subprocess.CompletedProcess[bytes]:
    command = [str(BIN / program), *map(os.fsencode, map(str, arguments))]
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=110)


def texts(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return [row["caption"] for row in csv.DictReader(file, strict=True)]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder with two captions, ``link`` to it beside it."""
    folder = tmp_path / "music"
    folder.mkdir()
    (tmp_path / "link").symlink_to("music")
    with Store() as store:
        for number in (1, 2):
            store.edit(Clip(folder / f"{number}.wav", 0, 10), f"Number {number}.")
    return folder


def test_a_link_to_a_folder_exports_the_same_captions(music: Path) -> None:
    with Store() as store:
        store.edit(Clip(music.parent / "link" / "3.wav", 0, 10), "By the link.")
    for name in ("link", "music", "music/../link/."):
        result = j2a("export", music.parent / name)
        assert result.returncode == 0, result.stderr
        assert result.stdout.startswith(b"3 captions written to ")
        assert texts(music / "captions.csv") == ["Number 1.", "Number 2.", "By the link."]


def test_only_what_is_asked_for_is_exported(music: Path) -> None:
    with Store() as store:
        store.set_status(Clip(music / "2.wav", 0, 10), Status.ACCEPTED)
        store.set_status(Clip(music / "3.wav", 0, 10), Status.SKIPPED)
    for only, written in (
        ("accepted", ["Number 2."]), ("captioned", ["Number 1.", "Number 2."]), ("all", ["Number 1.", "Number 2.", ""]),
    ):  # fmt: skip
        result = j2a("export", music, "--only", only)
        assert result.returncode == 0, result.stderr
        assert texts(music / "captions.csv") == written
    refused = j2a("export", music, "--only", "best")
    assert (refused.returncode, b"accepted, captioned, all" in refused.stderr) == (2, True)


def test_a_file_with_more_captions_is_not_replaced_unless_forced(music: Path) -> None:
    assert j2a("export", music).returncode == 0
    full = (music / "captions.csv").read_bytes()
    moved = music.rename(music.with_name("moved"))
    refused = j2a("export", moved)
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"2 captions" in refused.stderr
    assert b"--force" in refused.stderr
    assert (moved / "captions.csv").read_bytes() == full
    forced = j2a("export", moved, "--force")
    assert forced.returncode == 0
    assert texts(moved / "captions.csv") == []
    assert (moved / "captions.csv.bak").read_bytes() == full


def test_a_folder_that_is_gone_is_not_made_again_and_its_captions_can_be_had(music: Path, tmp_path: Path) -> None:
    music.rename(tmp_path / "moved")
    gone = j2a("export", music)
    assert gone.returncode == 2
    assert b"--out FILE" in gone.stderr
    assert not music.exists()
    saved = j2a("export", music, "--out", tmp_path / "saved.csv")
    assert saved.returncode == 0, saved.stderr
    assert texts(tmp_path / "saved.csv") == ["Number 1.", "Number 2."]
    assert not music.exists()


def damage(*columns: tuple[str, str]) -> None:
    """Another text in these columns of what is kept of 1.wav."""
    raw = sqlite3.connect(paths.store_path())
    for table, column in columns:
        raw.execute(f"UPDATE {table} SET {column} = '{{' WHERE CAST(path AS TEXT) LIKE '%1.wav'")
    raw.commit()
    raw.close()


def test_a_damaged_row_is_mended_from_the_journal(music: Path) -> None:
    damage(("caption", "state"))
    result = j2a("export", music)
    assert result.returncode == 0, result.stderr
    assert texts(music / "captions.csv") == ["Number 1.", "Number 2."]


def test_a_damaged_row_is_named_and_the_others_are_written(music: Path) -> None:
    damage(("caption", "state"), ("journal", "after"))
    result = j2a("export", music)
    assert result.returncode == 4, result.stderr
    assert result.stderr.count(b"\n") == 1
    assert b"1.wav at 0 s is damaged" in result.stderr
    assert texts(music / "captions.csv") == ["Number 2."]


def zero_pages(*numbers: int) -> None:
    with paths.store_path().open("r+b") as file:
        for number in numbers:
            file.seek((number - 1) * 4096)
            file.write(bytes(4096))


def test_damaged_pages_are_read_around_and_told(music: Path) -> None:
    zero_pages(2)  # the rows; the journal has them, too
    result = j2a("export", music)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count(b"\n") == 1
    assert b"nothing is lost" in result.stderr
    assert texts(music / "captions.csv") == ["Number 1.", "Number 2."]
    assert paths.store_path().with_name("captions.sqlite.damaged").exists()
    again = j2a("export", music)
    assert (again.returncode, again.stderr) == (0, b"")


def test_where_rows_are_lost_with_their_pages_a_fuller_file_stays(music: Path) -> None:
    assert j2a("export", music).returncode == 0
    full = (music / "captions.csv").read_bytes()
    zero_pages(2, 5)  # the rows and the journal
    for told in (b"2 are lost", b"2.wav at 0 s is damaged"):
        refused = j2a("export", music)
        assert refused.returncode == 1, refused.stderr
        assert told in refused.stderr
        assert b"Traceback" not in refused.stderr
        assert (music / "captions.csv").read_bytes() == full
    elsewhere = j2a("export", music, "--out", music / "other.csv")
    assert elsewhere.returncode == 4
    assert texts(music / "other.csv") == []


def test_names_cannot_steer_the_terminal_and_json_is_utf8(tmp_path: Path) -> None:
    name = b"a\x1b[31m \xc2\x9b \xe2\x80\xae \n caf\xe9"
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    folder.mkdir()
    (folder / "a.ogg").write_bytes(WALTZ.read_bytes())
    said = [
        j2a("export", folder), j2a("export", folder / "nowhere"), j2a("features", folder / "nowhere.ogg"),
        j2a("caption", folder / "nowhere", "--out", tmp_path / "o.csv"), j2a("features", folder / "a.ogg", folder),
        j2a(folder / "nowhere", program="j2a-tui"),
    ]
    assert [one.returncode for one in said] == [0, 2, 1, 2, 2, 2]
    for one in said:
        written = (one.stdout + one.stderr).decode()
        assert "Traceback" not in written
        assert not set(written) & {"\x1b", "\x9b", "\u202e"}
    home = json.loads(subprocess.run(
        [BIN / "j2a", "paths", "--json"], env={**os.environ, "J2A_HOME": str(folder)}, capture_output=True, timeout=110
    ).stdout.decode())["captions"]
    assert os.fsencode(home).startswith(os.fsencode(folder))


@pytest.mark.parametrize("blocked", ["home", "log", "cache", "data"])
def test_where_nothing_can_be_kept_every_command_says_so_in_a_paragraph(
    music: Path, tmp_path: Path, blocked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    if blocked == "home":
        home.write_text("in the way")
    else:
        home.mkdir()
        (home / blocked).write_text("in the way")
    monkeypatch.setenv("J2A_HOME", str(home))
    (music / "1.ogg").write_bytes(WALTZ.read_bytes())
    kept = blocked in ("log", "cache")
    ran = {
        "export": (j2a("export", music), 0 if kept else 1),
        "paths": (j2a("paths"), 0),
        "features": (j2a("features", music / "1.ogg", "--end", "1"), 0),
        "doctor": (j2a("doctor"), 0 if kept else 1),
        "demo": (j2a("--demo", "--version", "9", program="j2a-tui"), 2 if kept else 1),
    }
    for name, (one, code) in ran.items():
        assert one.returncode == code, (name, one.stderr)
        assert b"Traceback" not in one.stderr, name
    told = {"home": "Nothing is cached or logged: ", "log": "Nothing is logged: ", "cache": "Nothing is cached: "}
    if blocked in told:
        assert ran["features"][0].stderr.decode().count(told[blocked]) == 1


def test_what_j2a_keeps_is_private(music: Path, j2a_home: Path) -> None:
    (j2a_home / "log").mkdir(mode=0o755)
    (j2a_home / "log" / "engine.log").touch(0o644)
    assert j2a("features", WALTZ, "--end", "1").returncode == 0
    for path in j2a_home.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def exported(music: Path) -> list[str]:
    assert j2a("export", music).returncode == 0
    return texts(music / "captions.csv")


def test_a_prefix_that_cannot_be_read_is_said(music: Path) -> None:
    affixes.write(music, Affix("trigger,"))
    assert exported(music) == ["trigger, Number 1.", "trigger, Number 2."]
    affixes.kept_in().write_text("{,}")
    result = j2a("export", music, "--out", music / "other.csv")
    assert result.returncode == 0 and b"without prefix and suffix" in result.stderr
