"""What one engine on another machine makes of a task. The engine answers as told, without models."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from j2a.features import genre
from j2a.features.corrections import Corrections
from j2a.folder.hand import Hand, Task, captions_of, error_of, made_by
from j2a.folder.run import Settings
from tests.unit.folder.answering import engines_answer

SETTINGS = Settings(batch=4)


@pytest.fixture
def hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Hand]]:
    made: list[Hand] = []
    monkeypatch.setenv("OMP_NUM_THREADS", "3")  # as Ray sets it

    def make(deaths: str = "", words: str = "{}", threads: str = "1") -> Hand:
        shutil.rmtree(tmp_path / "counts", ignore_errors=True)
        (tmp_path / "counts").mkdir()
        engines_answer(monkeypatch, tmp_path / "counts", deaths, words)
        made.append(Hand(1, json.loads(json.dumps(asdict(SETTINGS))), threads))
        return made[-1]

    yield make
    for one in made:
        one._end_engine()


@pytest.fixture
def song(tmp_path: Path) -> Path:
    song = tmp_path / "song.wav"
    song.write_bytes(b"RIFF")
    return song


def task(song: Path, found: tuple[int, ...] = (), clips: int = 14, **options: Any) -> dict[str, Any]:
    windows = [(10.0 * n, 10.0 * n + 10, n // 12, n in found) for n in range(clips)]
    asked = Task(song, options.pop("size", 4), windows, options.pop("corrections", {}))
    return json.loads(json.dumps(asked.to_json()))


def bpm(song: Path, answer: dict[str, Any]) -> dict[float, float | None]:
    return {clip.start_s: caption.features.bpm for clip, caption in captions_of(song, answer)}


def test_the_windows_of_a_section_agree_on_their_tempo_as_on_one_machine(song: Path, hand: Any) -> None:
    one = hand()
    answer = json.loads(json.dumps(one.work(task(song))))
    found = bpm(song, answer)
    assert list(found) == [10.0 * n for n in range(14)]
    assert (found[20.0], found[130.0]) == (160.4, 80.2)  # of twelve one is told otherwise; two are no majority
    assert (answer["measured"], answer["failed"], answer["left_out"]) == (14, None, None)
    resumed = one.work(task(song, found=(0, 1, 2, 3, 5)))
    assert bpm(song, resumed) == {start_s: value for start_s, value in found.items()
                                  if start_s not in (0.0, 10.0, 20.0, 30.0, 50.0)}


def test_captions_are_written_of_what_was_corrected(song: Path, hand: Any) -> None:
    answer = hand().work(task(song, clips=2, corrections=Corrections(bpm=140.0).to_json()))
    assert set(bpm(song, answer).values()) == {140.0}


def test_models_are_told_and_one_thread_is_used_whatever_ray_says(song: Path, hand: Any) -> None:
    one = hand()
    assert one.load().keys() == {"models"}
    assert os.environ["OMP_NUM_THREADS"] == "1"
    assert one.hello()["made_by"] == made_by()
    assert one.hello()["made_by"]["torch"].startswith("2.")


def test_a_genre_model_that_was_fetched_tells_machines_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(genre, "find_weights", lambda: None)
    assert made_by()["genre model"] == "none"
    (tmp_path / genre.WEIGHT_FILES[0]).write_bytes(b"12345")
    monkeypatch.setattr(genre, "find_weights", lambda: tmp_path)
    assert "of 5 bytes" in made_by()["genre model"]


@pytest.mark.parametrize("deaths", ["Load 1", "Extract 1", "DescribeMany 2", "Load 1,Extract 2,DescribeMany 2"])
def test_an_engine_process_that_dies_is_started_again(deaths: str, song: Path, hand: Any) -> None:
    one = hand(deaths)
    assert "models" in one.load()
    assert len(one.work(task(song))["captions"]) == 14


def test_one_that_dies_twice_with_a_task_is_an_error_and_the_next_task_is_done(song: Path, hand: Any) -> None:
    one = hand("DescribeMany 1,DescribeMany 2")
    error = error_of(one.work(task(song))["error"])
    assert "ended with exit code 7" in str(error)
    assert len(one.work(task(song))["captions"]) == 14


def test_a_load_that_dies_twice_is_an_error(hand: Any) -> None:
    assert "ended with exit code 7" in str(error_of(hand("Load 1,Load 2").load()["error"]))


def test_another_file_of_that_name_or_none_is_missing(song: Path, hand: Any) -> None:
    one = hand()
    assert one.work(task(song, size=5)) == {"missing": "it has 4 bytes here, and 5 where the command runs"}
    song.unlink()
    assert one.work(task(song)) == {"missing": "No such file or directory"}


def test_what_fails_is_told_and_of_days_that_are_promised_the_rest_is_left_out(tmp_path: Path, hand: Any) -> None:
    promised = tmp_path / "promised.wav"
    promised.write_bytes(b"RIFF")
    answer = hand().work(task(promised, clips=90))
    assert [start_s for start_s, _, _ in answer["captions"]] == [0.0, 10.0]
    assert "No sound." in answer["failed"]
    assert "10 sections in a row could not be read." in answer["left_out"]
    assert (tmp_path / "counts" / "Extract").stat().st_size < 30


def test_a_caption_without_words_is_a_failure_of_its_file(song: Path, hand: Any) -> None:
    answer = hand(words='{"song.wav": " "}').work(task(song, clips=2))
    assert answer["captions"] == []
    assert "The model wrote no words." in answer["failed"]
