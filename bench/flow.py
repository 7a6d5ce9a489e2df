"""A review of a folder in a pseudo-terminal, listening: each caption is accepted after some seconds.

    python bench/flow.py FOLDER [--clips 200] [--pace 6] [--json results.json]

"Key to caption" is the time from writing ``A`` to the arrival of the output in which the next file has its caption; of
those that were written ahead it is told by itself. "Ahead" is the share of clips whose caption stood there within
150 ms. "Key to sound" is the time from writing ``A`` to the first sample of the next file in what the null sink of a
private PulseAudio was given (``bench/sound.py``); files that begin too softly to be told from others do not count.
"Processor of the app" is what its own process needs from one key to the next, the playhead and the meters included: it
says more than a stopwatch where other work runs. Files should differ: what was measured once is kept by content. Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from sound import RATE, recorded, sound_server
from terminal import Terminal, spread

from j2a.library import scan

AHEAD_S = 0.15
DRAFT = r"▌d "  # the file under the cursor has a caption, drawn with it
LOOK_S = 0.005  # how often it is looked how much was recorded
KNOWN_BY_S = 0.25  # so much of a file's beginning is looked for in what was heard
HEARD_WITHIN_S = 2.0
ALIKE, AUDIBLE = 0.7, 0.01  # correlation, root mean square


def main() -> None:
    """Measure, print, and write the numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--pace", type=float, default=6.0, help="seconds a clip (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["J2A_HOME"] = home
        result = review(options.folder, options.clips, options.pace, Path(home))
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def review(folder: Path, clips: int, pace_s: float, scratch: Path) -> dict[str, Any]:
    """Accept this many clips of a folder that has more of them, while they are heard."""
    pressed_at: list[float] = []
    waits: list[float] = []
    recording = scratch / "recording.raw"
    with (
        sound_server(scratch) as env,
        Terminal(["j2a_tui.cli", str(folder)], env) as app,
        recorded(recording, env),
        timed(recording) as began,
    ):
        app.until(" ready ")
        _, mark = app.press("\r")
        app.until(DRAFT, mark)
        _, mark = app.press(" ")
        app.until("▶ playing", mark)
        used = app.processor_s()
        for _ in range(clips):
            time.sleep(pace_s)
            pressed, mark = app.press("A")
            pressed_at.append(pressed)
            waits.append(app.until(DRAFT, mark) - pressed)
        used = (app.processor_s() - used) / clips
        time.sleep(HEARD_WITHIN_S)
        memory = app.memory_mib()
    paths = [track.path for track in scan(folder)][1 : clips + 1]
    sounds = [heard_after(recording, began[0], *one) for one in zip(paths, pressed_at, strict=True)]
    found = [sound for sound in sounds if sound is not None]
    later = waits[1:]  # the first decision begins the writing ahead
    ahead = [wait for wait in later if wait <= AHEAD_S]
    return {
        "clips": clips,
        "pace_s": pace_s,
        "first_s": round(waits[0], 2),
        "key to caption, ms": spread(later),
        "key to caption written ahead, ms": spread(ahead) if ahead else None,
        "ahead": round(len(ahead) / len(later), 3),
        "key to sound, ms": spread(found) if found else None,
        "sounds found": f"{len(found)} of {sum(audible(path) for path in paths)}",
        "processor of the app, ms a clip": round(used * 1000),
        "memory_mib": memory,
    }


@contextmanager
def timed(recording: Path) -> Iterator[list[float]]:
    """When the first sample of a recording that grows was heard (``time.perf_counter()``), known at the end."""
    began = [float("inf")]
    ending = threading.Event()

    def look() -> None:
        size = 0
        while not ending.wait(LOOK_S):
            now, before, size = time.perf_counter(), size, recording.stat().st_size
            if size > before:  # the piece that came soonest tells best
                began[0] = min(began[0], now - size / 4 / RATE)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield began
    finally:
        ending.set()
        looking.join()


def heard_after(recording: Path, began: float, path: Path, pressed: float) -> float | None:
    """Seconds from a key to the beginning of a file in the recording; ``None`` where it cannot be told."""
    if not audible(path):
        return None
    first = max(0, round((pressed - began) * RATE))
    count = round((HEARD_WITHIN_S + KNOWN_BY_S) * RATE)
    heard = np.fromfile(recording, np.int16, count * 2, offset=first * 4).reshape(-1, 2).mean(axis=1) / 32768
    wanted = beginning(path)
    if len(heard) < len(wanted):
        return None
    size = 1 << (len(heard) + len(wanted) - 1).bit_length()
    across = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)
    power = np.concatenate([[0.0], np.cumsum(heard**2)])
    places = len(heard) - len(wanted) + 1
    norms = np.sqrt(np.maximum(power[len(wanted) :] - power[:places], 1e-9) * np.sum(wanted**2))
    alike = across[:places] / norms
    at = int(alike.argmax())
    return at / RATE if alike[at] >= ALIKE else None


def beginning(path: Path) -> NDArray[np.float64]:
    """The first moments of a file: mono, at the rate of the sink."""
    with soundfile.SoundFile(path) as file:
        samples = file.read(round(KNOWN_BY_S * file.samplerate), dtype="float64", always_2d=True).mean(axis=1)
        return np.asarray(soxr.resample(samples, file.samplerate, RATE))


def audible(path: Path) -> bool:
    """Whether there is sound right from the start."""
    quarters = np.array_split(beginning(path), 4)
    return all(float(np.sqrt(np.mean(part**2))) >= AUDIBLE for part in quarters)


if __name__ == "__main__":
    main()
