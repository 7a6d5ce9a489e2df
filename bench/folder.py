"""How fast a folder is captioned: batch sizes, measuring processes, and the obvious alternative, a loop of `describe`.

    python bench/folder.py [FOLDER] [--clips 64] [--window 10] [--json results.json]

First the writing alone (everything is measured): clips a second against the batch size, beside one `describe` after the
other on one warm engine. Then the whole, from a cold cache and engines that have yet to start, against the number of
measuring processes, beside the same loop of `describe` (also cold). FOLDER defaults to the demo clips.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from j2a.clip import Clip
from j2a.engine import client
from j2a.engine.messages import Describe, DescribeMany, Done, Event, Extract, Failed, Request
from j2a.folder.books import Books
from j2a.folder.plan import Cut, Planned, plan
from j2a.folder.run import FolderRun, Settings
from j2a.folder.sheet import Sheet
from j2a.library import scan

ROOT = Path(__file__).parents[1]
BATCHES = (1, 4, 16, 64)
WORKERS = (1, 2)
Ask = Callable[[Request], Iterator[Event]]


def main() -> None:
    """Measure, print two tables, and write the numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "j2a_tui" / "demo")
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--window", type=float, default=10.0)
    parser.add_argument("--json", type=Path, help="write the rows here too")
    options = parser.parse_args()
    folder = options.folder.resolve()
    found = (item for item in plan(scan(folder), Cut(options.window)) if isinstance(item, Planned))
    planned = list(itertools.islice(found, options.clips))
    writing, cold_loop = writing_alone([item.clip for item in planned])
    whole = [{"way": "one `describe` after the other", **cold_loop}]
    whole += [with_workers(planned, folder, workers) for workers in WORKERS]
    result = {"clips": len(planned), "writing": writing, "whole": whole}
    for title, rows in (("writing alone", writing), ("measuring and writing, start-up included", whole)):
        print(f"\n{title}, {len(planned)} clips\n\n| way | clips a second | ratio |\n|---|---|---|")
        for row in rows:
            print(f"| {row['way']} | {row['clips_per_s']:.2f} | {row['clips_per_s'] / rows[0]['clips_per_s']:.2f} |")
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def writing_alone(clips: list[Clip]) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Rows of the first table, and the first row of the second: a loop that measures too, start-up included."""
    with _home():
        started = time.perf_counter()
        with client.session() as ask:
            for clip in clips:
                _done(ask, Describe(clip))
            cold = _speed(clips, started)
            features = [_done(ask, Extract(clip)).result for clip in clips]
            started = time.perf_counter()
            for clip in clips:
                _done(ask, Describe(clip))
            rows = [{"way": "one `describe` after the other", **_speed(clips, started)}]
            for size in BATCHES:
                _done(ask, DescribeMany(clips[:size], features[:size]))  # warm for this shape
                started = time.perf_counter()
                for start in range(0, len(features), size):
                    _done(ask, DescribeMany(clips[start : start + size], features[start : start + size]))
                rows.append({"way": f"batches of {size}", **_speed(clips, started)})
    return rows, cold


def with_workers(planned: list[Planned], folder: Path, workers: int) -> dict[str, Any]:
    """The whole of `j2a caption`, engines started and nothing cached."""
    with _home() as home, Sheet(home / "captions.csv", folder, resume=False) as sheet:
        started = time.perf_counter()
        tally = FolderRun(iter(planned), Books(sheet), Settings(workers=workers)).run()
        assert tally.captions == len(planned), tally.failed
        return {"way": f"`j2a caption`, {workers} measuring", **_speed([item.clip for item in planned], started)}


def _done(ask: Ask, request: Request) -> Done:
    for event in ask(request):
        if isinstance(event, Failed):
            raise event.as_error()
        if isinstance(event, Done):
            return event
    raise AssertionError("a request ends with Done or Failed")


def _speed(clips: list[Clip], started: float) -> dict[str, float]:
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "clips_per_s": len(clips) / seconds}


class _home(tempfile.TemporaryDirectory[str]):  # noqa: N801 - used like a function
    """A J2A_HOME of its own: nothing is cached."""

    def __enter__(self) -> Path:  # type: ignore[override]
        path = super().__enter__()
        os.environ["J2A_HOME"] = path
        return Path(path)


if __name__ == "__main__":
    main()
