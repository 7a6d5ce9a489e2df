"""Our engine against stock madmom, side by side in one process: seconds of a processor, ratio, and whether the answers
are the same. Tags and sound, which madmom does not know, are left out.

    OMP_NUM_THREADS=1 python bench/features.py [FOLDER ...] [--seconds 10] [--files 40] [--json results.json]

Both are warm (every network has run once) and decode the file themselves. Folders default to the demo clips. Last comes
the cold figure: the first clip of a new process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from j2a import audio, features
from j2a.clip import Clip
from j2a.errors import AudioError
from j2a.features import sound, tags

ROOT = Path(__file__).parents[1]
SUFFIXES = {".ogg", ".mp3", ".opus", ".flac", ".wav"}
COLD_RUNS = 3
COLD = """
import sys, time
from pathlib import Path
from j2a.clip import Clip
from j2a.features import extract
started = time.perf_counter()
extract(Clip(Path(sys.argv[1]), 0, 10), engine=sys.argv[2])
print(time.perf_counter() - started)
"""
MEASURED = ("bpm", "beats", "downbeats", "meter", "key", "chords")


def main() -> None:
    """Measure every file both ways and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "j2a_tui" / "demo"])
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the sections; 0 for whole files")
    parser.add_argument("--start", type=float, default=0.0, help="where the sections start, in seconds")
    parser.add_argument("--files", type=int, default=40, help="at most this many files")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    options = parser.parse_args()
    files = sorted(path for folder in options.folders for path in folder.rglob("*") if path.suffix in SUFFIXES)
    sound.measure_sound = lambda clip: (None, None)
    tags.measure_tags = lambda clip: tags.Tagged(None, [], None, "left out")
    rows: list[dict[str, Any]] = []
    for path in files[: options.files]:
        clip = Clip(path, options.start, options.start + options.seconds if options.seconds else None)
        try:
            length_s = min(options.seconds or 1e9, audio.probe(path).duration_s - options.start)
            if not rows:  # warm both
                for engine in ("fast", "madmom"):
                    features.extract(Clip(path, options.start, options.start + 5), engine=engine)
            rows.append(compare(clip, length_s))
        except AudioError as error:
            print(error)
            continue
        row = rows[-1]
        same = "same" if not row["different"] else "DIFFERENT: " + ", ".join(row["different"])
        print(
            f"{row['seconds']:6.1f} s  stock {row['stock_s']:7.2f} s  ours {row['fast_s']:6.3f} s  "
            f"{row['ratio']:5.1f} x  {same}  {path.name[:50]}",
            flush=True,
        )
    ratios = [row["ratio"] for row in rows]
    print(
        f"\n{len(rows)} sections: median {statistics.median(row['fast_s'] for row in rows):.3f} s, "
        f"median ratio {statistics.median(ratios):.1f}, lowest {min(ratios):.1f}; "
        f"same answers in {sum(not row['different'] for row in rows)} of {len(rows)}"
    )
    cold = {engine: cold_s(files[0], engine) for engine in ("fast", "madmom")}
    print(f"cold, 10 s of the first file: stock {cold['madmom']:.1f} s, ours {cold['fast']:.1f} s")
    if options.json:
        options.json.write_text(json.dumps({"warm": rows, "cold_s": cold}, indent=2) + "\n", encoding="utf-8")


def compare(clip: Clip, length_s: float) -> dict[str, Any]:
    """Measure one section with both engines."""
    seconds, found = {}, {}
    for engine in ("fast", "madmom"):
        started = time.process_time()
        found[engine] = features.extract(clip, engine=engine)
        seconds[engine] = time.process_time() - started
    return {
        "file": clip.path.name,
        "seconds": length_s,
        "fast_s": seconds["fast"],
        "stock_s": seconds["madmom"],
        "ratio": seconds["madmom"] / seconds["fast"],
        "different": [name for name in MEASURED if getattr(found["fast"], name) != getattr(found["madmom"], name)],
    }


def cold_s(path: Path, engine: str) -> float:
    """Seconds for the first clip of a new process, imports of the networks included: the median of a few runs."""
    command = [sys.executable, "-c", COLD, str(path), engine]
    return statistics.median(float(subprocess.check_output(command, cwd=ROOT)) for _ in range(COLD_RUNS))


if __name__ == "__main__":
    main()
