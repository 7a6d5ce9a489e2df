"""The engine process where something in it never comes back."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from j2a.engine.messages import Alive, Done, decode_event

# ctypes.PyDLL keeps Python's lock while the function runs, as stuck native code does.
STUCK = """
import ctypes, sys, threading, time
from j2a.engine import worker
worker.ALIVE_S, worker.STUCK_S = 0.1, 1.0
engine = worker.Worker(sys.stdin.buffer, sys.stdout.buffer)
threading.Thread(target=engine._read, daemon=True).start()
threading.Thread(target=engine._say_alive, daemon=True).start()
time.sleep(2.0)  # longer than the limit: whoever has turns goes on
print("waited", file=sys.stderr, flush=True)
ctypes.PyDLL(None).sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks the C library to sleep")
@pytest.mark.parametrize("orphan", [False, True])
def test_one_that_native_code_holds_ends_by_itself(orphan: bool) -> None:
    process = subprocess.Popen([sys.executable, "-c", STUCK], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert process.stdin is not None and process.stderr is not None
    assert process.stderr.readline() == "waited\n"
    if orphan:
        time.sleep(0.5)  # until the lock is held: before, whoever reads the pipe ends the process as asked
        process.stdin.close()
    started = time.monotonic()
    assert process.wait(30) == 1
    assert time.monotonic() - started < 20
    assert "Timeout" in process.stderr.read()


AT_WORK = """
import sys, threading, time
from j2a.engine import jobs, worker
from j2a.engine.messages import Done
worker.ALIVE_S, worker.IDLE_LOOKS, worker.IDLE_WORK_S = 0.05, 8, 0.005
def run(self, request_id, request, cancelled):
    {work}
    return Done(request_id)
jobs.Jobs.run = run
worker.main()
"""


def at_work(work: str, end_after_s: float | None = None) -> tuple[list[object], str]:
    """What the engine says while it works like that, and what is in its log."""
    process = subprocess.Popen([sys.executable, "-c", AT_WORK.format(work=work)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    process.stdin.write(b'{"id": 5, "type": "Inspect", "what": "models"}\n')
    process.stdin.flush()
    events: list[object] = []
    if end_after_s:
        threading.Timer(end_after_s, process.kill).start()
    for line in process.stdout:
        events.append(decode_event(line))
        if isinstance(events[-1], Done):
            break
    process.kill()
    return events, process.stderr.read().decode()


def test_of_one_that_waits_for_itself_for_ever_it_says_nothing_more() -> None:
    """A lock that is taken twice: Python goes on to run, and the request never ends."""
    events, log = at_work("lock = threading.Lock(); lock.acquire(); lock.acquire()", end_after_s=3)
    assert 4 < len(events) < 16  # some 60 without an end to it
    assert all(event == Alive(5) for event in events)
    assert "in run" in log  # where it hangs


@pytest.mark.parametrize("work", ["sum(range(1000))", "time.sleep(0.0001)"])
def test_one_that_works_however_long_or_little_goes_on(work: str) -> None:
    """A loop that computes; one that looks again and again whether something has come."""
    events, log = at_work(f"end = time.monotonic() + 2\n    while time.monotonic() < end: {work}")
    assert events[-1] == Done(5)
    assert len(events) > 12
    assert "in run" not in log
