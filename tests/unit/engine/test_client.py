"""An engine that says what it should not, or nothing: it is ended, said once, and the request may be repeated."""

from __future__ import annotations

import queue
import subprocess
import sys
import time
from pathlib import Path

import pytest

from j2a.caption import Sampling
from j2a.clip import Clip
from j2a.engine import client as client_module
from j2a.engine.client import STOPPED, EngineClient
from j2a.engine.messages import (
    Alive,
    Describe,
    Done,
    EngineDied,
    Event,
    Failed,
    Inspect,
    Piece,
    decode_event,
    encode_event,
)
from j2a.engine.worker import ALIVE_S
from tests.places import ROOT

# Says a strange thing the first time, and answers as an engine does when it is started again.
ENGINE = """
import json, pathlib, sys, time
told = pathlib.Path(sys.argv[1])
for line in sys.stdin.buffer:
    request_id = json.loads(line)["id"]
    if not told.exists():
        told.touch()
        sys.stdout.buffer.write(eval(sys.argv[2]))
        sys.stdout.buffer.flush()
        if sys.argv[3] == "leaves":
            sys.exit(0)
        time.sleep(60)
    done = {"type": "Done", "request_id": request_id, "result": {}, "stats": {}, "cancelled": False}
    sys.stdout.buffer.write(json.dumps(done).encode() + b"\\n")
    sys.stdout.buffer.flush()
"""
STRANGE = {
    "not JSON": rb"b'Segmentation fault\n'",
    "not text": rb"b'\xff\xfe\x00\n'",
    "another type": rb"""b'{"type": "Rumour", "request_id": 1}\n'""",
    "a field too many": rb"""b'{"type": "Piece", "request_id": 1, "text": "a", "colour": 2}\n'""",
    "a field too few": rb"""b'{"type": "Piece", "request_id": 1}\n'""",
    "a list": rb"b'[1, 2]\n'",
    "a text that is none": rb"""b'{"type": "Piece", "request_id": 1, "text": 7}\n'""",
    "deep": rb"b'[' * 100_000 + b'\n'",
    "no end": rb"b'x' * 5000",
}


def asked(client: EngineClient, events: queue.SimpleQueue[Event]) -> list[Event]:
    """The events of one request, and what is said of the engine after it."""
    client.submit(Inspect("models"))
    seen: list[Event] = []
    while not seen or not isinstance(seen[-1], Done | EngineDied):
        seen.append(events.get(timeout=20))
    return seen


def engine(tmp_path: Path, events: queue.SimpleQueue[Event], says: bytes, then: str = "stays") -> EngineClient:
    command = [sys.executable, "-c", ENGINE, str(tmp_path / "told"), says.decode(), then]
    return EngineClient(events.put, command=command)


@pytest.mark.parametrize("says", STRANGE.values(), ids=STRANGE.keys())
def test_a_line_that_is_none_of_ours_ends_the_engine_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: bytes
) -> None:
    monkeypatch.setattr(client_module, "_LONGEST_LINE", 1000 if says.startswith(b"b'x'") else 1 << 20)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    client = engine(tmp_path, events, says)
    try:
        failed, died = asked(client, events)
        assert isinstance(failed, Failed)
        assert (failed.request_id, failed.title) == (1, STOPPED)
        assert "not understood" in failed.message
        assert "try once more" in failed.hint
        assert isinstance(died, EngineDied)
        assert asked(client, events) == [Done(2)]  # again, on a new engine
    finally:
        client.close()


def test_a_line_that_is_cut_off_by_the_end(tmp_path: Path) -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    client = engine(tmp_path, events, rb"""b'{"type": "Piece", "request_id": 1, "te'""", "leaves")
    try:
        failed, died = asked(client, events)
        assert isinstance(failed, Failed)
        assert isinstance(died, EngineDied)
        assert asked(client, events) == [Done(2)]
    finally:
        client.close()


def test_an_engine_that_says_nothing_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE_S", 0.4)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    client = engine(tmp_path, events, b"b''")
    try:
        client.start()
        time.sleep(0.8)  # nothing is asked: it may be silent
        assert client.pid is not None
        failed, _ = asked(client, events)
        assert isinstance(failed, Failed)
        assert "said nothing for" in failed.message
    finally:
        client.close()


def test_an_engine_that_says_it_is_at_work_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE_S", 1.2)
    says = """[sys.stdout.buffer.write(b'{"type": "Alive", "request_id": 1}\\n') and sys.stdout.buffer.flush() or
        time.sleep(0.1) for _ in range(25)] and b'{"type": "Done", "request_id": 1}\\n'"""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    client = engine(tmp_path, events, says.encode())
    try:
        assert asked(client, events) == [Done(1)]  # and nothing is told of the signs of life
    finally:
        client.close()
    assert ALIVE_S * 10 < 120


def test_the_worker_tells_that_it_is_alive_while_it_works(j2a_home: Path) -> None:
    script = """
import sys, time
from j2a.engine import jobs, worker
worker.ALIVE_S = 0.1
def slow(self, request_id, request, cancelled):
    time.sleep(0.6)
    raise MemoryError
jobs.Jobs.run = slow
worker.main()
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(b'{"id": 5, "type": "Inspect", "what": "models"}\n')
    process.stdin.flush()
    events = []
    while not events or not isinstance(events[-1], Failed):
        events.append(decode_event(process.stdout.readline()))
    assert events[:2] == [Alive(5), Alive(5)]
    assert events[-1].title == "Not enough memory"
    process.stdin.write(b"what?\n")
    process.stdin.flush()
    assert process.wait(10) == 1  # a request that cannot be read ends it: nobody waits for an answer that never comes


def test_a_line_comes_back_only_whole() -> None:
    line = encode_event(Piece(3, "a"))
    assert decode_event(line) == Piece(3, "a")
    for end in range(len(line)):
        with pytest.raises(ValueError, match="a line is"):
            decode_event(line[:end])


def test_a_request_that_has_no_json_is_refused_and_not_waited_for() -> None:
    engine = EngineClient(lambda event: None)
    try:
        with pytest.raises(ValueError, match="JSON"):
            engine.submit(Describe(Clip(Path("a.wav")), sampling=Sampling(float("inf"))))
        assert not engine._open_requests
    finally:
        engine.close()
