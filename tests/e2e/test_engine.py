"""The real engine process: events, cancel, crash and restart, a clean and quick end."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time

import pytest

from j2a import paths
from j2a.clip import Clip
from j2a.engine import client
from j2a.engine.messages import (
    Describe,
    Done,
    EngineDied,
    Extract,
    Failed,
    FeatureReady,
    Inspect,
    Load,
    Piece,
    Progress,
)
from j2a.errors import ExitCode
from tests.places import DEMO, ROOT

CLIPS = sorted(DEMO.glob("*.ogg"))


class Caller:
    """An engine and what it said."""

    def __init__(self) -> None:
        self.events: queue.Queue = queue.Queue()
        self.engine = client.EngineClient(self.events.put)

    def until_over(self, request_id: int, timeout_s: float = 90) -> list:
        seen = []
        while True:
            event = self.events.get(timeout=timeout_s)
            if event.request_id == request_id:
                seen.append(event)
                if isinstance(event, Done | Failed):
                    return seen

    def ask(self, request) -> list:
        return self.until_over(self.engine.submit(request))

    def wait_for(self, kind: type, timeout_s: float = 90):
        while True:
            event = self.events.get(timeout=timeout_s)
            if isinstance(event, kind):
                return event


@pytest.fixture
def caller():
    caller = Caller()
    yield caller
    caller.engine.close()


def test_a_clip_is_measured_then_described_then_known(caller):
    clip = Clip(CLIPS[0], 0, 8)
    events = caller.ask(Describe(clip))
    kinds = [type(event) for event in events]
    names = [event.name for event in events if isinstance(event, FeatureReady)]
    done = events[-1]
    assert set(names) == {
        "bpm", "bpm_candidates", "bpm_sure", "beats", "downbeats", "meter", "key", "key_probability", "chords", "sound",
        "tuning_cents", "tags", "absent", "genre",
    }  # fmt: skip
    assert kinds.index(FeatureReady) < kinds.index(Piece), "features come before words"
    assert Progress in kinds
    text = "".join(event.text for event in events if isinstance(event, Piece))
    assert done.result["text"] == text.strip()
    assert done.result["features"]["bpm"] is not None
    assert text.strip().endswith(".")
    assert done.stats["new_tokens"] > 10
    assert done.stats["stopped"] == "eos"

    again = caller.ask(Describe(clip))
    assert again[-1].result == done.result, "greedy is repeatable"
    assert again[-1].stats["features_s"] < 0.05, "measured once"
    assert {e.name for e in again if isinstance(e, FeatureReady)} == set(names)


def test_cancel_stops_within_a_token(caller):
    clip = Clip(CLIPS[0], 0, 4)
    caller.ask(Describe(clip))
    request_id = caller.engine.submit(Describe(clip, prompt="detailed"))
    caller.wait_for(Piece)
    caller.engine.cancel(request_id)
    done = caller.until_over(request_id)[-1]
    assert done.cancelled
    assert done.stats["stopped"] == "cancelled"


def test_a_waiting_request_can_be_cancelled(caller):
    first = caller.engine.submit(Load())
    second = caller.engine.submit(Extract(Clip(CLIPS[0], 0, 4)))
    caller.engine.cancel(second)
    caller.until_over(first)
    events = caller.until_over(second)
    assert [type(event) for event in events] == [Done]
    assert events[0].cancelled


def test_failures_are_answers_and_the_engine_goes_on(caller, tmp_path):
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"not music")
    failed = caller.ask(Extract(Clip(broken)))[-1]
    assert isinstance(failed, Failed)
    assert "broken.mp3" in failed.message
    missing = caller.ask(Load("1.0", "nobody/nothing"))[-1]
    assert missing.exit_code == ExitCode.MODEL_MISSING
    assert "nobody/nothing" in missing.message
    assert caller.ask(Load("9.9"))[-1].exit_code == ExitCode.USAGE
    assert isinstance(caller.ask(Inspect("paths"))[-1], Done)


def test_a_crash_is_told_and_the_next_request_starts_a_new_engine(caller):
    caller.ask(Inspect("paths"))
    pid = caller.engine.pid
    request_id = caller.engine.submit(Extract(Clip(CLIPS[0])))
    caller.wait_for(Progress)
    os.kill(pid, signal.SIGKILL)
    failed = caller.until_over(request_id)[-1]
    assert isinstance(failed, Failed)
    assert "signal 9" in failed.message
    died = caller.wait_for(EngineDied)
    assert died.returncode == -signal.SIGKILL
    assert isinstance(caller.ask(Inspect("paths"))[-1], Done)
    assert caller.engine.pid not in (None, pid)


def test_closing_is_quick_in_mid_work(caller):
    caller.engine.submit(Extract(Clip(CLIPS[0])))
    caller.wait_for(Progress)
    pid = caller.engine.pid
    started = time.monotonic()
    caller.engine.close()
    assert time.monotonic() - started < 0.5
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_engine_ends_when_its_caller_is_gone(caller):
    caller.ask(Inspect("paths"))
    process = caller.engine._process
    process.stdin.close()
    assert process.wait(5) == 0


def test_what_libraries_print_never_reaches_the_pipe(caller):
    done = caller.ask(Inspect("doctor"))[-1]
    assert isinstance(done, Done)
    assert {"ok", "missing"} >= {row["state"] for row in done.result["rows"]}
    assert paths.engine_log_path().exists()


def test_run_serves_one_request():
    *_, last = client.run(Inspect("models"))
    assert ("1.0", "mini", True) in {(row["version"], row["backbone"], row["present"]) for row in last.result["rows"]}


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space")
@pytest.mark.parametrize(
    ("megabytes", "version", "refused"),
    [(300, "3.0", True), (550, "3.0", True), (900, "3.0", False), (900, "7b", True)],
)
def test_memory_that_runs_out_is_called_that(megabytes: int, version: str, refused: bool) -> None:
    """By the real programs, under a real limit, before anything is loaded that might hang for want of it: torch needs
    more than the built-in models."""
    limited = f"ulimit -v {megabytes * 1000}; exec \"$0\" -c 'from j2a.cli import main; main()' \"$@\""
    how = ["--version", "1.0", "--backbone", "7b"] if version == "7b" else ["--version", version]
    started = time.monotonic()
    run = subprocess.run(
        ["sh", "-c", limited, sys.executable, "describe", str(DEMO / "Night Bus.ogg"), "--end", "5", *how],
        cwd=ROOT, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert "Traceback" not in run.stderr
    if not refused:
        assert run.returncode == 0, run.stderr
        assert run.stdout.strip()
        return
    assert run.returncode == 1
    assert "Not enough memory: " in run.stderr
    assert "ulimit -v unlimited" in run.stderr
    assert time.monotonic() - started < 30
