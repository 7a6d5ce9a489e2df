"""A run over a folder whose engines die or say nothing of use. The engines are small programs that answer as told."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from j2a import audio
from j2a.audio import AudioInfo
from j2a.clip import Clip
from j2a.errors import J2AError
from j2a.features.corrections import NONE, Corrections
from j2a.folder.books import Books
from j2a.folder.plan import Cut, Planned, plan
from j2a.folder.run import FolderRun, Settings
from j2a.folder.sheet import Sheet
from j2a.library import scan
from tests.unit.folder.answering import engines_answer


@pytest.fixture
def captioned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, list[dict[str, str]]]]:
    """Run over three clips with engines that die so; the tally and the rows."""
    counts, music = tmp_path / "counts", tmp_path / "music"
    counts.mkdir()
    music.mkdir()

    def run(deaths: str = "", words: str = "{}", **options: Any) -> tuple[Any, list[dict[str, str]]]:
        engines_answer(monkeypatch, counts, deaths, words)
        clips = [Planned(number, Clip(music / f"{name}.wav", 0.0, 10.0)) for number, name in enumerate("abc")]
        out = tmp_path / "out.csv"
        with Sheet(out, music, resume=False) as sheet:
            tally = FolderRun(iter(clips), Books(sheet), Settings(batch=2), **options).run()
        return tally, list(csv.DictReader(out.open(encoding="utf-8", newline="")))

    return run


@pytest.mark.parametrize("deaths", ["", "Load 1", "DescribeMany 1", "Extract 1", "Load 1,Extract 2,DescribeMany 2"])
def test_an_engine_that_dies_is_started_again(captioned: Any, deaths: str) -> None:
    tally, rows = captioned(deaths)
    assert (tally.captions, tally.failed) == (3, {})
    assert [row["file_name"] for row in rows] == ["a.wav", "b.wav", "c.wav"]


def test_one_that_dies_at_every_start_ends_the_run_in_words(captioned: Any) -> None:
    with pytest.raises(J2AError, match="ended with exit code 7"):
        captioned("Load 1,Load 2")


def test_a_caption_without_words_is_no_row(captioned: Any) -> None:
    tally, rows = captioned(words='{"b.wav": " "}')
    assert [row["file_name"] for row in rows] == ["a.wav", "c.wav"]
    assert tally.captions == 2
    [reason] = tally.failed.values()
    assert "The model wrote no words." in reason


def test_captions_are_written_of_what_was_corrected(captioned: Any) -> None:
    _, rows = captioned(said_of=lambda path: Corrections(bpm=140.0) if path.name == "b.wav" else NONE)
    assert [row["bpm"] for row in rows] == ["", "140", ""]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("good_at", [0, 6, 12])
def test_more_broken_clips_than_may_wait_do_not_stop_the_run(
    good_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines_answer(monkeypatch, tmp_path)
    clips = [Clip(tmp_path / f"promised {number}.wav", 20.0, 30.0) for number in range(12)]
    clips.insert(good_at, Clip(tmp_path / "good.wav", 0.0, 10.0))
    planned = [Planned(number, clip) for number, clip in enumerate(clips)]
    with Sheet(tmp_path / "out.csv", tmp_path, resume=False) as sheet:
        tally = FolderRun(iter(planned), Books(sheet), Settings(batch=2)).run()
    assert (tally.captions, len(tally.failed)) == (1, 12)


def test_a_header_that_promises_days_of_sound_does_not_take_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty seconds of it are there. They are written, the rest is given up, the next file has its turn."""
    lengths = {"b promised.wav": 1e9, "c.wav": 10.0}
    for name in lengths:
        (tmp_path / name).write_bytes(b"RIFF")
    monkeypatch.setattr(audio, "probe", lambda path: AudioInfo(8000, 1, 1, lengths[path.name], "WAV"))
    engines_answer(monkeypatch, tmp_path)
    given_up: set[Path] = set()
    planned = plan(scan(tmp_path), Cut(10.0), given_up=given_up)
    with Sheet(tmp_path / "out.csv", tmp_path, resume=False) as sheet:
        tally = FolderRun(planned, Books(sheet, given_up=given_up), Settings(batch=4)).run()
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8", newline="")))
    assert [(row["file_name"], row["start_s"]) for row in rows] == [
        ("b promised.wav", "0"), ("b promised.wav", "10"), ("c.wav", "0")
    ]  # fmt: skip
    assert given_up == {tmp_path / "b promised.wav"}
    [reason], [left_out] = tally.failed.values(), tally.left_out.values()
    assert "No sound." in reason
    assert "b promised.wav: 10 sections in a row could not be read." in left_out
    assert (tmp_path / "Extract").stat().st_size < 30


@pytest.mark.parametrize("kept", [0, 1, 7, 13, 14])
def test_the_windows_of_a_song_agree_on_its_tempo_also_when_the_run_is_resumed(
    kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines_answer(monkeypatch, tmp_path)
    song, out = tmp_path / "song.wav", tmp_path / "out.csv"
    song.write_bytes(b"RIFF")
    monkeypatch.setattr(audio, "probe", lambda path: AudioInfo(8000, 1, 1_120_000, 140.0, "WAV"))

    def run(*, resume: bool) -> Any:
        with Sheet(out, tmp_path, resume=resume) as sheet:
            return FolderRun(plan(scan(tmp_path), Cut(10.0)), Books(sheet), Settings(batch=2, workers=2)).run()

    def tempi() -> list[tuple[str, str]]:
        with out.open(encoding="utf-8", newline="") as file:
            return [(row["start_s"], row["bpm"]) for row in csv.DictReader(file)]

    assert run(resume=False).captions == 14
    whole = out.read_bytes()
    bpm = tempi()
    assert bpm[2] == ("20", "160.4")  # 80.2, told at the level of the other eleven
    assert bpm[13] == ("130", "80.2")  # two windows are no majority
    out.write_bytes(b"\n".join(whole.split(b"\n")[: kept + 1]) + b"\n")
    tally = run(resume=True)
    assert (tally.captions, tally.found) == (14 - kept, kept)
    assert tempi() == bpm
