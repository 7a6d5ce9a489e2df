"""A review of a folder in a pseudo-terminal: each caption is accepted after some seconds; how long the next takes.

    python bench/flow.py FOLDER [--clips 200] [--pace 6] [--json results.json]

"Key to caption" is the time from writing ``A`` to the arrival of the output in which the next file has its caption.
"Ahead" is the share of clips whose caption stood there within 150 ms. Files should differ: what was measured once is
kept by content. Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from terminal import Terminal, spread

AHEAD_S = 0.15
DRAFT = r"▌d "  # the file under the cursor has a caption, drawn with it


def main() -> None:
    """Measure, print, and write the numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--pace", type=float, default=6.0, help="seconds a clip (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["J2A_HOME"] = home
        result = review(options.folder, options.clips, options.pace)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def review(folder: Path, clips: int, pace_s: float) -> dict[str, Any]:
    """Accept this many clips of a folder that has more of them."""
    waits: list[float] = []
    with Terminal(["j2a_tui.cli", str(folder)]) as app:
        app.until(" ready ")
        _, mark = app.press("\r")
        app.until(DRAFT, mark)
        for _ in range(clips):
            time.sleep(pace_s)
            pressed, mark = app.press("A")
            waits.append(app.until(DRAFT, mark) - pressed)
        memory = app.memory_mib()
    later = waits[1:]  # the first decision begins the writing ahead
    return {
        "clips": clips,
        "pace_s": pace_s,
        "first_s": round(waits[0], 2),
        "key to caption, ms": spread(later),
        "ahead": round(sum(wait <= AHEAD_S for wait in later) / len(later), 3),
        "memory_mib": memory,
    }


if __name__ == "__main__":
    main()
