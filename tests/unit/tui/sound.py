"""A sound device that the test drives by hand, or by a clock, and files to play on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from j2a_tui import playback

RATE = 44100


def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


class PortAudioError(Exception):
    pass


class CallbackStop(Exception):  # noqa: N818 - sounddevice's name
    pass


class FakeStream:
    """A stream whose device asks for sound when the test says so."""

    def __init__(self, backend: FakeBackend, **options: Any) -> None:
        if options["samplerate"] in backend.refused_rates:
            raise PortAudioError("Invalid sample rate")
        self.options = options
        self.backend = backend
        self.calls: list[str] = []
        backend.streams.append(self)

    def start(self) -> None:
        self.calls.append("start")

    def abort(self) -> None:
        self.calls.append("abort")

    def stop(self) -> None:
        raise AssertionError("stop() waits for ever on a suspended device")

    def close(self) -> None:
        self.calls.append("close")

    def pump(self, blocks: int = 1, delay_s: float = 0.0) -> NDArray[np.float32]:
        """What the device gets in its next blocks: (n, channels)."""
        heard = []
        for _ in range(blocks):
            out = np.full((self.options["blocksize"], self.options["channels"]), np.nan, np.float32)
            times = SimpleNamespace(currentTime=100.0, outputBufferDacTime=100.0 + delay_s)
            try:
                self.options["callback"](out, len(out), times, None)
            except CallbackStop:
                heard.append(out)
                self.options["finished_callback"]()
                break
            heard.append(out)
        return np.concatenate(heard)


class FakeBackend:
    """What the player uses of the sounddevice module."""

    PortAudioError = PortAudioError
    CallbackStop = CallbackStop

    def __init__(self, *, refused_rates: tuple[int, ...] = (), channels: int = 2, device: bool = True) -> None:
        self.refused_rates = refused_rates
        self.channels = channels
        self.device = device
        self.others: list[str] = []  # devices beside the default one
        self.streams: list[FakeStream] = []
        self.looked_again = 0

    def OutputStream(self, **options: Any) -> FakeStream:  # noqa: N802 - sounddevice's name
        return FakeStream(self, **options)

    def query_devices(self, kind: str = "") -> Any:
        if kind == "output":
            if not self.device:
                raise PortAudioError("Error querying device -1")
            return self._about("Speakers", 0)
        names = ["Speakers", *self.others] if self.device else []
        return [self._about(name, number) for number, name in enumerate(names)] + [
            {"name": "Microphone", "index": len(names), "hostapi": 0, "max_output_channels": 0}
        ]

    def _about(self, name: str, number: int) -> dict[str, Any]:
        return {"name": name, "index": number, "hostapi": 0, "max_output_channels": self.channels,
                "default_samplerate": 48000.0}

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": "ALSA"}]

    def _terminate(self) -> None:
        self.looked_again += 1

    def _initialize(self) -> None:
        pass


class Driver:
    """Keeps a fake device asking, in real time or faster, on a thread like PortAudio's."""

    def __init__(self, backend: FakeBackend, speed: float = 1.0) -> None:
        self.backend = backend
        self.speed = speed
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        while not self.stopped.wait(playback.BLOCK_S / self.speed):
            stream = self.backend.streams[-1] if self.backend.streams else None
            if stream is not None and stream.calls == ["start"]:
                stream.pump()


def noise(seconds: float, channels: int = 2, rate: int = RATE) -> NDArray[np.float32]:
    shape = (round(seconds * rate), channels)
    return (np.random.default_rng(1).uniform(-0.5, 0.5, shape)).astype(np.float32)


def write(path: Path, samples: NDArray[np.float32], rate: int = RATE) -> Path:
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path
