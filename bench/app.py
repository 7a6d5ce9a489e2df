"""The app in a real pseudo-terminal: first paint, response to keys, first words, memory; and again while engines work.

    python bench/app.py [--files 50000] [--only start,keys,words] [--json results.json]

The folders are made of hard links to the demo clips, once flat and once in folders of a hundred. A response is the time
from writing a key to the arrival of the output that shows its effect. "Engines at work" means two more engines that
measure and write without a pause, a core each where there are two; "own engine" that the app's own one writes. Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from terminal import Terminal, spread

from j2a.clip import Clip
from j2a.engine.client import EngineClient
from j2a.engine.messages import Describe, Done, Event, Failed

ROOT = Path(__file__).parents[1]
DEMO = sorted((ROOT / "j2a_tui" / "demo").glob("*.ogg"))
STARTS = 10
READIES = 3  # of these are followed until the engine is ready
HELD_S, HELD_HZ = 12.0, 30.0
PRESSES = 50
Row = dict[str, Any]


def main() -> None:
    """Measure, print tables, and write the numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--only", default="start,keys,words", help="parts to run, with commas (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    parts = options.only.split(",")
    result: dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "files": options.files,
    }
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["J2A_HOME"] = f"{scratch}/home"
        folders = {"demo": ROOT / "j2a_tui" / "demo"}
        folders |= {layout: make_folder(Path(scratch) / layout, options.files, layout) for layout in ("flat", "deep")}
        if "start" in parts:
            result["start"] = [start(name, folder) for name, folder in folders.items()]
            show("start, seconds", result["start"])
        if "keys" in parts:
            result["keys"], result["memory_mib"] = keys(folders["flat"], Path(scratch))
            show("response to keys, milliseconds", result["keys"])
            print("\nmemory, MiB:", result["memory_mib"])
        if "words" in parts:
            result["words"] = words(ROOT / "j2a_tui" / "demo")
            show("from enter to the first words, milliseconds", result["words"])
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def show(title: str, rows: list[Row]) -> None:
    """A table in Markdown."""
    columns = list(rows[0])
    print(f"\n{title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(str(row[column]) for column in columns)} |", flush=True)


def make_folder(folder: Path, count: int, layout: str) -> Path:
    """``count`` links to the demo clips: in one folder, or a hundred in each of many."""
    for number in range(count):
        home = folder if layout == "flat" else folder / f"Artist {number // 1000}" / f"Album {number // 100 % 10}"
        if number % 100 == 0:
            home.mkdir(parents=True, exist_ok=True)
        (home / f"Track {number:05d}.ogg").hardlink_to(DEMO[number % len(DEMO)])
    return folder


# From the start


def start(name: str, folder: Path) -> Row:
    """Medians and worst of several starts."""
    frames, lists, moves, readies = [], [], [], []
    for run in range(STARTS + 1):
        with Terminal(["j2a_tui.cli", str(folder)]) as app:
            frame = app.until(r" J2A +/") - app.started
            listed = app.until("▌· ") - app.started
            _, mark = app.press("j")
            moved = app.until("▌· ", mark) - app.started
            if run:  # the first warms the disk
                frames.append(frame)
                lists.append(listed)
                moves.append(moved)
            if run > STARTS - READIES:
                readies.append(app.until(" ready ") - app.started)
    row: Row = {"folder": name}
    for what, seconds in (
        ("first frame", frames),
        ("files listed", lists),
        ("first move", moves),
        ("engine ready", readies),
    ):
        row[what] = f"{statistics.median(seconds):.2f} (worst {max(seconds):.2f})"
    return row


# Keys


def keys(folder: Path, scratch: Path) -> tuple[list[Row], dict[str, float]]:
    """One row for each kind of key and each load; memory of the app and its engine at the end."""
    with Terminal(["j2a_tui.cli", str(folder)]) as app:
        app.until("▌· ")
        rows = [held_key(app, "tags being read")]
        app.until(" ready ")
        wait_until_idle(app)
        rows += [held_key(app, "idle"), *pressed_keys(app, "idle")]
        rows += pressed_keys(app, "own engine", before=describe_again)
        with engines_at_work(2, scratch):
            rows += [held_key(app, "two engines at work"), *pressed_keys(app, "two engines at work")]
        return rows, app.memory_mib()


def wait_until_idle(app: Terminal) -> None:
    """Until the app has read what it reads by itself: a second that takes it less than 50 ms of a processor."""
    before, used = app.processor_s(), 1.0
    while used > 0.05:
        time.sleep(1.0)
        now = app.processor_s()
        before, used = now, now - before


def held_key(app: Terminal, load: str) -> Row:
    """``j`` held down: how long after each press the cursor stands on the row that it asked for, or beyond."""
    _, mark = app.press("jg")
    app.until("▌. Track 00000", mark)
    time.sleep(1.0)
    pressed = []
    mark = app.mark
    begin = time.perf_counter()
    for count in range(int(HELD_S * HELD_HZ)):
        time.sleep(max(0.0, begin + count / HELD_HZ - time.perf_counter()))
        pressed.append(app.press("j")[0])
    app.until(f"▌. Track {len(pressed):05d}", mark)
    waits: list[float] = []
    for at, text in app.pieces(mark):
        for found in re.findall(r"▌. Track (\d+)", text):
            waits += [at - pressed[row] for row in range(len(waits), int(found))]
    return {"key": f"j, {HELD_HZ:.0f} a second", "load": load, **spread(waits)}


def describe_again(app: Terminal) -> None:
    """Another variant; returns somewhere between its measuring and its last words."""
    app.press("r")
    time.sleep(random.uniform(0.0, 0.4))


def pressed_keys(app: Terminal, load: str, before: Callable[[Terminal], object] = lambda app: None) -> list[Row]:
    """Single presses: open help, close help, play, pause; and the window unless that would end what is written."""
    answers = [
        ("? opens help", "?", "Keys and marks"),
        ("? closes help", "?", "Measured"),
        ("space plays", " ", "▶ playing"),
        ("space pauses", " ", "■ paused"),
    ]
    waits: dict[str, list[float]] = {name: [] for name, _, _ in answers}
    moves: list[float] = []
    for count in range(PRESSES):
        before(app)
        for name, key, answer in answers:
            pressed, mark = app.press(key)
            waits[name].append(app.until(answer, mark) - pressed)
            time.sleep(random.uniform(0.05, 0.15))
        if before is not describe_again:
            pressed, mark = app.press("}" if count % 2 == 0 else "{")
            moves.append(app.until("window 0:00–0:1[01]", mark) - pressed)
            time.sleep(random.uniform(0.05, 0.15))
    if moves:
        waits["} { size the window"] = moves
    return [{"key": name, "load": load, **spread(seconds)} for name, seconds in waits.items()]


@contextmanager
def engines_at_work(count: int, scratch: Path) -> Iterator[None]:
    """Engines that describe windows never measured before, one after the other, until the block ends."""
    clips = iter([(path, begin / 1000) for begin in range(0, 5000, 7) for path in DEMO])
    engines: list[EngineClient] = []
    busy: set[int] = set()

    def opened(number: int) -> EngineClient:
        def go_on(event: Event) -> None:
            if isinstance(event, Failed):
                raise event.as_error()
            if isinstance(event, Done):
                busy.add(number)
                ask()

        def ask() -> None:
            path, begin_s = next(clips)
            engine.submit(Describe(Clip(path, begin_s, begin_s + 10.0)))

        engine = EngineClient(go_on, log_path=scratch / f"engine-{number}.log", background=True)
        ask()
        return engine

    try:
        engines += [opened(number) for number in range(count)]
        while len(busy) < count:  # they have loaded everything and described once
            time.sleep(0.1)
        yield
    finally:
        for engine in engines:
            engine.close()


# Words


def words(folder: Path) -> list[Row]:
    """Enter on a window that was never measured, and on one that was measured while it was looked at."""
    fresh: list[float] = []
    measured: list[float] = []
    with Terminal(["j2a_tui.cli", str(folder)]) as app:
        app.until(" ready ")
        for _ in DEMO:
            for second in range(1, 6):
                waits = fresh if second % 2 else measured
                _, mark = app.press(".")
                app.until(f"window 0:0{second}–", mark)
                if waits is measured:
                    app.until(r"\d BPM", mark)
                    time.sleep(0.3)
                pressed, mark = app.press("\r")
                waits.append(app.until(r"\w[,.]?▌|generated by", mark) - pressed)  # or all words at once
                app.until("Caption draft", mark)
            app.press("j")
            time.sleep(1.0)
    return [{"window": name, **spread(seconds)} for name, seconds in (("fresh", fresh), ("measured", measured))]


if __name__ == "__main__":
    main()
