"""Tags read by the process are those that are read here; what opening a file says."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from j2a.library import scan
from j2a.tags import Tags
from j2a_tui.messages import Problem, TagsRead
from j2a_tui.reading import TAG_BATCH, opening, tagging
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
    assert [type(message) for message in posted] == [TagsRead, Problem, TagsRead]  # the last one only says so


def test_a_file_of_which_a_part_is_read_says_so(tmp_path: Path) -> None:
    parts = []
    for rate in (44_100, 22_050):
        sound = np.random.default_rng(0).normal(0, 0.1, 3 * rate)
        soundfile.write(tmp_path / f"{rate}.ogg", sound, rate, format="OGG", subtype="VORBIS")
        parts.append((tmp_path / f"{rate}.ogg").read_bytes())
    (tmp_path / "chain.ogg").write_bytes(b"".join(parts))
    posted: list[object] = []
    for _ in opening(tmp_path / "chain.ogg", posted.append):
        pass
    [problem] = [message for message in posted if isinstance(message, Problem)]
    assert problem.error.title == "Only a part is read"
    assert "chain.ogg: Only the first 3.0 s are read" in problem.error.message
