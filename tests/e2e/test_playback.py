"""Real playback through PortAudio: what the device was given is compared with the file.

Needs ``libportaudio2``; the PulseAudio tests also need ``pulseaudio``, ``pulseaudio-utils`` and ``libasound2-plugins``.
``make test`` installs them where it may. Without them these tests fail on CI (``CI`` is set) and are skipped elsewhere.
"""

from __future__ import annotations

import ctypes.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.places import ROOT

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ALSA and PulseAudio are Linux's")

RATE = 44100
ASOUNDRC = """
pcm.!default { type plug slave { pcm "tofile" format S16_LE } }
pcm.tofile { type file slave.pcm "null" file "%s" format "raw" }
ctl.!default { type hw card 0 }
"""


def need(*programs: str) -> None:
    """Fail on CI, skip elsewhere, when something that `make test` installs is not there."""
    missing = [program for program in programs if shutil.which(program) is None]
    if ctypes.util.find_library("portaudio") is None:
        missing.append("libportaudio2")
    if missing:
        message = f"missing: {', '.join(missing)}; `make test` installs them as root"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


def music(seconds: float, channels: int = 2, rate: int = RATE) -> NDArray[np.int16]:
    """Notes that never repeat, so that a shift or a gap shows."""
    rng = np.random.default_rng(7)
    t = np.arange(round(seconds * rate)) / rate
    sides = []
    for _ in range(channels):
        pitch = 220 * 2 ** (rng.integers(0, 24, int(seconds * 8) + 2) / 12)
        steps = np.repeat(pitch, rate // 8)[: len(t)]
        sides.append(0.4 * np.sin(2 * np.pi * np.cumsum(steps) / rate) + rng.normal(0, 0.02, len(t)))
    return (np.stack(sides, axis=1) * 32767).clip(-32768, 32767).astype(np.int16)


def play(path: Path, steps: list[list[Any]], env: dict[str, str]) -> dict[str, Any]:
    """Play in a process of its own: sound libraries read their settings from HOME."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.e2e.playing", str(path), json.dumps(steps)],
        cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False,
    )
    assert result.returncode == 0, result.stderr
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def trimmed(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Without the silence before and after."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)).max(axis=1) > 2)
    assert len(loud), "nothing was heard"
    return samples[loud[0] : loud[-1] + 1]


def assert_same(heard: NDArray[np.int16], expected: NDArray[np.int16]) -> None:
    """The same sound from the first sample on, and of the same length within 50 ms."""
    assert abs(len(heard) - len(expected)) < 0.05 * RATE
    count = min(len(heard), len(expected))
    for side in range(heard.shape[1]):
        correlation = np.corrcoef(heard[:count, side], expected[:count, side])[0, 1]
        assert correlation > 0.99, f"correlation {correlation:.3f}"


# --- ALSA's file plugin over its null device: exact, faster than real time


@pytest.fixture
def alsa(tmp_path: Path) -> dict[str, str]:
    need()
    out = tmp_path / "out.raw"
    home = tmp_path / "home"
    home.mkdir()
    (home / ".asoundrc").write_text(ASOUNDRC % out)
    return {"HOME": str(home), "J2A_HOME": str(home), "PULSE_SERVER": "none", "OUT": str(out)}


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_alsa_gets_the_file_exactly(tmp_path: Path, alsa: dict[str, str], suffix: str) -> None:
    path = tmp_path / f"song{suffix}"
    soundfile.write(path, music(2.5), RATE)  # less than the player holds: this device takes it all in milliseconds
    samples = soundfile.read(path, dtype="int16")[0]
    report = play(path, [["play", 0.0, 2.5], ["wait_end"]], alsa)
    assert report["available"], report["reason"]
    assert report["steps"][-1]["position_s"] == pytest.approx(2.5, abs=1e-3)
    heard = trimmed(np.fromfile(alsa["OUT"], np.int16).reshape(-1, 2))
    assert_same(heard, trimmed(samples))
    if suffix in (".wav", ".flac"):
        assert np.abs(heard.astype(np.int32) - trimmed(samples)).max() <= 1


def test_alsa_gets_the_section_only(tmp_path: Path, alsa: dict[str, str]) -> None:
    samples = music(8.0)
    path = tmp_path / "song.wav"
    soundfile.write(path, samples, RATE)
    play(path, [["volume", 0.5], ["play", 4.25, 6.5], ["wait_end"]], alsa)
    heard = trimmed(np.fromfile(alsa["OUT"], np.int16).reshape(-1, 2))
    expected = trimmed(samples[round(4.25 * RATE) : round(6.5 * RATE)])
    assert len(heard) == len(expected)
    assert np.abs(heard.astype(np.int32) * 2 - expected).max() <= 2


# --- a private PulseAudio with a null sink: real time


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[dict[str, str]]:
    need("pulseaudio", "parec", "pactl")
    folder = tmp_path / "p"
    folder.mkdir(mode=0o700)
    env = {
        "HOME": str(folder), "PULSE_RUNTIME_PATH": str(folder), "PULSE_STATE_PATH": str(folder),
        "PULSE_COOKIE": str(folder / "cookie"), "PULSE_SERVER": f"unix:{folder}/native",
    }
    server = subprocess.Popen(
        [
            "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=true",
            "--realtime=no", "--high-priority=no",
            # With rewinds the null sink gives its sound a second late and damaged.
            "-L", f"module-null-sink sink_name=null norewinds=1 rate={RATE} format=s16le channels=2",
            "-L", f"module-native-protocol-unix socket={folder}/native auth-anonymous=1",
        ],
        env={**os.environ, **env}, stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 10
        while subprocess.run(["pactl", "info"], env={**os.environ, **env}, capture_output=True, check=False).returncode:
            assert server.poll() is None, "pulseaudio did not start"
            assert time.monotonic() < deadline, "pulseaudio does not answer"
            time.sleep(0.05)
        yield env
    finally:
        server.terminate()
        server.wait(10)


class Recording:
    """What the sink hears while the block runs."""

    def __init__(self, env: dict[str, str], out: Path) -> None:
        self.env, self.out = env, out

    def __enter__(self) -> Recording:
        self.file = self.out.open("wb")
        self.process = subprocess.Popen(
            ["parec", "-d", "null.monitor", f"--rate={RATE}", "--format=s16le", "--channels=2", "--latency-msec=20"],
            env={**os.environ, **self.env}, stdout=self.file,
        )
        deadline = time.monotonic() + 10
        while self.out.stat().st_size == 0:
            assert time.monotonic() < deadline, "parec records nothing"
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(0.3)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        self.file.close()

    def samples(self) -> NDArray[np.int16]:
        data = self.out.read_bytes()
        return np.frombuffer(data[: len(data) // 4 * 4], np.int16).reshape(-1, 2)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.flac"
    soundfile.write(path, music(20.0), RATE)
    return path


def original(path: Path, from_s: float, until_s: float) -> NDArray[np.int16]:
    samples: NDArray[np.int16] = soundfile.read(path, dtype="int16")[0]
    return samples[round(from_s * RATE) : round(until_s * RATE)]


@pytest.mark.long
def test_pulseaudio_hears_the_whole_section_in_real_time(tmp_path: Path, pulse: dict[str, str], song: Path) -> None:
    with Recording(pulse, tmp_path / "rec.raw") as recording:
        report = play(song, [["play", 3.0, 8.0], ["wait_end"]], pulse)
    assert report["available"], report["reason"]
    started, ended = report["steps"]
    assert started["call_s"] < 0.05
    assert ended["position_s"] == pytest.approx(8.0, abs=1e-3)
    assert 4.8 < ended["took_s"] < 6.5
    assert_same(trimmed(recording.samples()), trimmed(original(song, 3.0, 8.0)))


@pytest.mark.long
def test_pulseaudio_pause_seek_and_volume(tmp_path: Path, pulse: dict[str, str], song: Path) -> None:
    with Recording(pulse, tmp_path / "rec.raw") as recording:
        report = play(song, [
            ["play", 0.0, None], ["wait_position", 1.0], ["pause"], ["sleep", 1.0],
            ["seek", 10.0], ["volume", 0.25], ["play", 10.0, 11.0], ["wait_end"],
        ], pulse)
    steps = report["steps"]
    paused = steps[2]
    assert not paused["playing"]
    assert 1.0 <= paused["position_s"] < 1.1
    assert steps[3]["position_s"] == paused["position_s"]
    assert steps[4] == {**steps[4], "playing": False, "position_s": 10.0}
    heard = recording.samples()
    # Two stretches of sound around the silence of the pause.
    quiet = np.abs(heard.astype(np.int32)).max(axis=1) <= 2
    silent_blocks = quiet[: len(quiet) // 441 * 441].reshape(-1, 441).all(axis=1)  # of 10 ms
    loud = np.flatnonzero(~silent_blocks)
    gap = int(np.argmax(np.diff(loud)))
    first = trimmed(heard[: (loud[gap] + 1) * 441])
    second = trimmed(heard[loud[gap + 1] * 441 - 441 :])
    assert 0.9 < (loud[gap + 1] - loud[gap]) / 100 < 1.6
    # The position at the pause is where the sound stopped: that is what the listener heard.
    assert abs(len(first) / RATE - paused["position_s"]) < 0.15
    count = min(len(first), RATE)
    assert np.corrcoef(first[:count, 0], original(song, 0, 1.0)[:count, 0])[0, 1] > 0.99
    expected = original(song, 10.0, 11.0)
    assert_same(second, trimmed(expected))
    assert np.std(second[:, 0]) / np.std(expected[:, 0]) == pytest.approx(0.25, abs=0.02)


@pytest.mark.long
def test_pulseaudio_hears_a_loop_without_a_gap(tmp_path: Path, pulse: dict[str, str], song: Path) -> None:
    with Recording(pulse, tmp_path / "rec.raw") as recording:
        report = play(song, [["play", 2.0, 3.25, 2.5], ["wait_position", 2.6], ["sleep", 5.0], ["pause"]], pulse)
    assert report["available"], report["reason"]
    heard = trimmed(recording.samples())[RATE // 2 :]  # from A on
    once = original(song, 2.5, 3.25)
    rounds = len(heard) // len(once)
    assert rounds >= 4
    for number in range(rounds):
        part = heard[number * len(once) :][: len(once)]
        assert np.corrcoef(part[:, 0], once[:, 0])[0, 1] > 0.99, f"round {number}"
    assert 2.5 <= report["steps"][-1]["position_s"] <= 3.25


@pytest.mark.long
@pytest.mark.parametrize("speed", [0.5, 1.5])
def test_pulseaudio_hears_another_speed_at_the_same_pitch(tmp_path: Path, pulse: dict[str, str], speed: float) -> None:
    pytest.importorskip("pylibrb", reason="there is no wheel of it for this machine")
    tone = np.sin(2 * np.pi * 440 * np.arange(6 * RATE) / RATE)
    soundfile.write(tmp_path / "tone.wav", np.stack([0.4 * tone] * 2, axis=1), RATE)
    with Recording(pulse, tmp_path / "rec.raw") as recording:
        report = play(tmp_path / "tone.wav", [["speed", speed], ["play", 1.0, 4.0], ["wait_end"]], pulse)
    assert report["available"], report["reason"]
    assert report["steps"][-1]["position_s"] == pytest.approx(4.0, abs=1e-3)
    heard = trimmed(recording.samples())[:, 0]
    assert len(heard) / RATE == pytest.approx(3.0 / speed, abs=0.05)
    middle = heard[len(heard) // 4 :][:RATE] * np.hanning(RATE)
    assert np.abs(np.fft.rfft(middle, 4 * RATE)).argmax() / 4 == pytest.approx(440, abs=0.5)


@pytest.mark.long
def test_a_sound_server_that_dies_does_not_take_the_player_with_it(pulse: dict[str, str], song: Path) -> None:
    helper = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.playing", str(song), json.dumps([["play", 0.0, None], ["wait_end"]])],
        cwd=ROOT, env={**os.environ, **pulse}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    time.sleep(2.0)
    subprocess.run(["pactl", "exit"], env={**os.environ, **pulse}, check=True, capture_output=True)
    out, err = helper.communicate(timeout=30)
    assert helper.returncode == 0, err
    report = json.loads(out)
    assert not report["available"]
    assert "No sound" in report["reason"]
    assert report["steps"][-1]["position_s"] < 5.0


# --- no device at all


def test_without_a_device_the_playhead_moves_on(tmp_path: Path) -> None:
    need()
    home = tmp_path / "home"
    home.mkdir()
    (home / ".asoundrc").write_text('pcm.!default { type hw card 99 }\nctl.!default { type hw card 99 }\n')
    path = tmp_path / "song.wav"
    soundfile.write(path, music(1.0), RATE)
    env = {"HOME": str(home), "J2A_HOME": str(home), "PULSE_SERVER": "none"}
    report = play(path, [["play", 0.2, 0.7], ["wait_end"]], env)
    assert not report["available"]
    assert report["reason"].startswith("No sound")
    assert report["steps"][-1]["position_s"] == pytest.approx(0.7)
    assert report["close_s"] < 0.5
