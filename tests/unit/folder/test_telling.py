"""What ``j2a caption`` says while it works and in the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from j2a.folder.books import Tally
from j2a.folder.telling import Events, Ticker, failures

A, B, C = Path("/m/a.wav"), Path("/m/b.wav"), Path("/m/c\x1b[31m.wav")
FAILED = {A: f"{A}: it is empty.", B: f"{B}: it is empty.", C: f"{C} cannot be read: damaged."}


def test_failures_are_summed_up_by_their_reason(capsys: pytest.CaptureFixture[str]) -> None:
    Ticker(9).sum_up(Tally(files=9, captions=6, failed=FAILED), Path("/m/out.csv"), 3.0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "6 captions written to /m/out.csv in 3 s (2.0 clips a second)."
    assert lines[1:] == [
        "3 of the files failed:", "      2  it is empty.", "      1  The file cannot be read: damaged.",
    ]  # fmt: skip


@pytest.mark.parametrize("told", [Ticker(9), Events(9)])
def test_each_file_that_failed_is_named_once_whatever_the_reason(
    told: Ticker | Events, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        told.show(Tally(files=2, captions=1, failed={A: "Not enough memory.", B: "Not enough memory.", C: FAILED[C]}))
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("file ")]
    assert lines == ["a.wav: Not enough memory.", "b.wav: Not enough memory.", "/m/c␛[31m.wav cannot be read: damaged."]


def test_it_tells_something_before_the_first_caption(capsys: pytest.CaptureFixture[str]) -> None:
    Ticker(9).show(Tally())
    assert capsys.readouterr().err == "file 1 of 9, loading the models, 0 s\n"
    Ticker(9).show(Tally(measured=3))
    assert capsys.readouterr().err == "file 1 of 9, 3 clips measured, 0 s\n"


def test_events_are_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    told, tally = Events(9), Tally(files=2, measured=5, captions=4, failed={C: FAILED[C]})
    told.show(tally)
    told.show(tally)
    told.sum_up(tally, Path("/m/out.csv"), 2.0)
    written = capsys.readouterr()
    failed, progress, done = map(json.loads, written.out.splitlines())
    assert "\x1b" not in written.out + written.err
    assert failed == {"event": "failed", "file": str(C), "reason": FAILED[C]}
    assert (progress["event"], progress["files"], progress["of"], progress["measured"]) == ("progress", 2, 9, 5)
    assert (done["event"], done["captions"], done["reasons"]) == ("done", 4, {"The file cannot be read: damaged.": 1})


def test_one_reason_is_counted_as_one_whatever_the_files_are_called() -> None:
    said = {name: f"Cannot read the audio: {name} is no audio. Is /m/{name} older, and {name} the new one?"
            for name in ("a.mp3", "b.mp3")}
    counted = failures(Tally(failed={Path("/m", name): reason for name, reason in said.items()}))
    assert counted == {"Cannot read the audio: The file is no audio. Is the file older, and the file the new one?": 2}
