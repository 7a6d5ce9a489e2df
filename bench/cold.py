"""What a start costs, side by side with an older build: processor time and memory of all processes, in one run.

    python bench/cold.py [--against b52f5f9] [--runs 5] [--only describe,features,caption,app] [--json results.json]

The older build is checked out into a temporary folder and run by the same Python, each figure in turn with today's. A
cold start is measured twice: with the byte code of all that is imported kept from an earlier start, as on a user's
disk, and with that of Python's own library alone, as where packages are installed without it. Processor time is that of
all processes (rusage), memory the most that they had together (the proportional set size, looked at all along). Linux;
the older build needs what it needed (torch, numba).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builds import CLIPS, J2A, ROOT, Build, Cost, make_music, older_build
from terminal import Terminal

PARTS = ("describe", "features", "caption", "app")
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
    parser.add_argument("--python", default=sys.executable, help="for today's build, such as a .venv without torch")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        builds = [Build(options.against, older_build(options.against, Path(scratch)), Path(scratch) / "then"),
                  Build("now", ROOT, Path(scratch) / "now", options.python)]  # fmt: skip
        print(f"| work | {builds[0].name} | now | ratio |\n|---|---|---|---|", flush=True)
        for part in options.only.split(","):
            for row in globals()[f"{part}_rows"](builds, options):
                rows.append(row)
                ratio = row["now"] / row["then"]
                print(f"| {row['work']} | {row['then']:.3g} | {row['now']:.3g} | {ratio:.2f} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def describe_rows(builds: list[Build], options: argparse.Namespace) -> Iterator[Row]:
    """A new clip, and the same once more, with byte code and without."""
    command = [*J2A, "describe", str(CLIPS[0]), "--end", "10", "--version", options.version]
    for byte_code in (True, False):
        costs: dict[tuple[str, str], list[Cost]] = {}
        if not byte_code:
            for build in builds:
                build.keep_code_of_python_alone()
        for run in range(options.runs + 2):
            for build in builds:
                build.forget()
                for what in ("new", "cached"):
                    cost = build.run(*command, byte_code=byte_code, look_s=0.02 if run > options.runs else 0.0)
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
        clips = make_music(folder, options.clips, options.music)
        costs: dict[str, list[Cost]] = {build.name: [] for build in builds}
        for run in range(3):  # in the last one memory is looked at
            for build in builds:
                build.forget()
                out = Path(scratch) / f"{build.name}-{run}.csv"
                command = [*J2A, "caption", str(folder), "--out", str(out), "--version", options.version]
                costs[build.name].append(build.run(*command, "--window", "10", look_s=0.1 if run == 2 else 0.0))
        ways = list(costs.values())
        yield of(
            f"`j2a caption` of {clips} clips: CPU s a clip", *([one.cpu_s / clips for one in way[:2]] for way in ways)
        )
        yield of("the same: clips a second", *([clips / one.wall_s for one in way[:2]] for way in ways))
        yield of("the same: peak memory MiB", *([way[2].mib] for way in ways))


def app_rows(builds: list[Build], options: argparse.Namespace) -> Iterator[Row]:
    """From the start of the app until its engine says that it is ready: seconds, and of the processor."""
    folder = str(CLIPS[0].parent)
    seconds: dict[str, dict[str, list[float]]] = {}
    for byte_code in (True, False):
        if not byte_code:
            for build in builds:
                build.keep_code_of_python_alone()
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
