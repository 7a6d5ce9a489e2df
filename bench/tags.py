"""Our tag networks against a plain port in torch, in turns in one process: seconds, ratio, and how far apart they are.

    python bench/tags.py [FOLDER ...] [--seconds 10] [--windows 4] [--files 40] [--runs 9] [--json results.json]

Both get the samples of a section at 16 kHz and answer with the clip means of both networks, log-mels included, on one
thread. The networks must be installed (python -m pip install --no-deps musicnn==0.1.0). Folders default to the demo
clips.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import numpy as np
import torch
from numpy.typing import NDArray
from plain_tags import PlainNetwork

from j2a.audio import decode
from j2a.clip import Clip
from j2a.errors import AudioError
from j2a.features.tags import heard, rules, wheel

ROOT = Path(__file__).parents[1]
SUFFIXES = {".ogg", ".mp3", ".opus", ".flac", ".wav"}
Samples = NDArray[np.float32]


def main() -> None:
    """Measure, compare, and print a line for each file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "j2a_tui" / "demo"])
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the sections")
    parser.add_argument("--windows", type=int, default=4, help="sections a file, spread evenly")
    parser.add_argument("--files", type=int, default=40, help="at most this many files")
    parser.add_argument("--runs", type=int, default=9, help="timed runs of each")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    try:
        started = time.perf_counter()
        ours = wheel.load()
        loaded_s = time.perf_counter() - started
    except wheel.WheelError as error:
        sys.exit(str(error))
    plain: Any = wheel.Pair(*(PlainNetwork(wheel.tensors(name)) for name in wheel.NETWORKS))
    files = sorted(path for folder in options.folders for path in folder.rglob("*") if path.suffix in SUFFIXES)
    found, samples = [], None
    for path in files[: options.files]:
        for samples in sections(path, options.seconds, options.windows):
            found.append(compare(path, samples, ours, plain))
        claimed = [", ".join(row["tags"]) or "-" for row in found if row["file"] == path.name]
        print(f"{path.name[:40]:40}  " + " | ".join(claimed), flush=True)
    if samples is None:
        sys.exit("No section could be read.")
    figures = {
        "sections": len(found),
        "largest_difference": max((row["difference"] for row in found), default=0.0),
        "same_tags": sum(row["same"] for row in found),
        "load_s": loaded_s,
        **timed(samples, ours, plain, options.runs),
    }
    print(
        "\n{sections} sections: clip means at most {largest_difference:.1e} apart, the same tags in {same_tags}.\n"
        "The last one: plain {plain_s:.3f} s, ours {ours_s:.3f} s, median ratio {ratio:.1f}; "
        "loading ours {load_s:.3f} s".format(**figures)
    )
    if options.json:
        options.json.write_text(json.dumps({**figures, "found": found}, indent=2) + "\n", encoding="utf-8")


def sections(path: Path, seconds: float, count: int) -> Iterator[Samples]:
    """Sections of a file at 16 kHz that can be heard, from its beginning to its end."""
    try:
        samples = decode.load(Clip(path), 16_000)
    except AudioError as error:
        print(error)
        return
    length = round(seconds * 16_000)
    for start in sorted({int(start) for start in np.linspace(0, max(0, len(samples) - length), count)}):
        section = samples[start : start + length]
        if len(section) >= heard.MIN_S * 16_000 and np.sqrt(np.square(section).mean()) >= heard.SILENCE_RMS:
            yield section


def compare(path: Path, samples: Samples, ours: wheel.Pair, plain: wheel.Pair) -> dict[str, Any]:
    """How far apart the clip means are, and what is claimed."""
    one, other = (heard.hear(samples, networks) for networks in (ours, plain))
    tags = [[tag.label for tag in rules.claims(each)] for each in (one, other)]
    difference = float(np.abs(one.means - other.means).max())
    return {"file": path.name, "tags": tags[0], "same": tags[0] == tags[1], "difference": difference}


def timed(samples: Samples, ours: wheel.Pair, plain: wheel.Pair, runs: int) -> dict[str, float]:
    """Median seconds of both, and the median of the ratios of neighbouring runs: a busy moment meets both."""
    seconds = [
        (stopped(lambda: heard.hear(samples, plain)), stopped(lambda: heard.hear(samples, ours))) for _ in range(runs)
    ]
    return {
        "plain_s": statistics.median(slow for slow, _ in seconds),
        "ours_s": statistics.median(fast for _, fast in seconds),
        "ratio": statistics.median(slow / fast for slow, fast in seconds),
    }


def stopped(run: Callable[[], object]) -> float:
    """Seconds of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
