"""A folder in the music that cannot be read is told, once, by everything that looks for files; the rest is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from j2a.cli import app
from j2a.engine import client
from j2a.errors import ExitCode
from j2a.features.record import Features
from j2a.folder import command as captioning
from j2a.folder.books import Tally
from j2a.tagging import command as tagging
from j2a_tui import plain

TOLD = "2 folders cannot be read (Permission denied); what is in them is left out: a/closed, b."


@pytest.fixture
def music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One file that can be read, and two folders that cannot."""
    folder = tmp_path / "music"
    for name in ("a/closed", "b"):
        (folder / name).mkdir(parents=True)
    soundfile.write(folder / "a" / "1.wav", np.zeros(8000), 8000)
    (folder / "a" / "1.caption.txt").write_text("A calm piece.", encoding="utf-8")
    (folder / "a" / "2.caption.txt").write_text("A calm piece of nothing.", encoding="utf-8")
    listed = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path).name in ("closed", "b"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)  # root may read all
    monkeypatch.setattr(captioning, "captioned", lambda *_: Tally())
    monkeypatch.setattr(tagging, "measured", lambda tracks: ((track, Features()) for track in tracks))
    return folder


@pytest.mark.parametrize("words", [
    lambda music: ["caption", music, "--out", music.parent / "out.csv"],
    lambda music: ["caption", music, "--out", music.parent / "out.csv", "--json"],
    lambda music: ["tag", music],
    lambda music: ["import", music, "--sidecars"],
])  # fmt: skip
def test_commands_tell_it_and_go_on(music: Path, words: Callable[[Path], list[object]]) -> None:
    typed = [str(word) for word in words(music)]
    ran = CliRunner().invoke(app, typed)
    assert ran.stderr.count(TOLD) == 1
    assert ran.exit_code == ExitCode.SOME_FILES_FAILED


def test_plain_lines_tell_it(
    music: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (music / "a" / "1.wav").unlink()

    @contextmanager
    def no_engine() -> Iterator[None]:
        yield

    monkeypatch.setattr(client, "session", no_engine)
    assert plain.describe_folder(music, "1.0", "mini") == ExitCode.SOME_FILES_FAILED
    assert capsys.readouterr().err.count(TOLD) == 1


def test_where_nothing_can_be_read_that_is_the_reason(music: Path) -> None:
    (music / "a" / "1.wav").unlink()
    for words in (["caption", str(music), "--out", str(music.parent / "out.csv")], ["tag", str(music)]):
        ran = CliRunner().invoke(app, words)
        assert ran.exit_code == ExitCode.USAGE
        assert "holds no audio files" in ran.stderr and TOLD in ran.stderr
