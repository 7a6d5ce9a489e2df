"""``j2a-train prepare`` is killed while it makes a table of clips from a list of captions, anew or over another one."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import subprocess
from itertools import count
from pathlib import Path

from bench.kills.life import Lives
from bench.kills.world import DEMO, MANY, Tally, World, leftovers

ROWS_A_FILE, WORDS = 15, 200
UNFINISHED = b"run j2a-train prepare again"  # what a card says while its table is written
PARTS = ("clips.jsonl", "card.json", "README.md")
Parts = dict[str, bytes | None]


def run(kills: int, world: World) -> Tally:
    """So many kills, in turn over a table that is there and into a new folder, with linked and with copied audio."""
    tally = Tally("prepare")
    music = world.make("music")
    for clip in DEMO:
        (music / clip.name).write_bytes(clip.read_bytes())
    lists = [_list(music, "older"), _list(music, "newer")]
    asked = [(over, copy) for over in (True, False) for copy in (True, False)]
    many = kills >= MANY
    ways = [_Way(world, lists, 3 if many else 1, over=over, copy=copy) for over, copy in asked[: 4 if many else 1]]
    for number in count():
        if tally.kills >= kills:
            return tally
        ways[number % len(ways)].end_one(tally, writing=number // len(ways) % 2 == 0)
    raise AssertionError("numbers do not end")


def _list(music: Path, word: str) -> Path:
    path = music / f"{word}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file_name", "start_s", "end_s", "caption"))
        writer.writerows((clip.name, start, start + 1, f"{word} " * WORDS)
                         for clip in DEMO for start in range(ROWS_A_FILE))  # fmt: skip
    return path


class _Way:
    """The table of one list is to replace that of another, or to be the first."""

    def __init__(self, world: World, lists: list[Path], lives: int, *, over: bool, copy: bool) -> None:
        self._world, self._over = world, over
        self._out = world.make("table")
        self._copy = ["--copy"] if copy else []
        self._kept = world.folder / f"table-{over}-{copy}"
        self._list = lists[1]
        self._new = self._made(lists[1])
        self._old = self._made(lists[0])
        shutil.copytree(self._out, self._kept)
        self._lives = Lives(self._start, self._out, self._reset, lives)

    def _made(self, captions: Path) -> Parts:
        """The files of a table that was made without a kill."""
        shutil.rmtree(self._out, ignore_errors=True)
        if self._world.finish("j2a-train", *self._arguments(captions)) != 0:
            raise AssertionError(self._world.said())
        return self._parts()

    def _arguments(self, captions: Path) -> list[str]:
        return ["prepare", str(self._out), "--captions", str(captions), *self._copy]

    def _start(self) -> subprocess.Popen[bytes]:
        return self._world.start("j2a-train", *self._arguments(self._list))

    def _reset(self) -> None:
        shutil.rmtree(self._out)
        if self._over:
            shutil.copytree(self._kept, self._out)
        else:
            self._out.mkdir()

    def _parts(self) -> Parts:
        return {name: (self._out / name).read_bytes() if (self._out / name).exists() else None for name in PARTS}

    def end_one(self, tally: Tally, *, writing: bool) -> None:
        """One kill, what is there after it, and the next run."""
        if not self._lives.end_one(self._world, tally, writing=writing):
            return
        old: Parts = self._old if self._over else dict.fromkeys(PARTS)
        there = self._parts()
        for name, data in there.items():
            if data not in (old[name], self._new[name]) and UNFINISHED not in (data or b""):
                tally.fault("halves", f"{name} is neither the old nor the new one")
        self._look_at_audio(tally, there["clips.jsonl"] or b"")
        new = [name for name in PARTS if there[name] == self._new[name] and old[name] != self._new[name]]
        tally.told[f"new: {', '.join(new) or 'nothing'}"] += 1
        tally.told["hidden leftovers"] += len(leftovers(self._out))
        if self._world.finish("j2a-train", *self._arguments(self._list)) != 0:
            tally.fault("stuck", f"the next prepare: {self._world.said()}")
        elif self._parts() != self._new:
            tally.fault("halves", "the next table is not the new one")
        self._look_at_audio(tally, self._new["clips.jsonl"] or b"")

    def _look_at_audio(self, tally: Tally, table: bytes) -> None:
        """Every file is what its name says, and none that a row names is missing."""
        for path in (self._out / "audio").rglob("*.ogg"):
            if not path.name.startswith(".") and path.stem != hashlib.sha256(path.read_bytes()).hexdigest()[:32]:
                tally.fault("halves", f"{path.name} is not what its name says")
        for name in {json.loads(line)["audio"] for line in table.splitlines()}:
            if not (self._out / name).exists():
                tally.fault("lost", f"{name} is in the table and not on the disk")
