"""Tags read by the process are those that are read here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from j2a.library import scan
from j2a.tags import Tags
from j2a_tui.messages import Problem, TagsRead
from j2a_tui.reading import TAG_BATCH, tagging
from j2a_tui.tag_process import TagProcess
from tests.tui.harness import write_wave


def test_odd_names_and_files_without_tags(tmp_path: Path) -> None:
    write_wave(tmp_path / os.fsdecode(b"caf\xe9\n [b].wav"), 1.5)
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    tracks = scan(tmp_path)
    process = TagProcess()
    try:
        assert process.read(tracks) == {tracks[1].path: Tags("", "", "", 1.5)}
        assert process.read(tracks[1:]) == {tracks[1].path: Tags("", "", "", 1.5)}
    finally:
        process.close()


def test_every_file_is_told_once(tmp_path: Path) -> None:
    sound = write_wave(tmp_path / "0.wav", 0.5)
    for number in range(1, 2 * TAG_BATCH + 7):
        (tmp_path / f"{number}.wav").hardlink_to(sound)
    posted: list[object] = []
    tracks = scan(tmp_path)
    for _ in tagging(tracks, posted.append):
        pass
    told = [path for message in posted if isinstance(message, TagsRead) for path in message.tags]
    assert told == [track.path for track in tracks]


def test_a_process_that_ends_is_a_problem_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = write_wave(tmp_path / "0.wav", 0.5)
    for number in range(1, 3 * TAG_BATCH):
        (tmp_path / f"{number}.wav").hardlink_to(sound)
    monkeypatch.setattr("sys.executable", "/bin/false")
    posted: list[object] = []
    for _ in tagging(scan(tmp_path), posted.append):
        pass
    assert [type(message) for message in posted] == [TagsRead, Problem]
