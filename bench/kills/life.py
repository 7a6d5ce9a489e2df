"""When a quick command is killed: anywhere in its life, or while it writes, which is a small part of that."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from bench.kills.world import Tally, World, kill_after, leftovers, wait_until

Start = Callable[[], subprocess.Popen[bytes]]


class Lives:
    """Starts a command again and again. ``folder`` is where it writes; ``reset`` puts that back as it was.

    How long it takes is the median of so many ``lives``.
    """

    def __init__(self, start: Start, folder: Path, reset: Callable[[], None], lives: int) -> None:
        self._start, self._folder, self._reset = start, folder, reset
        measured = [self._measure() for _ in range(lives)]
        self._whole_s = statistics.median(whole for whole, _ in measured)
        self._writing_s = statistics.median(writing for _, writing in measured)

    def _measure(self) -> tuple[float, float]:
        """Seconds of a whole life, and of it from the first sign of writing to the last."""
        self._reset()
        started = time.monotonic()
        process = self._start()
        wait_until(self._is_writing, process)
        first = last = time.monotonic()
        while process.poll() is None:
            last = time.monotonic() if self._is_writing() else last
            time.sleep(0.0005)
        if process.returncode:
            raise AssertionError(f"it fails without a kill: {process.args!r}")
        return time.monotonic() - started, last - first

    def _is_writing(self) -> bool:
        return bool(leftovers(self._folder))

    def end_one(self, world: World, tally: Tally, *, writing: bool) -> bool:
        """Begin one and kill it; False when it was over before that."""
        self._reset()
        process = self._start()
        if writing:
            wait_until(self._is_writing, process)
        moment = world.random.uniform(0.0, self._writing_s if writing else self._whole_s)
        if not kill_after(process, moment):
            return False
        tally.killed("writing" if writing else "anywhere")
        world.look_for_orphans(tally)
        return True
