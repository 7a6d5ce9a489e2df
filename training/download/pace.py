"""Politeness: how long to wait before the next request, for all threads together."""

from __future__ import annotations

import threading
import time


class Pace:
    """Lets threads start one at a time, at least ``pause_s`` apart, and all of them wait when one is told to."""

    def __init__(self, pause_s: float, stop: threading.Event) -> None:
        self._pause_s, self._stop = pause_s, stop
        self._lock = threading.Lock()
        self._next = 0.0  # on the monotonic clock

    def wait(self) -> None:
        """Return when it is this thread's turn, or at once when all is to stop."""
        while not self._stop.is_set():
            with self._lock:
                now = time.monotonic()
                if now >= self._next:
                    self._next = now + self._pause_s
                    return
                wait_s = self._next - now
            self._stop.wait(wait_s)

    def hold(self, seconds: float) -> None:
        """Let nobody start for so many seconds."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)
