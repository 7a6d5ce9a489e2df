"""``j2a caption`` is killed, or one of its engines, and goes on with ``--resume`` until every window has its row."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import time
from itertools import count
from pathlib import Path

from bench.kills.person import ENGINE
from bench.kills.world import DEMO, MANY, Tally, World, kill_after, wait_until

ENGINES_SHARE = 0.2  # of the kills, an engine is hit instead of the command
WRITING_SHARE, WRITING_S = 0.6, 1.5  # of the others, those that come so long after the first new row


def run(kills: int, world: World) -> Tally:
    """So many kills of runs over the demo clips, each run begun anew when the one before it was done."""
    tally = Tally("caption")
    music = world.make("music")
    many = kills >= MANY
    for clip in DEMO if many else DEMO[:2]:
        (music / clip.name).write_bytes(clip.read_bytes())
    if many:  # so that the moments fit to the lives that follow: what was measured is remembered
        Run(world, music, tally, world.folder / "first.csv").finish()
    started = time.monotonic()
    whole = Run(world, music, tally, world.folder / "whole.csv")
    whole.finish()
    life_s = time.monotonic() - started
    for number in count():
        if tally.kills >= kills:
            break
        Run(world, music, tally, world.folder / f"{number}.csv").until_done(kills, life_s, whole.texts())
    return tally


class Run:
    """One CSV, from its first row to its last."""

    def __init__(self, world: World, music: Path, tally: Tally, out: Path) -> None:
        self._world, self._music, self._tally, self._out = world, music, tally, out

    def _start(self) -> subprocess.Popen[bytes]:
        return self._world.start("j2a", "caption", str(self._music), "--out", str(self._out), "--resume",
                                 "--window", "4", "--per-file", "2", "--batch", "2", "--workers", "1")

    def finish(self) -> None:
        """Without a kill. Raises ``AssertionError``."""
        if (code := self._world.end_of(self._start())) != 0:
            raise AssertionError(f"j2a caption --resume ended with {code}: {self._world.said()}")

    def until_done(self, kills: int, life_s: float, texts: dict[tuple[str, ...], str]) -> None:
        """Kill it until it is done, and compare with the texts of a run that was not killed."""
        seen: list[str] = []  # whole lines that were in the file before a kill
        random = self._world.random
        while self._tally.kills < kills:
            process = self._start()
            if random.random() < ENGINES_SHARE:
                done = self._lose_an_engine(process, random.uniform(0.0, life_s))
            elif random.random() < WRITING_SHARE:
                before = self._size()
                wait_until(lambda before=before: self._size() > before, process)  # type: ignore[misc]
                done = not self._killed(process, random.uniform(0.0, WRITING_S), seen)
            else:
                done = not self._killed(process, random.uniform(0.0, life_s), seen)
            if done:
                break
        try:
            self.finish()
        except AssertionError as error:
            self._tally.fault("stuck", str(error))
        self._compare(seen, texts)

    def _size(self) -> int:
        return self._out.stat().st_size if self._out.exists() else 0

    def _killed(self, process: subprocess.Popen[bytes], moment: float, seen: list[str]) -> bool:
        ended = time.monotonic() + moment
        time.sleep(max(0.0, moment - 0.02))
        before = self._lines()
        if not kill_after(process, max(0.0, ended - time.monotonic())):
            return False
        self._tally.killed("writing" if len(before) > max(1, len(seen)) else "before it wrote a row")
        after = self._lines()
        if after[: len(before)] != before:
            self._tally.fault("lost", f"{len(before)} rows before the kill, {len(after)} of them after it")
        if self._out.exists() and not self._out.read_bytes().endswith(b"\n"):
            self._tally.told["half rows that --resume cut off"] += 1
        seen[:] = before
        self._world.look_for_orphans(self._tally)
        return True

    def _lose_an_engine(self, process: subprocess.Popen[bytes], moment: float) -> bool:
        """True when the command came to its end all the same, as it should."""
        time.sleep(moment)
        engines = self._world.processes(ENGINE)
        if not engines:
            return self._world.end_of(process) == 0
        os.kill(self._world.random.choice(engines), signal.SIGKILL)
        self._tally.killed("one of its engines")
        if (code := self._world.end_of(process)) != 0:
            self._tally.fault("stuck", f"an engine was killed, exit code {code}: {self._world.said()}")
            return False
        self._world.look_for_orphans(self._tally)
        return True

    def _compare(self, seen: list[str], texts: dict[tuple[str, ...], str]) -> None:
        lines = self._lines()
        if lines[: len(seen)] != seen:
            self._tally.fault("lost", f"of {len(seen)} rows that were there before a kill some are not in the end")
        try:
            rows = self._rows()
        except (csv.Error, ValueError) as error:
            self._tally.fault("halves", f"{self._out}: {error}")
            return
        windows = [tuple(row[:3]) for row in rows]
        if len(set(windows)) != len(windows):
            self._tally.fault("doubles", f"{len(windows)} rows of {len(set(windows))} windows")
        if missing := texts.keys() - set(windows):
            self._tally.fault("lost", f"windows without a row: {sorted(missing)}")
        if differ := [row[:3] for row in rows if texts.get(tuple(row[:3])) != row[3]]:
            self._tally.fault("lost", f"other captions than without a kill: {differ}")

    def texts(self) -> dict[tuple[str, ...], str]:
        """The caption of each window."""
        return {tuple(row[:3]): row[3] for row in self._rows()}

    def _lines(self) -> list[str]:
        """Whole lines; captions of the model have no line feeds."""
        return self._out.read_text(encoding="utf-8").split("\n")[:-1] if self._out.exists() else []

    def _rows(self) -> list[list[str]]:
        with self._out.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file, strict=True)
        if any(len(row) != len(head) for row in rows):
            raise ValueError("a row has another number of cells")
        return rows
