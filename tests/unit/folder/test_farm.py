"""A run on several machines whose engines are lost, late, strange or nowhere. Machines are made up, the run is real."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from j2a.clip import Clip
from j2a.engine.client import STOPPED
from j2a.errors import EngineError, J2AError
from j2a.folder.books import Books, Tally
from j2a.folder.crew import NOBODY_S, Crew, LostError
from j2a.folder.farm import FarmRun
from j2a.folder.hand import made_by
from j2a.folder.plan import Broken, Planned
from j2a.folder.sheet import Sheet
from tests.unit.folder.made_up_machines import FakeCluster, FakeHand, usual

LOST = LostError("The actor is unavailable.")


@pytest.fixture
def music(tmp_path: Path) -> Path:
    music = tmp_path / "music"
    music.mkdir()
    for number in range(20):
        (music / f"{number:02}.wav").write_bytes(b"RIFF")
    return music


def planned(music: Path, files: int, clips: int = 2, **options: Any) -> Iterator[Planned | Broken]:
    for file in range(files):
        for number in range(clips):
            clip = Clip(music / f"{file:02}.wav", 10.0 * number, 10.0 * number + 10)
            yield Planned(file, clip, number // 12, **options)


@dataclass
class Run:
    tally: Tally
    rows: list[dict[str, str]]
    told: list[str]

    @property
    def windows(self) -> list[tuple[str, str]]:
        return [(row["file_name"], row["start_s"]) for row in self.rows]


@pytest.fixture
def run(music: Path) -> Callable[..., Run]:
    def captioned(
        cluster: FakeCluster, plan: Iterator[Planned | Broken] | None = None, wanted: int | None = None
    ) -> Run:
        told: list[str] = []
        out = music.parent / "out.csv"
        with Sheet(out, music, resume=out.exists()) as sheet:
            crew = Crew(cluster, wanted, told.append, lambda: cluster.now)
            tally = FarmRun(plan or planned(music, 12), Books(sheet), crew, tell=told.append).run()
        with out.open(encoding="utf-8", newline="") as file:
            return Run(tally, list(csv.DictReader(file, strict=True)), told)

    return captioned


ALL = [(f"{file:02}.wav", start) for file in range(12) for start in ("0", "10")]


def test_rows_stand_in_the_order_of_the_plan_whoever_answers_first(run: Any) -> None:
    cluster = FakeCluster({"a": 2, "b": 1})
    done = run(cluster)
    assert done.windows == ALL
    assert (done.tally.captions, done.tally.measured, done.tally.failed) == (24, 24, {})
    assert len(cluster.hands) == 3
    assert {row["caption"] for row in done.rows} == {"By a.", "By b."}


def test_no_more_engines_are_hired_than_asked_for_or_needed(music: Path, run: Any) -> None:
    cluster = FakeCluster({"a": 64})
    run(cluster, wanted=2)
    assert len(cluster.hands) == 2
    cluster = FakeCluster({"a": 64})
    run(cluster, planned(music, 15))
    assert len(cluster.hands) == 3  # the other twelve have their rows


def test_little_is_done_ahead_of_what_can_be_written(music: Path, run: Any) -> None:
    """The first file takes long: meanwhile four an engine are made, and no more."""
    meanwhile: list[int] = []

    def slow(hand: FakeHand, what: str, task: Any) -> Any:
        if what != "work" or "00.wav" not in task["path"] or cluster.now >= 30:
            return ...
        meanwhile.append(sum(what == "work" for _, what, _ in cluster.given))
        return None

    cluster = FakeCluster({"a": 2}, slow)
    done = run(cluster, planned(music, 20))
    assert len(done.windows) == 40
    assert max(meanwhile) == 8


def test_what_was_with_an_engine_that_is_lost_is_given_to_another_one(run: Any) -> None:
    def dies(hand: FakeHand, what: str, task: Any) -> Any:
        return LOST if hand.machine == "b" and what == "work" and hand.worked == 2 else ...

    cluster = FakeCluster({"a": 1, "b": 1}, dies)
    done = run(cluster)
    assert done.windows == ALL
    assert not done.tally.failed
    assert any("An engine on b was lost" in line for line in done.told)
    assert [hand.dismissed for hand in cluster.hands if hand.number == 2] == [True]


def test_a_file_with_which_three_engines_are_lost_has_failed(music: Path, run: Any) -> None:
    def dies(hand: FakeHand, what: str, task: Any) -> Any:
        return LOST if what == "work" and "03.wav" in task["path"] else ...

    cluster = FakeCluster({"a": 2, "b": 2}, dies)
    done = run(cluster)
    assert done.windows == [window for window in ALL if window[0] != "03.wav"]
    assert list(done.tally.failed) == [music / "03.wav"]
    assert "3 engines were lost with it" in done.tally.failed[music / "03.wav"]
    assert sum(what == "work" and "03.wav" in task["path"] for _, what, task in cluster.given) == 3


def test_a_dead_machine_that_is_not_known_as_dead_costs_no_file_its_chances(run: Any) -> None:
    """Its engine is lost; those hired in its place are put there again, and lost before they have any work."""
    dead_until = 50.0

    def dies(hand: FakeHand, what: str, task: Any) -> Any:
        if hand.machine != "b" or (what == "work" and hand.worked == 1):
            return None if hand.machine == "a" and cluster.now < dead_until and what == "work" else ...
        if cluster.now >= dead_until:
            return ...
        return LOST if hand.number == 2 or cluster.now % 11 == 10 else None

    cluster = FakeCluster({"a": 1, "b": 1}, dies)
    done = run(cluster)
    assert done.windows == ALL
    assert not done.tally.failed
    assert len(cluster.hands) > 4  # hiring went on
    assert any(hand.machine == "b" and hand.worked > 1 for hand in cluster.hands[4:])  # and found it when it came back


def test_idle_engines_of_a_lost_machine_take_no_work_along(music: Path, run: Any) -> None:
    """Four idle ones die with the one that works: were they given its file one after the other, it would fail."""
    def dies(hand: FakeHand, what: str, task: Any) -> Any:
        if hand.machine == "b" and (what == "work" or (what == "hello" and cluster.now >= 5)):
            return LOST if cluster.now >= 5 else None
        return None if hand.machine == "a" and cluster.now < 5 else ...

    cluster = FakeCluster({"b": 5, "a": 1}, dies)
    done = run(cluster, planned(music, 6))
    assert done.windows == ALL[:12]
    assert not done.tally.failed


def test_an_engine_that_cannot_be_made_ends_the_run_in_words(run: Any) -> None:
    cluster = FakeCluster({"a": 1}, lambda hand, what, task: LostError("No module named 'j2a'", hopeless=True))
    with pytest.raises(EngineError, match=r"No engine can be made on the machines: No module named 'j2a'"):
        run(cluster)
    assert len(cluster.hands) == 3


def test_one_machine_where_none_can_be_made_stops_no_other_and_is_not_tried_all_the_time(run: Any) -> None:
    def slow_or_broken(hand: FakeHand, what: str, task: Any) -> Any:
        if hand.machine == "b":
            return LostError("Broken.", hopeless=True)
        return None if what == "work" and cluster.now < 20 else ...

    cluster = FakeCluster({"a": 1, "b": 1}, slow_or_broken)
    assert run(cluster).windows == ALL
    assert sum(hand.machine == "b" for hand in cluster.hands) == 4  # one before a had answered, then three in a row


def test_a_late_answer_of_a_lost_engine_is_not_heard(run: Any) -> None:
    """The network came back: what was given to another one is done twice, and written once."""
    late: list[int] = []

    def comes_back(hand: FakeHand, what: str, task: Any) -> Any:
        if hand.number != 1 or what != "work":
            return ...
        late.append(hand.number)
        return LOST if len(late) <= 2 else usual(hand, what, task)

    done = run(FakeCluster({"a": 1, "b": 1}, comes_back))
    assert done.windows == ALL
    assert len({*done.windows}) == len(done.windows)


def test_a_machine_that_would_write_other_rows_is_named_and_not_used(run: Any) -> None:
    def other(hand: FakeHand, what: str, task: Any) -> Any:
        if hand.machine != "b":
            return ...
        answer = usual(hand, what, task)
        return {**answer, "made_by": {**made_by(), "torch": "1.0"}} if what == "hello" else answer

    cluster = FakeCluster({"a": 1, "b": 2}, other)
    done = run(cluster)
    assert {row["caption"] for row in done.rows} == {"By a."}
    assert [line for line in done.told if "b would write other rows: it has torch 1.0 (this machine: " in line]
    assert len(cluster.hands) == 3  # its room stays taken


def test_other_weights_are_refused_too_and_the_first_ones_count(run: Any) -> None:
    def other(hand: FakeHand, what: str, task: Any) -> Any:
        if what == "load" and hand.number != 1:
            return {"models": {"weights": "f", "device": "cpu", "precision": "float32"}} if cluster.now > 1 else None
        return None if what == "work" and cluster.now < 4 else ...

    cluster = FakeCluster({"a": 1, "b": 1}, other)
    done = run(cluster)
    assert {row["caption"] for row in done.rows} == {"By a."}
    assert "b would write other rows: it has weights f (the first engine: 0)" in "".join(done.told)


def test_when_all_are_refused_the_run_ends_with_the_first_ones_reason(run: Any) -> None:
    missing = {"title": "Model not available", "message": "No 7b here.", "hint": "Fetch it.", "exit_code": 3}
    cluster = FakeCluster({"a": 1, "b": 1}, lambda hand, what, task: {"error": missing} if what == "load" else ...)
    with pytest.raises(J2AError, match=r"No 7b here\. \(on [ab]\) Fetch it") as caught:
        run(cluster)
    assert caught.value.exit_code == 3


def test_a_file_that_a_machine_lacks_goes_to_one_that_has_it(music: Path, run: Any) -> None:
    def lacks(hand: FakeHand, what: str, task: Any) -> Any:
        return {"missing": "No such file"} if what == "work" and hand.machine == "b" else ...

    done = run(FakeCluster({"b": 2, "a": 1}, lacks))
    assert done.windows == ALL
    assert {row["caption"] for row in done.rows} == {"By a."}


def test_a_file_that_no_machine_has_has_failed(music: Path, run: Any) -> None:
    def lacks(hand: FakeHand, what: str, task: Any) -> Any:
        return {"missing": "No such file"} if what == "work" and "05.wav" in task["path"] else ...

    cluster = FakeCluster({"a": 1, "b": 1, "c": 1}, lacks)
    done = run(cluster)
    assert list(done.tally.failed) == [music / "05.wav"]
    assert "a: No such file" in done.tally.failed[music / "05.wav"]
    assert len(done.windows) == 22
    nowhere = FakeCluster({"a": 1, "full": 0}, lambda hand, what, task: {"missing": "none"} if what == "work" else ...)
    nowhere.room = lambda: 2  # type: ignore[method-assign] - the other one is somebody else's
    assert [path.name for path in run(nowhere, planned(music, 13)).tally.failed] == ["05.wav", "12.wav"]
    assert NOBODY_S <= nowhere.now < NOBODY_S + 5


def test_without_room_the_run_says_so_after_a_minute(run: Any) -> None:
    cluster = FakeCluster({})
    with pytest.raises(EngineError, match=r"for 60 seconds none has had room for an engine.*--resume"):
        run(cluster)
    assert NOBODY_S <= cluster.now < NOBODY_S + 5


def test_when_the_last_machine_goes_what_is_written_stays(music: Path, run: Any) -> None:
    def goes(hand: FakeHand, what: str, task: Any) -> Any:
        if what == "work" and "06.wav" in task["path"]:
            cluster.room_at = {}
            return LOST
        return ...

    cluster = FakeCluster({"a": 1}, goes)
    with pytest.raises(EngineError, match="--resume"):
        run(cluster)
    done = run(FakeCluster({"a": 1}))
    assert done.windows == ALL
    assert done.tally.found == 12


def test_a_machine_that_comes_gets_work(run: Any) -> None:
    def slow(hand: FakeHand, what: str, task: Any) -> Any:
        return None if what == "work" and hand.machine == "a" and cluster.now < 30 else ...

    cluster = FakeCluster({"a": 1}, slow)
    ready = cluster.ready

    def later(asked: Sequence[Any], timeout_s: float) -> Sequence[Any]:
        if cluster.now > 10:
            cluster.room_at["b"] = 1
        return ready(asked, timeout_s)

    cluster.ready = later  # type: ignore[method-assign]
    done = run(cluster)
    assert done.windows == ALL
    assert {row["caption"] for row in done.rows} == {"By a.", "By b."}


def test_an_engine_process_that_stops_thrice_with_a_file_fails_it_and_other_errors_end_the_run(
    music: Path, run: Any
) -> None:
    def fails(title: str) -> Callable[[FakeHand, str, Any], Any]:
        told = {"title": title, "message": "It did.", "hint": "", "exit_code": 1}
        return lambda hand, what, task: {"error": told} if what == "work" and "02.wav" in task["path"] else ...

    done = run(FakeCluster({"a": 1, "b": 1}, fails(STOPPED)))
    assert list(done.tally.failed) == [music / "02.wav"]
    assert len(done.windows) == 22
    with pytest.raises(J2AError, match=r"Model cannot be used: It did\."):
        run(FakeCluster({"a": 1}, fails("Model cannot be used")))


def test_what_fails_in_a_file_is_told_and_the_rest_of_one_that_promises_days_is_left_out(music: Path, run: Any) -> None:
    def fails(hand: FakeHand, what: str, task: Any) -> Any:
        if what != "work" or "01.wav" not in task["path"]:
            return ...
        return {**usual(hand, what, task), "captions": usual(hand, what, task)["captions"][:1], "failed": "No sound.",
                "left_out": "The rest was left out."}

    cluster = FakeCluster({"a": 2}, fails)
    done = run(cluster, planned(music, 3, clips=12 * 8 * 5))
    assert done.tally.failed == {music / "01.wav": "No sound."}
    assert done.tally.left_out == {music / "01.wav": "The rest was left out."}
    assert Counter(name for name, _ in done.windows) == {"00.wav": 480, "01.wav": 1, "02.wav": 480}
    sizes = {len(task["clips"]) for _, what, task in cluster.given if what == "work"}
    assert sizes == {96}  # of a long file an engine gets a quarter of an hour


def test_files_that_sound_the_same_are_given_out_once(music: Path, run: Any) -> None:
    def plan() -> Iterator[Planned | Broken]:
        yield from planned(music, 1)
        for number in (1, 2):
            yield Planned(number, Clip(music / f"0{number}.wav", 0.0, 10.0), like=music / "00.wav")
        yield Broken(3, music / "03.wav", "It is broken.")

    cluster = FakeCluster({"a": 1})
    done = run(cluster, plan())
    assert done.windows == [("00.wav", "0"), ("00.wav", "10"), ("01.wav", "0"), ("02.wav", "0")]
    assert (done.tally.alike, done.tally.copied, done.tally.failed) == (2, 2, {music / "03.wav": "It is broken."})
    assert sum(what == "work" for _, what, _ in cluster.given) == 1


def test_what_has_failed_is_copied_from_nowhere(music: Path, run: Any) -> None:
    def fails(hand: FakeHand, what: str, task: Any) -> Any:
        return LOST if what == "work" and "00.wav" in task["path"] else ...

    def plan() -> Iterator[Planned | Broken]:
        yield from planned(music, 1)
        yield Planned(1, Clip(music / "01.wav", 0.0, 10.0), like=music / "00.wav")

    done = run(FakeCluster({"a": 1}, fails), plan())
    assert done.windows == [("01.wav", "0")]
    assert list(done.tally.failed) == [music / "00.wav"]
