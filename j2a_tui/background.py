"""One thread for work that would hold up the screen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator


class Background:
    """Takes jobs and works at them in turn, a step each, on one daemon thread.

    A job is an iterator; what it does between two yields is a step, and should take well under a second.
    There is at most one job of a kind: a new one takes the place of the old one, which stops at its next step.
    ``on_crash`` is called on the thread with an exception that a job let through; the thread ends then.
    """

    def __init__(self, name: str, on_crash: Callable[[Exception], None]) -> None:
        self._on_crash = on_crash
        self._changed = threading.Condition()
        self._jobs: dict[str, Iterator[None]] = {}
        self._running = ""
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    @property
    def closed(self) -> bool:
        """Whether it was told to stop; long steps ask."""
        return self._closed

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def submit(self, kind: str, job: Iterator[None]) -> None:
        """Work at this, instead of an older job of its kind."""
        with self._changed:
            self.cancel(kind)
            self._jobs[kind] = job
            self._changed.notify()

    def cancel(self, kind: str) -> None:
        """Forget the job of this kind after its current step."""
        with self._changed:
            self._jobs.pop(kind, None)
            if self._running == kind:
                self._running = ""

    def close(self, timeout_s: float = 0.05) -> None:
        """Stop after the current step; wait for it only briefly, for it ends with the process anyway."""
        with self._changed:
            self._closed = True
            self._jobs.clear()
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs or self._closed)
                if self._closed:
                    return
                kind = next(iter(self._jobs))
                job = self._jobs.pop(kind)
                self._running = kind
            try:
                more = next(job, True) is None
            except Exception as error:  # noqa: BLE001 - handed on to whoever owns the thread, who raises it
                self._on_crash(error)
                return
            with self._changed:
                if more and self._running == kind and not self._closed:
                    self._jobs[kind] = job
                self._running = ""
