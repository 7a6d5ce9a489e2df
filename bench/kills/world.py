"""What all kinds of kills share: a home of their own, the programs in it, the kill, and what is looked at after it."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.kills.machine import patient

ROOT = Path(__file__).parents[2]
DEMO = sorted((ROOT / "j2a_tui" / "demo").glob("*.ogg"))
MARK = "J2A_KILLS_MARK"  # in the environment of every process that a program starts, whatever becomes its parent
MANY = 8  # kills of a kind that are worth looking at it from all sides
OLD_S = 1.0  # what is older than this must not be lost
HUNG_S = 600.0
GONE_S = 10.0  # so long the other processes may take to end: one that imports torch looks at its pipe after that
TEMPORARY = ".j2a-"  # how the names of files that are being written begin
FAULTS = ("lost", "doubles", "halves", "orphans", "stuck")
PROGRAMS = {"j2a": "j2a.cli", "j2a-train": "training.cli"}


@dataclass
class Tally:
    """What came of the kills of one kind. ``stuck``: what did not go on after a kill, or did not say what it should."""

    kind: str
    kills: int = 0
    lost: int = 0
    doubles: int = 0
    halves: int = 0
    orphans: int = 0
    stuck: int = 0
    phases: Counter[str] = field(default_factory=Counter)  # what was going on at the kill
    told: Counter[str] = field(default_factory=Counter)  # what is no fault, but worth knowing
    faults: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    last_gone_s: float = 0.0  # the longest that a process outlived the one that was killed

    def fault(self, which: str, what: str) -> None:
        """One of ``FAULTS``, and what exactly."""
        setattr(self, which, getattr(self, which) + 1)
        self.faults.append(f"{self.kind}, kill {self.kills}, {which}: {what}")
        sys.stderr.write(self.faults[-1] + "\n")

    def killed(self, phase: str) -> None:
        """One more kill."""
        self.kills += 1
        self.phases[phase] += 1
        at = time.monotonic() - self.started
        print(f"{self.kind}: kill {self.kills} after {at:.0f} s, {phase}", file=sys.stderr, flush=True)

    @property
    def bad(self) -> int:
        """How much was wrong."""
        return sum(getattr(self, which) for which in FAULTS)


class World:
    """A folder with a ``J2A_HOME`` of its own; processes that are started in it carry its mark."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.random = random.Random(seed)
        self._mark = f"{folder}-{os.getpid()}-{time.monotonic_ns()}"

    @property
    def store_path(self) -> Path:
        """Where ``j2a/paths.py`` has the captions."""
        return self.home / "data" / "captions.sqlite"

    def make(self, name: str) -> Path:
        """A folder in it."""
        made = self.folder / name
        made.mkdir(parents=True, exist_ok=True)
        return made

    @property
    def env(self) -> dict[str, str]:
        """What is added to the environment of a program."""
        added = {"J2A_HOME": str(self.home), "PYTHONPATH": str(ROOT), MARK: self._mark, "J2A_ANNOTATOR": "kills",
                 "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
        if os.environ.get("PYTHONDONTWRITEBYTECODE"):
            # Programs that compile torch at each start are killed while they do so, and hardly ever at their work.
            place = os.environ.get("PYTHONPYCACHEPREFIX") or str(self.folder.parent / "bytecode")
            added |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": place}
        return added

    def start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """``j2a`` or ``j2a-train``; what it says goes to a file."""
        run = f"import sys; sys.argv[0] = {program!r}; from {PROGRAMS[program]} import main; main()"
        with self.said_path.open("wb") as said:
            return subprocess.Popen([sys.executable, "-c", run, *arguments], cwd=ROOT, env={**os.environ, **self.env},
                                    stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    @property
    def said_path(self) -> Path:
        """What the last program said."""
        return self.folder / "said.txt"

    def said(self) -> str:
        """Its end."""
        return self.said_path.read_text(encoding="utf-8", errors="replace")[-1500:]

    def finish(self, program: str, *arguments: str) -> int | None:
        """Run one to its end; the exit code."""
        return self.end_of(self.start(program, *arguments))

    def end_of(self, process: subprocess.Popen[bytes]) -> int | None:
        """Wait for a program; its exit code, and ``None`` for one that hung and was ended."""
        try:
            return process.wait(patient(HUNG_S))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.end_all()
            return None

    def processes(self, part: str = "") -> list[int]:
        """Those with the mark that run, and have ``part`` in their command line."""
        mark = f"{MARK}={self._mark}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if command and part in command:  # empty for one that ended and was not waited for
                        found.append(int(entry.name))
        return found

    def look_for_orphans(self, tally: Tally) -> None:
        """Wait for the processes of a program that was killed; what goes on is counted, and ended."""
        started = time.monotonic()
        while left := self.processes():
            if time.monotonic() - started > patient(GONE_S):
                for pid in left:
                    tally.fault("orphans", f"process {pid} goes on")
                self.end_all()
                return
            time.sleep(0.05)
        tally.last_gone_s = max(tally.last_gone_s, time.monotonic() - started)

    def end_all(self) -> None:
        """Whatever was started in it."""
        for pid in self.processes():
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def look_at_store(self, tally: Tally) -> None:
        """SQLite's own check, and whether the rows are what the journal says that they became."""
        if not self.store_path.exists():
            return
        with closing(sqlite3.connect(self.store_path)) as connection:
            answer = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
            if answer != ["ok"]:
                tally.fault("halves", f"integrity_check: {'; '.join(answer)[:500]}")
            if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                return  # killed before it had tables
            key = "path, start_ms, end_ms"
            rows = {tuple(row[:3]): row[3] for row in connection.execute(f"SELECT {key}, state FROM caption")}
            journal = connection.execute(f"SELECT {key}, after FROM journal ORDER BY change")
            became = {tuple(row[:3]): row[3] for row in journal}
        if rows != {window: after for window, after in became.items() if after is not None}:
            tally.fault("halves", "the rows are not what the journal says")


def kill_after(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """SIGKILL after so long; False when it had ended before."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    return process.wait() == -signal.SIGKILL


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Until something happened, looked at every half millisecond, or the process has ended."""
    while process.poll() is None and not happened():
        time.sleep(0.0005)


def leftovers(folder: Path) -> list[Path]:
    """Hidden files that a killed program left behind under a folder."""
    return [path for path in folder.rglob(".*") if path.name.startswith(TEMPORARY) or path.suffix == ".part"]
