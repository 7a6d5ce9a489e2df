"""Kills the real programs at random moments, and counts what is lost.

    python bench/kills [--kills 200] [--seed 0] [--only app,engine] [--jobs 3] [--json results.json]

SIGKILL for the app while somebody types, accepts and asks, for the engine under it, for `j2a caption` and its engines,
for `j2a export` and for `j2a-train prepare`. After each: nothing that was there for a second is lost, no row is there
twice, no file is half, no process goes on (ten seconds are waited), SQLite finds its file whole, and the program goes
on from there. Exit code 1 when any of that is not so. Linux: processes are found by their environment in /proc. Kinds
run beside each other; where that is allowed, ahead of the machine's other work. 200 kills take some 15 minutes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.kills import kinds
from bench.kills.kinds import KINDS
from bench.kills.world import FAULTS, Tally
from j2a.ending import ended_in_words


def shares(kills: int) -> dict[str, int]:
    """How many of each kind."""
    found = {kind: kills * share // 200 for kind, (share, _) in KINDS.items()}
    found["export"] += kills - sum(found.values())
    return found


def run(asked: dict[str, int], seed: int, folder: Path, jobs: int) -> list[Tally]:
    """So many kills of each kind, in homes under ``folder``, so many kinds at once: most of it is waiting."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        running = [pool.submit(kinds.run, kind, kills, seed, folder / kind) for kind, kills in asked.items()]
        return [one.result() for one in running]


def table(tallies: list[Tally]) -> str:
    """For people."""
    names = ("kind", "kills", "lost", "doubles", "half files", "orphans", "did not go on")
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    for one in tallies:
        lines.append(f"| {one.kind} | {one.kills} | {' | '.join(str(getattr(one, which)) for which in FAULTS)} |")
    lines.append("")
    for one in tallies:
        when = ", ".join(f"{what} {number}" for what, number in one.phases.most_common())
        told = "; ".join(f"{what}: {number}" for what, number in sorted(one.told.items()) if number)
        lines.append(f"{one.kind}: killed at: {when}. Other processes were gone within {one.last_gone_s:.1f} s. {told}")
    return "\n".join(lines)


def main() -> None:
    """Kill, print, and write the numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default=",".join(KINDS), help="some of the kinds, separated by commas")
    parser.add_argument("--jobs", type=int, default=3, help="kinds at once (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    asked = {kind: kills for kind, kills in shares(options.kills).items() if kind in options.only.split(",")}
    with tempfile.TemporaryDirectory(prefix="j2a-kills-", ignore_cleanup_errors=True) as folder:
        tallies = run(asked, options.seed, Path(folder), options.jobs)
    print(table(tallies))
    if options.json:
        options.json.write_text(json.dumps([vars(one) for one in tallies], indent=2) + "\n", encoding="utf-8")
    sys.exit(1 if any(one.bad for one in tallies) else 0)


if __name__ == "__main__":
    with ended_in_words():
        main()
