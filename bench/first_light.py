"""First paint, time to the first caption token, and memory of both processes, in one run.

    python bench/first_light.py [--clips FOLDER] [--json results.json]

First paint is measured in a real pseudo-terminal, from the start of the process to the moment the name of the first
file stands on the screen. The first token is measured from the request on a clip never measured before to the first
piece of text, with the engine warm (mini loaded, one other clip described).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import queue
import re
import statistics
import tempfile
import time
from pathlib import Path

from terminal import Terminal

from j2a.clip import Clip
from j2a.engine.client import EngineClient
from j2a.engine.messages import Describe, Done, Failed, Load, Piece

ROOT = Path(__file__).parents[1]
RUNS = 5
SETTLED_S = 3.0
WINDOW_S = 10.0


def first_paint(folder: Path) -> tuple[list[float], dict[str, float]]:
    """Seconds from the start to the first file's name on the screen, ``RUNS`` times; memory in MiB after the last."""
    name = re.escape(sorted(path.stem for path in folder.glob("*.ogg"))[0][:12])
    seconds, memory = [], {}
    for run in range(RUNS + 1):
        with Terminal(["j2a_tui.cli", str(folder)]) as app:
            seconds.append(app.until(name) - app.started)
            if run == RUNS:
                app.until(" ready ")
                time.sleep(SETTLED_S)
                memory = app.memory_mib()
    return seconds[1:], memory  # the first run warms the disk


def first_token(clips: list[Path]) -> list[dict[str, float]]:
    """One record a clip: seconds of measuring, to the first piece, and tokens a second."""
    events: queue.Queue = queue.Queue()
    engine = EngineClient(events.put)

    def ask(request):  # -> last event, seconds to the first piece
        started, first = time.perf_counter(), None
        request_id = engine.submit(request)
        while True:
            event = events.get(timeout=120)
            if event.request_id != request_id:
                continue
            if isinstance(event, Piece) and first is None:
                first = time.perf_counter() - started
            if isinstance(event, Failed):
                raise SystemExit(f"{event.title}: {event.message}")
            if isinstance(event, Done):
                return event, first

    ask(Load())
    ask(Describe(Clip(clips[0], 2.0, 2.0 + WINDOW_S)))
    records = []
    for path in clips:
        clip = Clip(path, 0.0, WINDOW_S)
        done, first_s = ask(Describe(clip))
        again, cached_s = ask(Describe(clip, prompt="detailed"))
        records.append(
            {
                "features_s": done.stats["features_s"],
                "first_token_s": first_s,
                "first_token_cached_s": cached_s,
                "tokens_per_s": (again.stats["new_tokens"] - 1) / max(1e-9, again.stats["decode_s"]),
            }
        )
    engine.close()
    return records


def main() -> None:
    """Measure, print a table, and write the numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    clips = ROOT / "j2a_tui" / "demo"
    parser.add_argument("--clips", type=Path, default=clips, help="folder of ogg files of at least 12 s")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["J2A_HOME"] = home
        paints, memory = first_paint(options.clips)
        tokens = first_token(sorted(options.clips.glob("*.ogg")))
    result = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "first_paint_s": {"median": statistics.median(paints), "worst": max(paints), "runs": len(paints)},
        "memory_mib": memory,
        **{
            name: {"median": statistics.median(r[name] for r in tokens), "worst": max(r[name] for r in tokens)}
            for name in ("features_s", "first_token_s", "first_token_cached_s")
        },
        "tokens_per_s": {"median": statistics.median(r["tokens_per_s"] for r in tokens)},
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
