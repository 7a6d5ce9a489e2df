"""A program in a pseudo-terminal, as one who looks at the screen with a stopwatch sees it.

A thread notes when each piece of output arrives; what it says is looked at afterwards, so that looking takes no time
from the program. Linux and macOS; memory figures on Linux only.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import subprocess
import sys
import termios
import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROWS, COLUMNS = 40, 120
_CONTROL = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*([@-~])|[^\[])")


class Terminal:
    """Starts ``python -m MODULE ARGUMENTS``. All times are ``time.perf_counter()`` seconds."""

    def __init__(
        self, arguments: Sequence[str], env: dict[str, str] | None = None, size: tuple[int, int] = (COLUMNS, ROWS)
    ) -> None:
        self.columns, self.rows = size
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (self.rows, self.columns))
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})},
            # The terminal is its own, so that it ends with it.
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self._fd = ours
        self._times: list[float] = []  # when each piece came
        self._ends: list[int] = []  # and how much there was by then
        self._output = bytearray()
        self._grown = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._fd, 1 << 16)
            except OSError:  # the other end is closed
                data = b""
            now = time.perf_counter()
            with self._grown:
                if data:
                    self._output += data
                    self._times.append(now)
                    self._ends.append(len(self._output))
                self._grown.notify_all()
            if not data:
                return

    def press(self, keys: str) -> tuple[float, int]:
        """Type; returns the time and the mark from which on the output answers it."""
        with self._grown:
            mark = len(self._output)
        now = time.perf_counter()
        os.write(self._fd, keys.encode())
        return now, mark

    @property
    def mark(self) -> int:
        """The end of the output so far."""
        with self._grown:
            return len(self._output)

    def until(self, pattern: str, mark: int = 0, timeout_s: float = 60.0) -> float:
        """Wait for a regular expression in the output after ``mark``; the time when it was whole.

        Colours are taken out of the output first, and what moves the cursor is a line's end.
        """
        wanted = re.compile(pattern)
        deadline = time.perf_counter() + timeout_s
        with self._grown:
            while True:
                if (at := self._find(wanted, mark)) is not None:
                    return at
                if not self._grown.wait(max(0.0, deadline - time.perf_counter())):
                    raise TimeoutError(f"never seen: {pattern}\n{_plain(bytes(self._output[-4000:]))}")

    def _find(self, wanted: re.Pattern[str], mark: int) -> float | None:
        if not wanted.search(_plain(bytes(self._output[mark:]))):
            return None
        first, last = bisect_left(self._ends, mark + 1), len(self._ends) - 1
        while first < last:  # the first piece with which it is whole
            middle = (first + last) // 2
            if wanted.search(_plain(bytes(self._output[mark : self._ends[middle]]))):
                last = middle
            else:
                first = middle + 1
        return self._times[first]

    def pieces(self, mark: int) -> list[tuple[float, str]]:
        """What has arrived after ``mark``: when, and what it says."""
        with self._grown:
            first = bisect_left(self._ends, mark + 1)
            starts = [mark, *self._ends[first:-1]]
            return [
                (at, _plain(bytes(self._output[start:end])))
                for at, start, end in zip(self._times[first:], starts, self._ends[first:], strict=True)
            ]

    def screen(self) -> list[str]:
        """The lines that stand on the screen now. Wants pyte."""
        import pyte

        screen = pyte.Screen(self.columns, self.rows)
        with self._grown:
            output = bytes(self._output)
        pyte.ByteStream(screen).feed(output)  # takes its time, in which more arrives
        return [line.rstrip() for line in screen.display]

    def processor_s(self) -> float:
        """Seconds of a processor that the program has used, its children aside."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> dict[str, float]:
        """Proportional set size of the program and of its children together."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {"app": _pss_mib(pid), "engine": sum(_pss_mib(int(child)) for child in children)}

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave by the key, or by force."""
        try:
            os.write(self._fd, b"q")
            self.process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self._reader.join(5)
        os.close(self._fd)


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds at the 50th, 95th and 99th percentile, the worst, and of how many."""
    milliseconds = np.asarray(seconds) * 1000
    p50, p95, p99 = (round(float(value), 1) for value in np.percentile(milliseconds, (50, 95, 99)))
    return {"p50": p50, "p95": p95, "p99": p99, "worst": round(float(milliseconds.max()), 1), "n": len(milliseconds)}


def _plain(output: bytes) -> str:
    text = _CONTROL.sub(lambda found: b"" if found[1] == b"m" else b"\n", output)
    return text.decode(errors="replace")


def _pss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError(f"no memory figures for process {pid}")
