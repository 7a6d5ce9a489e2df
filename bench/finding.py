"""The search field with 50,000 files: from a key to the list that answers it, exactly, nearly, by conditions, sorted.

"Processor" is what the app's process used a key, in milliseconds: of use where other work runs beside it.

    python bench/finding.py [--files 50000]

The folder is made as in bench/app.py, a hundred files in each of many folders. Linux.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from pathlib import Path

from app import make_folder, show, wait_until_idle
from terminal import Terminal, spread

ROUNDS = 10
QUERIES = ("track 0123", "trakc 04", "albm 7", "status:new album", "artist 31 album 4")


def main() -> None:
    """Type each query letter by letter, then fold and sort; print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=50_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["J2A_HOME"] = f"{scratch}/home"
        folder = make_folder(Path(scratch) / "deep", options.files, "deep")
        with Terminal(["j2a_tui.cli", str(folder)]) as app:
            app.until("▌· ")
            wait_until_idle(app)
            show("from a key to its list, milliseconds", [typed(app, query) for query in QUERIES] + folded(app))


def typed(app: Terminal, query: str) -> dict[str, object]:
    """The title of the list says what was searched for and how much was found, and is drawn with it."""
    waits = []
    used = 0.0
    for _ in range(ROUNDS):
        app.press("/")
        time.sleep(2.0)  # the index is made
        used -= app.processor_s()
        for count in range(1, len(query) + 1):
            pressed, mark = app.press(query[count - 1])
            if query[count - 1] != " ":  # behind which nothing changes
                waits.append(app.until(query[count - 1] + r" ~?[\d,]+", mark) - pressed)  # and how many were found
            time.sleep(random.uniform(0.05, 0.12))
        used += app.processor_s()
        app.press("\x1b")
        time.sleep(0.3)
    return {"key": f"/{query}", **spread(waits), "processor": round(used * 1000 / ROUNDS / len(query))}


def folded(app: Terminal) -> list[dict[str, object]]:
    """Every folder closed and opened again."""
    waits = []
    for _ in range(ROUNDS):
        for answer in ("▸", "▾"):
            pressed, mark = app.press("Z")
            waits.append(app.until(answer, mark) - pressed)
            time.sleep(0.2)
    return [{"key": "Z folds or opens all", **spread(waits), "processor": ""}]


if __name__ == "__main__":
    main()
