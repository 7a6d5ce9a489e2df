"""A machine with more to do than its cores can: what is killed gets its turn all the same, and waiting is longer."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

_AHEAD = "-15"  # niceness of a session: half a core beside a few programs that take all they can get
_EVERY_S = 0.3
_LONGEST = 4.0  # times what is waited on a machine with nothing else to do


def patient(seconds: float) -> float:
    """How long to wait for what takes so long at most on cores that nobody else uses."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * min(_LONGEST, max(1.0, busy))


class Turns:
    """Lets programs come first, again and again: engines step back when they begin, and starve beside other work.

    Linux shares the processor between sessions before it heeds niceness. Where that may not be set, nothing is done.
    """

    def __init__(self, running: Callable[[], Iterable[int]]) -> None:
        self._running = running
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._over.wait(_EVERY_S):
            for pid in self._running():
                with suppress(OSError):
                    if os.getsid(pid) == pid:
                        Path(f"/proc/{pid}/autogroup").write_text(_AHEAD, encoding="ascii")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
