"""Run by the playback tests in a process of its own: plays a file as the app does, and tells what happened as JSON.

``python -m tests.e2e.playing FILE SCRIPT``: SCRIPT is a JSON list of steps: ["play", from_s, until_s],
also with again_s behind it, ["wait_position", s], ["wait_end"], ["sleep", s], ["pause"], ["seek", s],
["volume", gain], ["speed", times].
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from j2a_tui.player import Player, open_player

TIMEOUT_S = 20.0


def main() -> None:
    path, steps = Path(sys.argv[1]), json.loads(sys.argv[2])
    player = open_player()
    player.load(path)
    log = [run_step(player, name, *values) for name, *values in steps]
    report = {"available": player.available, "reason": player.reason, "steps": log}
    started = time.monotonic()
    player.close()
    report["close_s"] = time.monotonic() - started
    print(json.dumps(report))


def run_step(player: Player, name: str, *values: Any) -> dict[str, Any]:
    slowest = 0.0
    started = time.monotonic()

    def timed(call: Callable[[], None]) -> None:
        nonlocal slowest
        before = time.monotonic()
        call()
        slowest = time.monotonic() - before

    if name == "play":
        timed(lambda: player.play(*values))
    elif name == "pause":
        timed(player.pause)
    elif name == "seek":
        timed(lambda: player.seek(values[0]))
    elif name == "volume":
        player.volume = values[0]
    elif name == "speed":
        player.speed = values[0]
    elif name == "sleep":
        time.sleep(values[0])
    elif name == "wait_position":
        wait(lambda: player.position_s >= values[0])
    elif name == "wait_end":
        wait(lambda: not player.playing)
    else:
        raise ValueError(name)
    return {
        "step": name, "call_s": slowest, "took_s": time.monotonic() - started, "at": time.time(),
        "position_s": player.position_s, "playing": player.playing,
    }


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.002)


if __name__ == "__main__":
    main()
