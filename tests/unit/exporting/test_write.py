"""Exports appear wholly or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from j2a.errors import ExportError
from j2a.exporting import write_atomically


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_writes_a_new_file_in_a_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "captions.csv"
    old = os.umask(0o027)
    try:
        write_atomically(path, b"data\n")
    finally:
        os.umask(old)
    assert path.read_bytes() == b"data\n"
    assert mode(path) == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_replaces_and_keeps_permissions(tmp_path: Path) -> None:
    path = tmp_path / "captions.csv"
    path.write_bytes(b"old")
    path.chmod(0o604)
    write_atomically(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o604)


def test_follows_a_link(tmp_path: Path) -> None:
    target = tmp_path / "real.csv"
    target.write_bytes(b"old")
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "captions.csv"
    path.write_bytes(b"old")

    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), fail)
    with pytest.raises(ExportError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="folder"):
        write_atomically(tmp_path, b"x")


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExportError):
        write_atomically(tmp_path / "file" / "captions.csv", b"x")


def test_half_files_of_killed_exports_go_and_those_at_work_stay(tmp_path: Path) -> None:
    old, young = tmp_path / ".j2a-old.tmp", tmp_path / ".j2a-young.tmp"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    write_atomically(tmp_path / "captions.csv", b"data\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".j2a-young.tmp", "captions.csv"]


def test_what_is_no_ordinary_file_stays_what_it_is(tmp_path: Path) -> None:
    """A rename would put a file in its place: of a pipe here, of /dev/null for the whole machine."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ExportError, match="not an ordinary file"):
        write_atomically(pipe, b"data\n")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]
