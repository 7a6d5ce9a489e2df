"""Memory that runs out: an engine less works on, and a run whose clips all fail for it ends in one paragraph."""

from __future__ import annotations

import csv
import queue
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from j2a.address_space import MEMORY_TITLE
from j2a.caption import Caption, Sampling
from j2a.cli import app
from j2a.clip import Clip
from j2a.engine.client import STOPPED
from j2a.engine.memory import MEMORY_HINT
from j2a.engine.messages import DescribeMany, Done, Extract, Failed, Request
from j2a.errors import EngineError, ExitCode
from j2a.features.record import Features
from j2a.folder import command
from j2a.folder.books import Books, Tally
from j2a.folder.engines import Events
from j2a.folder.plan import Planned
from j2a.folder.run import FolderRun, Settings
from j2a.folder.sheet import Sheet

ENDED = Failed(0, STOPPED, "It was ended by signal 9.", MEMORY_HINT)


class TightEngines:
    """Engines of which the system ends each that measures one clip too many, or one that is too long."""

    def __init__(self, room: int, longest_s: float = 100.0, failure: Failed = ENDED) -> None:
        self.events: Events = queue.SimpleQueue()
        self.room, self.longest_s, self.failure = room, longest_s, failure
        self.measured: list[str] = []
        self._at_work: dict[int, Clip] = {}

    def submit(self, number: int, request: Request) -> None:
        match request:
            case Extract():
                self._at_work[number] = request.clip
                self.events.put((number, self._measured(number, request.clip)))
            case DescribeMany():
                captions = [_caption(clip.path.name).to_json() for clip in request.clips]
                self.events.put((number, Done(1, {"captions": captions})))
            case _:
                self.events.put((number, Done(1)))

    def _measured(self, number: int, clip: Clip) -> Done | Failed:
        self.measured.append(clip.path.name)
        if len({*self._at_work}) > self.room or (clip.end_s or 0.0) - clip.start_s > self.longest_s:
            del self._at_work[number]
            return self.failure
        return Done(1, Features(bpm=100.0).to_json())

    def close(self) -> None:
        pass


def _caption(text: str) -> Caption:
    return Caption(text, "1.0", "mini", "0", "facts", "", 0, Sampling(), Features())


def run(folder: Path, engines: TightEngines, lengths: list[float], workers: int) -> tuple[Tally, list[str]]:
    """The tally, and the files with rows."""
    planned = [Planned(number, Clip(folder / f"{number}.wav", 0.0, end_s)) for number, end_s in enumerate(lengths)]
    out = folder / "out.csv"
    with Sheet(out, folder, resume=out.exists()) as sheet:
        tally = FolderRun(iter(planned), Books(sheet), Settings(batch=1, workers=workers), engines=engines).run()
    return tally, rows(out)


def rows(out: Path) -> list[str]:
    with out.open(encoding="utf-8", newline="") as file:
        return [row["file_name"] for row in csv.DictReader(file)]


def test_where_there_is_room_for_fewer_engines_fewer_measure(tmp_path: Path) -> None:
    tally, written = run(tmp_path, TightEngines(room=1), [10.0] * 6, workers=4)
    assert tally.failed == {}
    assert written == [f"{number}.wav" for number in range(6)]


@pytest.mark.parametrize("failure", [ENDED, Failed(0, MEMORY_TITLE, "No memory.", MEMORY_HINT)])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_run_without_memory_ends_in_words(tmp_path: Path, workers: int, failure: Failed) -> None:
    engines = TightEngines(room=0, failure=failure)
    with pytest.raises(EngineError, match=r"memory ran out for one clip after the other.*--workers 1"):
        run(tmp_path, engines, [10.0] * 50, workers)
    assert len(engines.measured) < 10  # not every clip is tried


def test_what_is_written_stays_and_another_run_goes_on(tmp_path: Path) -> None:
    engines = TightEngines(room=1)
    planned = [Planned(number, Clip(tmp_path / f"{number}.wav", 0.0, 10.0)) for number in range(6)]

    def others_take_it() -> Any:
        for number, one in enumerate(planned):
            engines.room = 1 if number < 2 else 0
            yield one

    with pytest.raises(EngineError), Sheet(tmp_path / "out.csv", tmp_path, resume=False) as sheet:
        FolderRun(others_take_it(), Books(sheet), Settings(batch=1, workers=1), engines=engines).run()
    before = rows(tmp_path / "out.csv")
    assert before and len(before) < 6
    _, written = run(tmp_path, TightEngines(room=1), [10.0] * 6, workers=1)
    assert written == [f"{number}.wav" for number in range(6)]


def test_clips_too_long_for_the_machine_fail_alone(tmp_path: Path) -> None:
    lengths = [10.0, 7200.0, 7200.0, 7200.0, 10.0]
    tally, written = run(tmp_path, TightEngines(room=1, longest_s=60.0), lengths, workers=1)
    assert [path.name for path in tally.failed] == ["1.wav", "2.wav", "3.wav"]
    assert written == ["0.wav", "4.wav"]


def test_the_command_says_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "0.wav").write_bytes(b"RIFF")

    def starved(root: Path, tracks: object, sheet: Sheet, *_: object) -> Tally:
        sheet.append([Clip(tmp_path / "0.wav", 0.0, 10.0)], [_caption("A piece.")])
        raise EngineError("The memory ran out.", "Close other programs.")

    monkeypatch.setattr(command, "captioned", starved)
    ran = CliRunner().invoke(app, ["caption", str(tmp_path), "--out", str(tmp_path / "out.csv")])
    assert ran.exit_code == ExitCode.FAILED
    assert "1 caption kept in" in ran.stderr and "go on with --resume" in ran.stderr
    assert "The memory ran out. Close other programs." in ran.stderr
    assert rows(tmp_path / "out.csv") == ["0.wav"]
