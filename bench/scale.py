"""How the cost of `j2a caption` grows with the folder: processor time, speed and memory, with one engine and with two.

    python bench/scale.py [--counts 10,100,1000] [--workers 1,2] [--music FOLDER] [--json results.json]

Clips of ten seconds with different sound, nothing measured before, start-up included. The arithmetic for a million
files (docs/machines.md) is made of the last row: what a clip costs more than in the row before.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from builds import J2A, ROOT, Build, make_music


def main() -> None:
    """Measure, print a table, and write the numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", default="10,100,1000", help="clips, with commas (%(default)s)")
    parser.add_argument("--workers", default="1,2", help="engines that measure (%(default)s)")
    parser.add_argument("--music", type=Path, help="a folder to cut clips from; else the demo clips")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    print("| clips | engines that measure | CPU s | CPU ms a clip more | clips a second | peak MiB |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        build = Build("now", ROOT, Path(scratch) / "home")
        for workers in options.workers.split(","):
            before: dict[str, Any] | None = None
            for count in map(int, options.counts.split(",")):
                row = run(build, Path(scratch), count, workers, options.music)
                more = ""
                if before:
                    row["ms_a_clip"] = 1000 * (row["cpu_s"] - before["cpu_s"]) / (row["clips"] - before["clips"])
                    more = f"{row['ms_a_clip']:.0f}"
                print(f"| {row['clips']} | {workers} | {row['cpu_s']:.1f} | {more} | {row['clips_per_s']:.2f} | "
                      f"{row['mib']:.0f} |", flush=True)  # fmt: skip
                rows.append(row)
                before = row
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def run(build: Build, scratch: Path, count: int, workers: str, music: Path | None) -> dict[str, Any]:
    """One folder of so many clips."""
    folder, out = scratch / "music", scratch / "captions.csv"
    shutil.rmtree(folder, ignore_errors=True)
    out.unlink(missing_ok=True)
    clips = make_music(folder, count, music)
    build.forget()
    arguments = ["--window", "10", "--workers", workers]
    cost = build.run(*J2A, "caption", str(folder), "--out", str(out), *arguments, look_s=0.5)
    return {"clips": clips, "workers": int(workers), "cpu_s": cost.cpu_s, "clips_per_s": clips / cost.wall_s,
            "mib": cost.mib}  # fmt: skip


if __name__ == "__main__":
    main()
