"""What can be killed, and how often of two hundred times."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.kills import app, captions, engine, exports, imports, prepares
from bench.kills.machine import Turns
from bench.kills.world import Tally, World

KINDS: dict[str, tuple[int, Callable[[int, World], Tally]]] = {  # shares of 200
    "app": (40, app.run),
    "engine": (20, engine.run),
    "caption": (40, captions.run),
    "export": (40, exports.run),
    "prepare": (40, prepares.run),
    "import": (20, imports.run),
}


def run(kind: str, kills: int, seed: int, folder: Path) -> Tally:
    """So many kills of one kind in a new folder. Nothing that it started is left behind."""
    started = time.monotonic()
    folder.mkdir()
    world = World(folder, seed)
    try:
        with Turns(world.processes):
            tally = KINDS[kind][1](kills, world)
    finally:
        world.end_all()
    print(f"{kind}: {tally.kills} kills in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return tally
