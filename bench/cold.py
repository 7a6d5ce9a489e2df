"""What a start costs, side by side with an older build: processor time and memory of all processes, in one run.

    python bench/cold.py [--against b52f5f9] [--runs 5] [--only describe,features,caption,app] [--json results.json]

The older build is checked out into a temporary folder and run by the same Python, each figure in turn with today's. A
cold start is measured twice: with the byte code of all that is imported kept from an earlier start, as on a user's
disk, and without any. Processor time is that of all processes (rusage), memory the most that they had together (the
proportional set size, looked at all along). Linux; the older build needs what it needed (torch, numba).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terminal import Terminal

ROOT = Path(__file__).parents[1]
CLIPS = sorted((ROOT / "j2a_tui" / "demo").glob("*.ogg"))
PARTS = ("describe", "features", "caption", "app")
LOOK_S = 0.02
J2A = ("-c", "from j2a.cli import main; main()")
Row = dict[str, Any]
# The older build knows no tags and nothing of the sound: they are left out.
FEATURES = """
import importlib, statistics, sys, time
from pathlib import Path
from j2a.clip import Clip
from j2a.features import extract
for name, nothing in (("sound", (None, None)), ("tags", None)):
    try:
        module = importlib.import_module(f"j2a.features.{name}")
    except ImportError:
        continue
    if nothing is None:
        nothing = module.Tagged(None, [], None, "left out")
    setattr(module, f"measure_{name}", lambda clip, nothing=nothing: nothing)
takes = []
for _ in range(4):
    for name in sys.argv[1:]:
        began = time.process_time()
        extract(Clip(Path(name), 0, 10))
        takes.append(time.process_time() - began)
print(statistics.median(takes[len(sys.argv) - 1:]))
"""


def main() -> None:
    """Measure, print one table, and write the numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", default="b52f5f9", help="commit of the older build (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each cold start; medians are told (%(default)s)")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas (%(default)s)")
    parser.add_argument("--version", default="2.1", help="J2A version that writes; both builds have it (%(default)s)")
    parser.add_argument("--clips", type=int, default=150, help="of `j2a caption` (%(default)s)")
    parser.add_argument("--music", type=Path, help="a folder for `j2a caption`, its first clips; else the demo clips")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        builds = [Build(options.against, older_build(options.against, Path(scratch)), Path(scratch) / "then"),
                  Build("now", ROOT, Path(scratch) / "now")]  # fmt: skip
        print(f"| work | {builds[0].name} | now | ratio |\n|---|---|---|---|", flush=True)
        for part in options.only.split(","):
            for row in globals()[f"{part}_rows"](builds, options):
                rows.append(row)
                ratio = row["now"] / row["then"]
                print(f"| {row['work']} | {row['then']:.3g} | {row['now']:.3g} | {ratio:.2f} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


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

    def __init__(self, name: str, folder: Path, home: Path) -> None:
        self.name, self.folder, self.home = name, folder, home

    def environment(self, *, byte_code: bool) -> dict[str, str]:
        """For its processes: its own code, its own home, and its own byte code or none."""
        env = {**os.environ, "PYTHONPATH": str(self.folder), "J2A_HOME": str(self.home)}
        env["PYTHONPYCACHEPREFIX"] = f"{self.home}-code" if byte_code else f"{self.home}-none"
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        if not byte_code:
            env["PYTHONDONTWRITEBYTECODE"] = "1"
        return env

    def forget(self) -> None:
        """What was measured before."""
        subprocess.run(["rm", "-rf", str(self.home)], check=True)

    def run(self, *arguments: str, byte_code: bool = True, look: bool = False) -> Cost:
        """``python ARGUMENTS``, which must go well. To ``look`` at its memory all along takes time from it."""
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=self.folder, env=self.environment(byte_code=byte_code), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        with most_memory(process.pid) if look else nullcontext([0.0]) as most:
            output = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{self.name}: {' '.join(arguments[:4])} ended with exit code {process.returncode}.")
        return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - began, most[0], output)


@contextmanager
def most_memory(pid: int) -> Iterator[list[float]]:
    """The first item is the most that a process and its children had together so far, in MiB."""
    most, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(LOOK_S):
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


def describe_rows(builds: list[Build], options: argparse.Namespace) -> Iterator[Row]:
    """A new clip, and the same once more, with byte code and without."""
    command = [*J2A, "describe", str(CLIPS[0]), "--end", "10", "--version", options.version]
    for byte_code in (True, False):
        costs: dict[tuple[str, str], list[Cost]] = {}
        for run in range(options.runs + 2):
            for build in builds:
                build.forget()
                for what in ("new", "cached"):
                    cost = build.run(*command, byte_code=byte_code, look=run > options.runs)
                    if run:  # the first fills the caches of byte code, of numba and of the disk
                        costs.setdefault((what, build.name), []).append(cost)
        kept = "byte code kept" if byte_code else "no byte code"
        for what in ("new", "cached"):
            then, now = ([cost.cpu_s for cost in costs[what, build.name][:-1]] for build in builds)
            yield of(f"`j2a describe`, {what} 10 s clip, {kept}: CPU s", then, now)
            yield of("the same: peak memory MiB", *([costs[what, build.name][-1].mib] for build in builds))


def features_rows(builds: list[Build], options: argparse.Namespace) -> Iterator[Row]:
    """All features of ten seconds, warm, one thread; processes in turn."""
    found: dict[str, list[float]] = {build.name: [] for build in builds}
    os.environ["OMP_NUM_THREADS"] = "1"
    for _ in range(options.runs):
        for build in builds:
            found[build.name].append(1000 * float(build.run("-c", FEATURES, *map(str, CLIPS)).output))
    del os.environ["OMP_NUM_THREADS"]
    yield of("features of 10 s, warm, one thread: CPU ms", *found.values())


def caption_rows(builds: list[Build], options: argparse.Namespace) -> Iterator[Row]:
    """`j2a caption` of a folder, start-up included, nothing cached."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "music"
        clips = links(folder, options)
        costs: dict[str, list[Cost]] = {build.name: [] for build in builds}
        for run in range(2):
            for build in builds:
                build.forget()
                out = Path(scratch) / f"{build.name}-{run}.csv"
                command = [*J2A, "caption", str(folder), "--out", str(out), "--version", options.version]
                costs[build.name].append(build.run(*command, "--window", "10"))
        for what, value in (
            ("CPU s a clip", lambda cost: cost.cpu_s / clips),
            ("clips a second", lambda cost: clips / cost.wall_s),
            ("peak memory MiB", lambda cost: cost.mib),
        ):
            yield of(
                f"`j2a caption` of {clips} clips: {what}", *([value(one) for one in way] for way in costs.values())
            )


def links(folder: Path, options: argparse.Namespace) -> int:
    """Fill a folder with ten-second clips of different sound; how many."""
    import soundfile

    folder.mkdir()
    made = 0
    for source in sorted(options.music.rglob("*.*")) if options.music else CLIPS:
        try:
            with soundfile.SoundFile(source) as file:
                samples = file.read(dtype="float32")
                rate = file.samplerate
        except (soundfile.LibsndfileError, OSError):
            continue
        share = -(-options.clips // len(CLIPS)) if not options.music else 8
        step = max(1, (len(samples) - 10 * rate) // share)
        for begin in range(0, max(1, len(samples) - 10 * rate), step):
            if made == options.clips:
                return made
            soundfile.write(folder / f"{made:04d}.flac", samples[begin : begin + 10 * rate], rate)
            made += 1
    return made


def app_rows(builds: list[Build], options: argparse.Namespace) -> Iterator[Row]:
    """From the start of the app until its engine says that it is ready: seconds, and of the processor."""
    folder = str(CLIPS[0].parent)
    seconds: dict[str, dict[str, list[float]]] = {}
    for byte_code in (True, False):
        for run in range(options.runs + 1):
            for build in builds:
                before = os.times()
                os.chdir(build.folder)
                with Terminal(["j2a_tui.cli", folder], build.environment(byte_code=byte_code)) as app:
                    frame = app.until(r" J2A +/") - app.started
                    ready = app.until(" ready ") - app.started
                    memory = app.memory_mib()
                used = os.times()
                if run:
                    cpu = used.children_user + used.children_system - before.children_user - before.children_system
                    values = {"first frame s": frame, "engine ready s": ready, "start and leave, CPU s": cpu,
                              "engine MiB": memory["engine"]}  # fmt: skip
                    kept = "byte code kept" if byte_code else "no byte code"
                    for what, value in values.items():
                        seconds.setdefault(f"{what}, {kept}", {}).setdefault(build.name, []).append(value)
    for what, found in seconds.items():
        yield of(f"app: {what}", *found.values())


def of(work: str, then: list[float], now: list[float]) -> Row:
    """A row of medians."""
    return {"work": work, "then": statistics.median(then), "now": statistics.median(now), "all": [then, now]}


if __name__ == "__main__":
    main()
