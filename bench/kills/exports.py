"""``j2a export`` is killed while it replaces captions: what is there is the whole old file, or the whole new one."""

from __future__ import annotations

import shutil
import subprocess
from itertools import count
from pathlib import Path

from bench.kills.life import Lives
from bench.kills.world import MANY, Tally, World, leftovers
from j2a.clip import Clip
from j2a.store import Store

ROWS, WORDS = 300, 500  # about a megabyte


def run(kills: int, world: World) -> Tally:
    """So many kills, in turn with both dialects, and with ``--force``, which keeps the old file beside the new one."""
    tally = Tally("export")
    music = world.make("music")
    homes = world.make("older"), world.make("newer")
    for home in homes:
        _fill(home / "data" / "captions.sqlite", music, f"{home.name} ")
    asked = [(dialect, forced) for dialect in ("dataset", "spreadsheet") for forced in (False, True)]
    many = kills >= MANY
    ways = [_Way(world, music, homes, *way, 3 if many else 1) for way in asked[: 4 if many else 2]]
    for number in count():
        if tally.kills >= kills:
            return tally
        ways[number % len(ways)].end_one(tally, writing=number // len(ways) % 2 == 0)
    raise AssertionError("numbers do not end")


def _fill(store_path: Path, music: Path, word: str) -> None:
    with Store(store_path, annotator="kills") as store:
        for number in range(ROWS):
            file = music / f"{number:03}.ogg"
            file.touch()
            store.edit(Clip(file, 0.0, 10.0), word * WORDS)


class _Way:
    """One dialect, forced or not. Forced, the older captions replace the newer ones, which has to be asked for."""

    def __init__(
        self, world: World, music: Path, homes: tuple[Path, Path], dialect: str, forced: bool, lives: int
    ) -> None:
        self._world = world
        self._out = world.make("out") / "captions.csv"
        self._arguments = ["export", str(music), "--out", str(self._out), "--dialect", dialect]
        before, self._home = homes[::-1] if forced else homes
        self._old, self._new = self._exported(before), self._exported(self._home)
        self._arguments += ["--force"] if forced else []
        self._lives = Lives(self._start, self._out.parent, self._reset, lives)

    def _exported(self, home: Path) -> bytes:
        """What a whole export of a home is."""
        self._out.unlink(missing_ok=True)
        self._world.home = home
        if self._world.finish("j2a", *self._arguments) != 0:
            raise AssertionError(self._world.said())
        return self._out.read_bytes()

    def _reset(self) -> None:
        shutil.rmtree(self._out.parent)
        self._out.parent.mkdir()
        self._out.write_bytes(self._old)
        self._world.home = self._home

    def _start(self) -> subprocess.Popen[bytes]:
        return self._world.start("j2a", *self._arguments)

    def end_one(self, tally: Tally, *, writing: bool) -> None:
        """One kill, what is there after it, and the next export."""
        if not self._lives.end_one(self._world, tally, writing=writing):
            return
        self._world.look_at_store(tally)
        there = self._out.read_bytes() if self._out.exists() else b""
        if there not in (self._old, self._new):
            tally.fault("halves", f"{len(there)} bytes, neither the old {len(self._old)} nor the new {len(self._new)}")
        tally.told["the new file" if there == self._new else "the old file"] += 1
        tally.told["hidden leftovers"] += len(leftovers(self._out.parent))
        if self._world.finish("j2a", *self._arguments) != 0:
            tally.fault("stuck", f"the next export: {self._world.said()}")
        elif self._out.read_bytes() != self._new:
            tally.fault("halves", "the next export is not the new file")
        for kept in self._out.parent.iterdir():
            if ".bak" in kept.name and kept.read_bytes() != self._old:
                tally.fault("halves" if "--force" in self._arguments else "lost", f"{kept.name} is not the old file")
