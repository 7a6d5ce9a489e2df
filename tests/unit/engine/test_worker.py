"""The engine process where something in it never comes back."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

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
