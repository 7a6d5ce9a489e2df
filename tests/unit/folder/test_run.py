"""A run over a folder whose engines die or say nothing of use. The engines are small programs that answer as told."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from j2a.clip import Clip
from j2a.engine.client import EngineClient
from j2a.errors import J2AError
from j2a.folder import run as run_module
from j2a.folder.plan import Planned
from j2a.folder.run import FolderRun, Settings
from j2a.folder.sheet import Sheet

# Each request is answered; `deaths` says at which requests ("Load 1": the first of its kind in all processes) it ends.
ENGINE = """
import json, os, pathlib, sys
from j2a.features.record import Features
counts, deaths, words = pathlib.Path(sys.argv[1]), sys.argv[2].split(","), json.loads(sys.argv[3])
for line in sys.stdin.buffer:
    request = json.loads(line)
    kind = request["type"]
    if kind == "Shutdown":
        break
    with (counts / kind).open("a") as file:
        file.write("x")
    number = (counts / kind).stat().st_size
    if f"{kind} {number}" in deaths:
        os._exit(7)
    result = {}
    if kind == "Extract":
        result = Features().to_json()
    if kind == "DescribeMany":
        result = {"captions": [{
            "text": words.get(pathlib.Path(clip["path"]).name, "A waltz."), "version": "1.0", "backbone": "mini",
            "weights": "0", "prompt_id": "facts-1/describe", "prompt": "p", "seed": 0,
            "sampling": request["sampling"], "features": Features().to_json()} for clip in request["clips"]]}
    event = {"type": "Done", "request_id": request["id"], "result": result, "stats": {}, "cancelled": False}
    sys.stdout.buffer.write(json.dumps(event).encode() + b"\\n")
    sys.stdout.buffer.flush()
"""


@pytest.fixture
def captioned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, list[dict[str, str]]]]:
    """Run over three clips with engines that die so; the tally and the rows."""
    counts, music = tmp_path / "counts", tmp_path / "music"
    counts.mkdir()
    music.mkdir()

    def run(deaths: str = "", words: str = "{}") -> tuple[Any, list[dict[str, str]]]:
        command = [sys.executable, "-c", ENGINE, str(counts), deaths, words]
        monkeypatch.setattr(run_module, "EngineClient",
                            lambda told, **options: EngineClient(told, command=command, log_path=options["log_path"]))
        clips = [Planned(number, Clip(music / f"{name}.wav", 0.0, 10.0)) for number, name in enumerate("abc")]
        out = tmp_path / "out.csv"
        with Sheet(out, music, resume=False) as sheet:
            tally = FolderRun(iter(clips), sheet, Settings(batch=2)).run()
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
