"""Checkouts of J2A side by side, what a command of theirs costs, and music to run them on. For the benches."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import soundfile

ROOT = Path(__file__).parents[1]
CLIPS = sorted((ROOT / "j2a_tui" / "demo").glob("*.ogg"))
J2A = ("-c", "from j2a.cli import main; main()")
CLIP_S = 10


def older_build(commit: str, scratch: Path) -> Path:
    """The files of a commit."""
    folder = scratch / "build"
    folder.mkdir()
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", commit], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


@dataclass(frozen=True)
class Cost:
    """Of one command and all that it started."""

    cpu_s: float
    wall_s: float
    mib: float  # the most at one time, proportional
    output: str


class Build:
    """One checkout, with a home of its own."""

    def __init__(self, name: str, folder: Path, home: Path, python: str = sys.executable) -> None:
        self.name, self.folder, self.home, self.python = name, folder, home, python

    def environment(self, *, byte_code: bool) -> dict[str, str]:
        """For its processes: its own code, its own home, and its own byte code or none."""
        env = {**os.environ, "PYTHONPATH": str(self.folder), "J2A_HOME": str(self.home)}
        env["PYTHONPYCACHEPREFIX"] = f"{self.home}-code" if byte_code else f"{self.home}-none"
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        if not byte_code:
            env["PYTHONDONTWRITEBYTECODE"] = "1"
        return env

    def keep_code_of_python_alone(self) -> None:
        """What Python's own library was compiled to, from runs that kept byte code, for those that keep none."""
        library = Path(sysconfig.get_path("stdlib"))
        here = Path(f"{self.home}-code{library}")
        shutil.rmtree(f"{self.home}-none", ignore_errors=True)
        shutil.copytree(here, f"{self.home}-none{library}", ignore=shutil.ignore_patterns("site-packages"))

    def forget(self) -> None:
        """What was measured before."""
        subprocess.run(["rm", "-rf", str(self.home)], check=True)

    def run(self, *arguments: str, byte_code: bool = True, look_s: float = 0.0) -> Cost:
        """``python ARGUMENTS``, which must go well. To look at its memory every ``look_s`` seconds takes time."""
        began = time.perf_counter()
        process = subprocess.Popen(
            [self.python, *arguments], cwd=self.folder, env=self.environment(byte_code=byte_code), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        with most_memory(process.pid, look_s) if look_s else nullcontext([0.0]) as most:
            output = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{self.name}: {' '.join(arguments[:4])} ended with exit code {process.returncode}.")
        return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - began, most[0], output)


@contextmanager
def most_memory(pid: int, every_s: float) -> Iterator[list[float]]:
    """The first item is the most that a process and its children had together so far, in MiB."""
    most, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(every_s):
            most[0] = max(most[0], sum(map(pss_mib, family(pid))))

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    yield most
    over.set()
    watch.join()


def family(pid: int) -> list[int]:
    """A process and all that it started, as far as they live."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def pss_mib(pid: int) -> float:
    """Proportional set size; 0 for one that has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def make_music(folder: Path, count: int, music: Path | None = None) -> int:
    """Fill a folder with ten-second clips of different sound, cut from ``music`` or the demo clips; how many."""
    folder.mkdir()
    sources = [path for path in (sorted(music.rglob("*.*")) if music else CLIPS) if path.is_file()]
    each = -(-count // max(1, len(sources)))
    made = 0
    for source in sources:
        try:
            samples, rate = soundfile.read(source, dtype="float32")
        except (soundfile.LibsndfileError, OSError):
            continue
        room = len(samples) - CLIP_S * rate
        for begin in [place * room // max(1, each) for place in range(each)] if room > each else [0]:
            if made < count:
                soundfile.write(folder / f"{made:05d}.flac", samples[begin : begin + CLIP_S * rate], rate)
                made += 1
    return made
