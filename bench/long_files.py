"""Seconds and peak memory of measuring a long file, in a process of its own.

    OMP_NUM_THREADS=1 python bench/long_files.py [--minutes 60] [--clip FILE] [--json results.json]

The file is a demo clip over and over, written as 16-bit FLAC into a temporary folder. Linux and macOS.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from j2a import audio
from j2a.clip import Clip

ROOT = Path(__file__).parents[1]
RATE = 44_100
CHILD = """
import json, resource, sys, time
from pathlib import Path
from j2a.clip import Clip
from j2a.features import extract
from j2a.features.warm_up import warm_up
unit = 1 if sys.platform == "darwin" else 1024
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
warm_up()
known = {"warm_bytes": peak()}
started = time.perf_counter()
features = extract(Clip(Path(sys.argv[1])), on_feature=lambda name, *_: known.setdefault(
    "at_s", {}).update({name: round(time.perf_counter() - started, 2)}))
known |= {"seconds": time.perf_counter() - started, "peak_bytes": peak(), "bpm": features.bpm, "key": features.key,
          "beats": len(features.beats), "chords": len(features.chords), "unknown": features.unknown}
print(json.dumps(known))
"""


def main() -> None:
    """Measure one length and print a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--clip", type=Path, default=sorted((ROOT / "j2a_tui" / "demo").glob("*.ogg"))[0])
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(write_loop(Path(folder) / "long.flac", options.clip, options.minutes * 60))
    print(
        f"{options.minutes:g} minutes: {found['seconds']:.1f} s, peak {found['peak_bytes'] / 2**30:.2f} GiB "
        f"({found['warm_bytes'] / 2**30:.2f} GiB before), {found['bpm']} BPM, {found['beats']} beats, {found['key']}, "
        f"{found['chords']} chords; known after {found['at_s']}"
    )
    if options.json:
        options.json.write_text(json.dumps({"minutes": options.minutes} | found, indent=2) + "\n", encoding="utf-8")


def write_loop(path: Path, clip: Path, seconds: float) -> Path:
    """A clip over and over until ``seconds`` are full, mono, 44,100 Hz."""
    samples = audio.load(Clip(clip), RATE)
    left = round(seconds * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, subtype="PCM_16") as file:
        while left > 0:
            file.write(np.clip(samples[:left], -1, 1))
            left -= len(samples)
    return path


def measure(path: Path) -> dict[str, Any]:
    """What the child process found out about itself."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)],
        check=True,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
