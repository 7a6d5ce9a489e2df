"""Eight hours of captioning at the machine's pace: does anything grow, does anything become slower?

    python bench/soak.py [--hours 8] [--an-hour 60] [--json results.json]

The real app in a pseudo-terminal, with the real engine and the built-in model, does what a person does in so many
hours: describe, listen, edit, accept, look for files, open help, lists and the palette, take variants and back, change
the window and the version, export. Every file is another one, so that each is measured anew. All along, memory, open
files and threads of the app and of its engine are read from /proc, and times from a key to the screen that answers it.

What the first tenth takes is a warm-up. After it, by the line fitted through what was read:

* the resident memory of the app and of the engine grows by less than 10 %; of it the anonymous part, which is where a
  leak would be, is told beside it;
* no descriptor, thread or process is gained: less than half of one, and the median of the last quarter is not above
  that of the second;
* the median time from a key to the screen, and from accepting to the next caption's first words, is in the last
  quarter at most 1.2 times that in the second. Where other programs take the processors, that is seen by a yardstick,
  a piece of work of a fixed size, and the limit is as much higher; 5 ms of a key and 50 ms of words are let pass.

Exits with 1 when one of these does not hold. Linux. Eight hours, 480 clips, take some 20 minutes on two shared cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import soundfile
from growth import GROWTH, SLOWER, Series, judged
from terminal import Terminal

ROOT = Path(__file__).parents[1]
RATE, SECONDS = 44_100, 6.0
SAMPLES = 60  # of memory and the like, over the whole
# A caption that stands there: its state, or its claims where the state is that of the caption before.
DRAFT = r"Caption draft|[✓✗] \w"
WORDS = rf"\w[,.]?▌|{DRAFT}"  # as they come, or all at once
ESCAPE_S = 0.3


def main() -> None:
    """Work, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--an-hour", type=int, default=60, help="clips that a person captions in an hour")
    parser.add_argument("--growth", type=float, default=GROWTH, help="of memory, that is allowed (%(default)s)")
    parser.add_argument("--slower", type=float, default=SLOWER, help="times the median (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    asked = parser.parse_args()
    clips = max(20, round(asked.hours * asked.an_hour))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["J2A_HOME"] = f"{scratch}/home"
        for size in ("COLUMNS", "LINES"):  # it is the terminal's to say
            os.environ.pop(size, None)
        folder = Path(scratch) / "music"
        make_music(folder, clips + 1)
        soak = Soak(folder, clips, asked.an_hour)
        soak.run()
    rows = judged(soak.seen, clips, asked.growth, asked.slower)
    print(f"\n{clips} clips in {(time.monotonic() - started) / 60:.1f} minutes\n")
    print("| what | after the warm-up | at the end | grown | allowed | |\n|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.first:.4g} | {row.last:.4g} | {row.grown} | {row.allowed} | {row.verdict} |")
    if asked.json:
        asked.json.write_text(json.dumps({"clips": clips, "seen": soak.seen, "rows": list(map(vars, rows))}) + "\n")
    sys.exit(not all(row.holds for row in rows))


def make_music(folder: Path, count: int) -> None:
    """So many files, each a few seconds of a demo clip from another place, with a title of its own."""
    folder.mkdir()
    demo = [soundfile.read(path, always_2d=True)[0].mean(1) for path in sorted((ROOT / "j2a_tui/demo").glob("*.ogg"))]
    length = int(RATE * SECONDS)
    for number in range(count):
        sound = demo[number % len(demo)]
        first = number * 7_919 % (len(sound) - length)
        with soundfile.SoundFile(folder / name_of(number), "w", RATE, 1, format="FLAC") as file:
            file.title = f"Song {number}"
            file.write(sound[first : first + length])


def name_of(number: int) -> str:
    """Of a file."""
    return f"Song {number:05d}.flac"


@dataclass(frozen=True, slots=True)
class Habit:
    """Something that is done at every so many clips, while their caption is there as a draft."""

    every: int
    do: Callable[[Soak], None]


@dataclass
class Soak:
    """The app at work, and what was seen of it."""

    folder: Path
    clips: int
    an_hour: int
    seen: dict[str, Series] = field(default_factory=dict)
    clip: int = 0

    def run(self) -> None:
        """From the first file to the last."""
        with Terminal(["j2a_tui.cli", str(self.folder), "--version", "1.0"]) as self.app:
            self.app.until("▌· Song 00000", timeout_s=120)
            self.press("\r", "Caption draft", timeout_s=300)
            every = max(1, self.clips // SAMPLES)
            for number in range(self.clips):
                self.clip = number
                for habit in HABITS:
                    if self.clip % habit.every == habit.every - 1:
                        habit.do(self)
                if self.clip % self.an_hour == self.an_hour // 4:
                    change_version(self)
                if self.clip % every == 0:
                    self.sample()
                self.decide()

    def press(self, keys: str, answer: str, timeout_s: float = 60.0) -> float:
        """Type, wait for the answer; the seconds between."""
        pressed, mark = self.app.press(keys)
        return self.app.until(answer, mark, timeout_s) - pressed

    def escape(self) -> None:
        """Leave what is open. A key right behind this one would be taken for one with Alt."""
        self.app.press("\x1b")
        time.sleep(ESCAPE_S)

    def note(self, name: str, value: float) -> None:
        """Keep a number."""
        self.seen.setdefault(name, []).append((self.clip, value))

    def decide(self) -> None:
        """Accept, most with a word changed, some without; the next file comes and is described by itself."""
        keys = "a"
        if self.clip % 2:
            self.press("e", "Caption editing")
            self.press(" Heard twice.", "twice")
            keys = "\x13"
        pressed, mark = self.app.press(keys)
        self.app.until(rf"▌. Song {self.clip + 1:05d}", mark)
        # What was written ahead may come with the file, in one picture.
        self.note("words", self.app.until(WORDS, mark) - pressed)
        self.app.until(DRAFT, mark)

    def sample(self) -> None:
        """Memory, descriptors and threads of every process, once nothing moves any more."""
        time.sleep(0.3)
        app = Path("/proc") / str(self.app.process.pid)
        others = {child for task in (app / "task").iterdir() for child in (task / "children").read_text().split()}
        engines = [Path("/proc") / child for child in others if is_engine(child)]
        self.note("processes", 1 + len(others))
        for name, place in (("app", app), *(("engine", engine) for engine in engines)):
            memory = dict(line.split(":") for line in (place / "smaps_rollup").read_text().splitlines()[1:])
            self.note(f"{name} resident, MiB", int(memory["Rss"].split()[0]) / 1024)
            self.note(f"{name} anonymous, MiB", int(memory["Anonymous"].split()[0]) / 1024)
            self.note(f"{name} open files", len(list((place / "fd").iterdir())))
            self.note(f"{name} threads", len(list((place / "task").iterdir())))
        self.note("yardstick", yardstick())
        print(f"clip {self.clip}: " + ", ".join(f"{name} {values[-1][1]:.4g}" for name, values in self.seen.items()),
              flush=True)  # fmt: skip


def is_engine(child: str) -> bool:
    """Whether a process is the app's engine."""
    return b"j2a.engine.worker" in Path(f"/proc/{child}/cmdline").read_bytes()


def yardstick() -> float:
    """Seconds of a piece of work of a fixed size; the least of a few."""

    def once() -> float:
        started = time.perf_counter()
        sum(number * number for number in range(100_000))
        return time.perf_counter() - started

    return min(once() for _ in range(5))


# What is done now and then


def read_help(soak: Soak) -> None:
    """Open it and close it: the key's time."""
    soak.note("key", soak.press("?", "Keys and marks"))
    soak.note("key", soak.press("?", "Measured"))


def listen(soak: Soak) -> None:
    """A second of it."""
    soak.note("key", soak.press(" ", "▶ playing"))
    soak.note("key", soak.press(" ", "■ paused"))


def search(soak: Soak) -> None:
    """For another file, and for this one again."""
    for number in (soak.clip * 37 % soak.clips, soak.clip):
        soak.press("/", "name, title, artist")
        soak.press(f"{number:05d}", rf"▌. Song {number:05d}")
        soak.escape()


def browse(soak: Soak) -> None:
    """To the last file, to the first, and back to this one."""
    soak.press("G", rf"▌. Song {soak.clips:05d}")
    soak.press("g", r"▌. Song 00000")
    search(soak)


def reconsider(soak: Soak) -> None:
    """Reject, take it back, do it again, take it back."""
    for keys, answer in (("x", "Caption rejected"), ("u", "Caption draft"), ("\x12", "Caption rejected"),
                         ("u", "Caption draft")):  # fmt: skip
        soak.press(keys, answer)


def variant(soak: Soak) -> None:
    """Another wording."""
    soak.press("r", "Caption draft")


def move_window(soak: Soak) -> None:
    """A second shorter, which is measured anew, and back."""
    soak.press("{", "window 0:00–0:05")
    soak.press("}", "window 0:00–0:06")


def palette(soak: Soak) -> None:
    """Open it, look for something, close it."""
    soak.press("\x10", "Search for commands")
    soak.press("help", "This page")
    soak.escape()


def export(soak: Soak) -> None:
    """All so far."""
    soak.press("E", "accepted captions only")
    soak.press("c", r"captions? written")


def versions(soak: Soak) -> None:
    """Look at what there is."""
    soak.press("v", "built in")
    soak.escape()


def change_version(soak: Soak) -> None:
    """To 2.1, a caption by it, and back."""
    for keys, name in (("jj", "2.1"), ("kk", "1.0")):
        soak.press("v", "built in")
        soak.press(f"{keys}\r", rf"J2A +{name}|{name} mini")
        soak.press("r", "Caption draft", timeout_s=120)


HABITS = (
    Habit(2, read_help), Habit(3, listen), Habit(5, variant), Habit(7, search), Habit(11, reconsider),
    Habit(13, move_window), Habit(17, palette), Habit(20, browse), Habit(30, versions), Habit(40, export),
)  # fmt: skip


if __name__ == "__main__":
    main()
