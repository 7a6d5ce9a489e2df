"""``j2a import`` is killed while it takes captions in: the session has all of them, or is as it was."""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import time
from contextlib import closing
from itertools import count
from pathlib import Path

from bench.kills.world import Tally, World, kill_after
from j2a.clip import Clip
from j2a.store import Incoming, Store

ROWS = 2000
_MEASURED = 2  # lives


def run(kills: int, world: World) -> Tally:
    """So many kills, in turn into an empty session and over one that has a caption in every window."""
    tally = Tally("import")
    music = world.make("music")
    (music / "a.wav").write_bytes(b"sound")
    source = world.folder / "captions.csv"
    rows = [f"a.wav,{number},{number + 1},Newer {number}." for number in range(ROWS)]
    source.write_text("\n".join(["file_name,start_s,end_s,caption", *rows, ""]))
    ways = [_Way(world, music, source, over=over) for over in (True, False)]
    for number in count():
        if tally.kills >= kills:
            return tally
        ways[number % len(ways)].end_one(tally)
    raise AssertionError("numbers do not end")


class _Way:
    """Into a session that is empty, or over one with as many older captions."""

    def __init__(self, world: World, music: Path, source: Path, *, over: bool) -> None:
        self._world = world
        self._arguments = ["import", str(music), "--from", str(source), "--policy", "overwrite"]
        self._kept = world.make(f"kept-{over}")
        with Store(self._kept / "data" / "captions.sqlite", annotator="kills") as store:
            there = range(ROWS if over else 0)
            store.take_in([Incoming(Clip(music / "a.wav", one, one + 1), f"Older {one}.") for one in there], {})
        self._old = ["Older"] * ROWS if over else []
        self._whole_s = statistics.median(self._measure() for _ in range(_MEASURED))

    def _reset(self) -> None:
        shutil.rmtree(self._world.home, ignore_errors=True)
        shutil.copytree(self._kept, self._world.home)

    def _measure(self) -> float:
        self._reset()
        started = time.monotonic()
        if self._world.finish("j2a", *self._arguments) != 0:
            raise AssertionError(self._world.said())
        return time.monotonic() - started

    def end_one(self, tally: Tally) -> None:
        """One kill, what is there after it, and the next import. Most of a life is spent on starting."""
        self._reset()
        process = self._world.start("j2a", *self._arguments)
        if not kill_after(process, self._world.random.uniform(0.3, 1.0) * self._whole_s):
            return
        tally.killed("anywhere")
        self._world.look_for_orphans(tally)
        self._world.look_at_store(tally)
        found = self._words()
        if found not in (self._old, ["Newer"] * ROWS):
            tally.fault("halves", f"{found.count('Newer')} of {ROWS} captions are the newer ones")
        tally.told["all of it" if "Newer" in found else "nothing of it"] += 1
        if self._world.finish("j2a", *self._arguments) != 0:
            tally.fault("stuck", f"the next import: {self._world.said()}")
        elif self._words() != ["Newer"] * ROWS:
            tally.fault("lost", "the next import is not whole")

    def _words(self) -> list[str]:
        """The first word of each caption."""
        with closing(sqlite3.connect(self._world.store_path)) as connection:
            texts = connection.execute("SELECT json_extract(state, '$.text') FROM caption ORDER BY start_ms")
            return [str(text).split()[0] for (text,) in texts]
