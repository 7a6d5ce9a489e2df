"""What a listener hears while engines work on every core and the list is scrolled: the recording against the file.

    python bench/sound.py [--seconds 30] [--runs 3] [--json results.json]

The app plays through PortAudio into the null sink of a private PulseAudio, and parec records what the sink gets. Needs
libportaudio2, libasound2-plugins, pulseaudio and pulseaudio-utils. Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from app import engines_at_work, show
from numpy.typing import NDArray
from terminal import Terminal

RATE = 44_100
HELD_HZ = 30.0


def main() -> None:
    """Play, compare, print a table, and write the numbers where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the rows here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["J2A_HOME"] = f"{scratch}/home"
        folder = Path(scratch) / "music"
        folder.mkdir()
        for number in range(3):
            soundfile.write(folder / f"Noise {number}.flac", noise(options.seconds, number), RATE)
        with sound_server(Path(scratch)) as env, engines_at_work(os.cpu_count() or 1, Path(scratch)):
            rows = [{"run": run, **listen(folder, env, options.seconds)} for run in range(1, options.runs + 1)]
    show("played while engines work and the list is scrolled", rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def noise(seconds: int, seed: int) -> NDArray[np.int16]:
    """int16 (seconds * RATE, 2): no stretch of it is like another, so that a gap and a shift show."""
    return np.random.default_rng(seed).integers(-9000, 9000, (seconds * RATE, 2), np.int16)


def listen(folder: Path, env: dict[str, str], seconds: int) -> dict[str, Any]:
    """Play the first file whole while the cursor goes up and down, and tell what was recorded."""
    recording = folder.with_name("recording.raw")
    with Terminal(["j2a_tui.cli", str(folder)], env) as app, recorded(recording, env):
        app.until(r"window 0:00–0:10")
        app.until(r"vol 100 %|vol .*100 %")
        _, mark = app.press("}" * (seconds - 10))
        app.until(rf"window 0:00–0:{seconds}", mark)
        begin, mark = app.press(" ")
        app.until("▶ playing", mark)
        for count in range(int((seconds - 1) * HELD_HZ)):
            time.sleep(max(0.0, begin + count / HELD_HZ - time.perf_counter()))
            app.press("jk"[count % 2])
        app.until("■ paused", app.mark)
        time.sleep(0.5)
    return compare(np.fromfile(recording, np.int16), soundfile.read(folder / "Noise 0.flac", dtype="int16")[0])


def compare(heard: NDArray[np.int16], played: NDArray[np.int16]) -> dict[str, Any]:
    """Both int16, the recording interleaved. Sample by sample from the first sound that was heard."""
    heard = heard[: len(heard) // 2 * 2].reshape(-1, 2)
    loud = np.flatnonzero(np.abs(heard.astype(np.int32)).max(axis=1) > 2)
    heard = heard[loud[0] : loud[-1] + 1]
    length = min(len(heard), len(played))
    apart = np.abs(heard[:length].astype(np.int32) - played[:length]).max(axis=1)
    return {
        "played s": round(len(played) / RATE, 3),
        "heard s": round(len(heard) / RATE, 3),
        "silent inside": int(np.count_nonzero((heard == 0).all(axis=1))),
        "samples that differ": int(np.count_nonzero(apart > 1)),
        "correlation": round(float(np.corrcoef(heard[:length, 0], played[:length, 0])[0, 1]), 6),
    }


@contextmanager
def sound_server(folder: Path) -> Iterator[dict[str, str]]:
    """A PulseAudio of our own with a null sink; yields the environment that leads to it."""
    env = {
        "HOME": str(folder),
        "PULSE_RUNTIME_PATH": str(folder),
        "PULSE_STATE_PATH": str(folder),
        "PULSE_COOKIE": str(folder / "cookie"),
        "PULSE_SERVER": f"unix:{folder}/native",
    }
    server = subprocess.Popen(
        [
            "pulseaudio",
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
            "--disable-shm=true",
            "--realtime=no",
            "--high-priority=no",
            # With rewinds the null sink gives its sound a second late and damaged.
            "-L",
            f"module-null-sink sink_name=null norewinds=1 rate={RATE} format=s16le channels=2",
            "-L",
            f"module-native-protocol-unix socket={folder}/native auth-anonymous=1",
        ],
        env={**os.environ, **env},
        stderr=subprocess.DEVNULL,
    )
    try:
        while subprocess.run(["pactl", "info"], env={**os.environ, **env}, capture_output=True, check=False).returncode:
            if server.poll() is not None:
                raise SystemExit("pulseaudio did not start")
            time.sleep(0.05)
        yield env
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def recorded(out: Path, env: dict[str, str]) -> Iterator[None]:
    """Records what the sink gets while the block runs."""
    with out.open("wb") as file:
        process = subprocess.Popen(
            ["parec", "-d", "null.monitor", f"--rate={RATE}", "--format=s16le", "--channels=2", "--latency-msec=20"],
            env={**os.environ, **env},
            stdout=file,
        )
        while out.stat().st_size == 0:
            time.sleep(0.02)
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


if __name__ == "__main__":
    main()
