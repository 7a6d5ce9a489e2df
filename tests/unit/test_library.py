"""Scanning a folder of music: order, names, links, speed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from j2a.errors import UsageError
from j2a.library import AUDIO_SUFFIXES, natural_key, scan, told_unread
from j2a.printable import printable


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(folder: Path) -> list[str]:
    return [track.name for track in scan(folder)]


def test_natural_order_folder_by_folder(tmp_path: Path) -> None:
    put(tmp_path, "10.mp3", "2.mp3", "1 b.mp3", "B/1.mp3", "a/10 z.ogg", "a/9 z.ogg", "a.mp3", "C.mp3", "007.mp3")
    assert names(tmp_path) == [
        "1 b.mp3", "2.mp3", "007.mp3", "10.mp3", "a/9 z.ogg", "a/10 z.ogg", "a.mp3", "B/1.mp3", "C.mp3",
    ]


@given(st.lists(st.text("ab1290./ ²٣", min_size=1, max_size=12), max_size=12))
def test_any_names_have_an_order(found: list[str]) -> None:
    ordered = sorted(found, key=natural_key)
    assert sorted(reversed(ordered), key=natural_key) == ordered


def test_only_audio_and_nothing_hidden(tmp_path: Path) -> None:
    put(tmp_path, "a.FLAC", "a.txt", "a.jpg", "flac", "b.Mp3", "c.opus", "mp3/d")
    put(tmp_path, "._a.mp3", ".hidden.mp3", ".git/a.mp3")
    (tmp_path / "folder.mp3").mkdir()
    assert names(tmp_path) == ["a.FLAC", "b.Mp3", "c.opus"]
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in AUDIO_SUFFIXES)


def test_a_track_says_where_and_how_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "music" / "x" / "a.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"12345")
    os.utime(path, (1000, 2000.5))
    monkeypatch.chdir(tmp_path)
    for folder in (Path("music"), tmp_path / "music", Path("music/../music/")):
        (track,) = scan(folder)
        assert (track.path, track.name, track.size, track.mtime) == (path, "x/a.wav", 5, 2000.5)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS refuses names that are not UTF-8")
def test_strange_names_are_listed_and_can_be_opened(tmp_path: Path) -> None:
    strange = ["x [Explicit].mp3", "[bold].flac", "new\nline.mp3", "\x1b[31mred.mp3", "👩‍🎤 été.ogg", "caf\udce9.mp3",
               "\u202ereversed.wav", "a b'\"$&.mp3"]
    put(tmp_path, *strange)
    tracks = scan(tmp_path)
    assert {track.path.name for track in tracks} == set(strange)
    assert all(track.path.read_bytes() == b"x" for track in tracks)
    shown = {track.name for track in tracks}
    assert shown == {"x [Explicit].mp3", "[bold].flac", "new␊line.mp3", "␛[31mred.mp3", "👩‍🎤 été.ogg",
                     "caf\ufffd.mp3", "reversed.wav", "a b'\"$&.mp3"}


@given(st.text(st.characters()))
def test_printable_text_is_one_line_that_can_be_written(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown
    assert printable(shown) == shown


def test_what_should_be_music_and_cannot_be_read_is_listed_and_what_is_no_file_is_not(tmp_path: Path) -> None:
    put(tmp_path, "x/good.mp3")
    for name in ("empty.mp3", "[2] leer.flac"):
        (tmp_path / name).touch()
    (tmp_path / "folder.mp3").mkdir()
    (tmp_path / "gone.mp3").symlink_to("nowhere.mp3")
    os.mkfifo(tmp_path / "pipe.mp3")
    (tmp_path / "to a pipe.mp3").symlink_to("pipe.mp3")
    (tmp_path / "endless.wav").symlink_to("/dev/zero")
    assert [(track.name, track.size > 0) for track in scan(tmp_path)] == [
        ("[2] leer.flac", False), ("empty.mp3", False), ("gone.mp3", True), ("x/good.mp3", True),
    ]  # fmt: skip


def test_links_are_followed_once_and_circles_end(tmp_path: Path) -> None:
    music, other = tmp_path / "music", tmp_path / "other"
    put(music, "a/1.mp3")
    put(other, "2.mp3")
    (music / "a" / "up").symlink_to(music)
    (music / "self").symlink_to("self")
    (music / "circle.mp3").symlink_to("circle.mp3")
    (music / "gone.mp3").symlink_to("nowhere.mp3")
    (music / "elsewhere").symlink_to(other)
    (music / "again").symlink_to(other)
    (music / "link.mp3").symlink_to(other / "2.mp3")
    found = [track.path.name for track in scan(music)]
    assert sorted(found) == ["1.mp3", "2.mp3", "circle.mp3", "gone.mp3", "link.mp3"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        scan(tmp_path / "none")
    (tmp_path / "a.mp3").write_bytes(b"x")
    with pytest.raises(UsageError, match="Not a directory"):
        scan(tmp_path / "a.mp3")


def test_unreadable_folders_are_left_out_and_named() -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is closed to other users
        top = Path(folder)
        put(top, "a/1.mp3", "closed/2.mp3", "b/3.mp3", "b/half open/4.mp3", "b/half open/deep/5.mp3")
        top.chmod(0o755)
        (top / "closed").chmod(0)
        (top / "b" / "half open").chmod(0o444)  # names can be read, and nothing else
        code = (
            "import os, sys\nfrom pathlib import Path\nfrom j2a.library import scan, told_unread\n"
            "if os.getuid() == 0: os.setgid(65534), os.setuid(65534)\n"  # nothing is closed to root
            "unread = {}\nprint([track.name for track in scan(Path(sys.argv[1]), unread=unread)])\n"
            "print(told_unread(unread))"
        )
        try:
            said = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
        finally:
            (top / "closed").chmod(0o755)
            (top / "b" / "half open").chmod(0o755)
    found, told = said.stdout.splitlines()
    assert found == "['a/1.mp3', 'b/3.mp3']"
    assert told.startswith(("2 folders", "3 folders")) and "(Permission denied)" in told  # by what a file system tells
    assert "closed" in told and "b/half open" in told


def test_many_unreadable_folders_are_counted() -> None:
    assert told_unread({}) == ""
    assert told_unread({"a\x1b[31m": "I/O error"}).startswith("1 folder cannot be read (I/O error); what is in it is")
    assert "\x1b" not in told_unread({"a\x1b[31m": "I/O error"})
    assert told_unread({str(n): "No" for n in range(12)}).endswith("left out: 0, 1, 2 and 9 more.")


def test_a_scan_can_be_stopped(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}/a.mp3" for i in range(20)))
    calls = 0

    def cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls > 5

    assert 0 < len(scan(tmp_path, cancelled)) < 20
    assert scan(tmp_path, lambda: True) == []


@pytest.mark.long
def test_fifty_thousand_files_are_quick(tmp_path: Path) -> None:
    for album in range(500):
        folder = tmp_path / f"Album {album}"
        folder.mkdir()
        for number in range(100):
            (folder / f"{number} song.mp3").write_bytes(b"x")
    started = time.perf_counter()
    tracks = scan(tmp_path)
    took = time.perf_counter() - started
    assert len(tracks) == 50_000
    assert tracks[0].name == "Album 0/0 song.mp3"
    assert tracks[-1].name == "Album 499/99 song.mp3"
    print(f"50,000 files in {took:.2f} s")
    assert took < 10  # 1 s on an idle core; others may be busy
