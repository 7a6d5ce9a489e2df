"""The player's promises, with the clock and with a device that the test drives by hand."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from j2a_tui import playback
from j2a_tui.playback import DeviceSection
from j2a_tui.player import MAX_VOLUME, NullPlayer, Player, SoundDevicePlayer

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
        self.streams: list[FakeStream] = []
        self.looked_again = 0

    def OutputStream(self, **options: Any) -> FakeStream:  # noqa: N802 - sounddevice's name
        return FakeStream(self, **options)

    def query_devices(self, kind: str) -> dict[str, Any]:
        assert kind == "output"
        if not self.device:
            raise PortAudioError("Error querying device -1")
        return {"max_output_channels": self.channels, "default_samplerate": 48000.0}

    def _terminate(self) -> None:
        self.looked_again += 1

    def _initialize(self) -> None:
        pass


def noise(seconds: float, channels: int = 2, rate: int = RATE) -> NDArray[np.float32]:
    shape = (round(seconds * rate), channels)
    return (np.random.default_rng(1).uniform(-0.5, 0.5, shape)).astype(np.float32)


def write(path: Path, samples: NDArray[np.float32], rate: int = RATE) -> Path:
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write(tmp_path / "song.wav", noise(6.0))


def drain(section: DeviceSection, stream: FakeStream) -> NDArray[np.float32]:
    """Everything a section plays, decoding as the player's thread would."""
    heard = []
    while not section._finished:
        section.tend()
        heard.append(stream.pump())
    return np.concatenate(heard)


# --- one section on a device


def test_a_section_is_played_to_the_sample_and_followed_by_silence(song: Path) -> None:
    backend = FakeBackend()
    section = DeviceSection(backend, song, 1.0, 5.5)
    heard = drain(section, backend.streams[0])
    expected = soundfile.read(song, dtype="float32")[0][RATE : round(5.5 * RATE)]
    np.testing.assert_array_equal(heard[: len(expected)], expected)
    rest = heard[len(expected) :]
    assert not rest.any()
    assert playback.LATENCY_S * RATE <= len(rest) <= 0.4 * RATE  # the device drops what it holds when it is stopped
    assert section.ended
    assert section.heard_s == 5.5
    assert section.underruns == 0
    assert section.trouble == ""


def test_until_the_end_of_the_file_and_past_it(song: Path) -> None:
    for end in (None, 60.0):
        backend = FakeBackend()
        section = DeviceSection(backend, song, 5.9, end)
        drain(section, backend.streams[0])
        assert section.heard_s == pytest.approx(6.0)
    backend = FakeBackend()
    section = DeviceSection(backend, song, 60.0, None)
    assert not drain(section, backend.streams[0]).any()
    assert section.heard_s == 6.0


def test_mono_is_heard_on_both_sides(tmp_path: Path) -> None:
    samples = noise(0.5, channels=1)
    backend = FakeBackend()
    heard = drain(DeviceSection(backend, write(tmp_path / "m.wav", samples), 0, None), backend.streams[0])
    np.testing.assert_array_equal(heard[: len(samples)], np.repeat(samples, 2, axis=1))


def test_six_channels_are_mixed_without_clipping(tmp_path: Path) -> None:
    samples = np.ones((RATE // 2, 6), np.float32)
    samples[:, 1] = -1
    backend = FakeBackend()
    heard = drain(DeviceSection(backend, write(tmp_path / "s.wav", samples), 0, None), backend.streams[0])
    left, right = heard[0]
    assert left == pytest.approx(1.0)
    assert right == pytest.approx((-1 + 4 * 0.5**0.5) / (1 + 4 * 0.5**0.5))


def test_a_mono_device_gets_the_mean(song: Path) -> None:
    backend = FakeBackend(channels=1)
    heard = drain(DeviceSection(backend, song, 0, 0.5), backend.streams[0])
    samples = soundfile.read(song, dtype="float32")[0][: RATE // 2]
    np.testing.assert_allclose(heard[: len(samples), 0], samples.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("rate", [8000, 11025, 96000, 192000])
def test_any_rate_is_played_whole(tmp_path: Path, rate: int) -> None:
    samples = noise(5.0, channels=1, rate=rate)
    backend = FakeBackend()
    heard = drain(DeviceSection(backend, write(tmp_path / "r.wav", samples, rate), 0, None), backend.streams[0])
    assert backend.streams[0].options["samplerate"] == rate
    np.testing.assert_array_equal(heard[: len(samples), 0], samples[:, 0])


def test_a_rate_that_the_device_refuses_is_resampled(tmp_path: Path) -> None:
    t = np.arange(RATE * 5) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)
    backend = FakeBackend(refused_rates=(RATE,))
    section = DeviceSection(backend, write(tmp_path / "t.wav", tone[:, None]), 0, None)
    heard = drain(section, backend.streams[0])[:, 0]
    assert backend.streams[0].options["samplerate"] == 48000
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(48000 * 5) / 48000)
    np.testing.assert_allclose(heard[1000 : 48000 * 5 - 1000], expected[1000:-1000], atol=2e-3)
    assert section.heard_s == pytest.approx(5.0, abs=1e-3)


def test_position_is_what_is_heard_not_what_was_handed_over(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    backend = FakeBackend()
    section = DeviceSection(backend, song, 1.0, None)
    block_s = backend.streams[0].options["blocksize"] / RATE
    backend.streams[0].pump(5, delay_s=0.2)  # four blocks before the fifth, which is heard in 0.2 s
    assert section.heard_s == 1.0
    now += 0.2
    assert section.heard_s == pytest.approx(1.0 + 4 * block_s, abs=1e-3)
    now += 0.02
    assert section.heard_s == pytest.approx(1.02 + 4 * block_s, abs=1e-3)
    now += 0.5  # the device has stalled: nothing is heard that was not handed over
    assert section.heard_s == pytest.approx(1.0 + 5 * block_s, abs=1e-3)
    backend.streams[0].pump(1, delay_s=0.2)
    assert section.heard_s == pytest.approx(1.0 + 5 * block_s, abs=1e-3)  # never backwards


def test_volume_changes_without_a_click(tmp_path: Path) -> None:
    path = write(tmp_path / "dc.wav", np.full((RATE * 2, 2), 0.5, np.float32))
    backend = FakeBackend()
    section = DeviceSection(backend, path, 0, None, volume=1.0)
    stream = backend.streams[0]
    assert np.all(stream.pump() == 0.5)
    section.volume = 0.0
    heard = stream.pump()[:, 0]
    assert np.abs(np.diff(heard)).max() < 0.01
    assert heard[-1] == 0
    section.volume = 1.5
    heard = stream.pump(2)[:, 0]
    assert np.abs(np.diff(heard)).max() < 0.01
    assert heard[-1] == pytest.approx(0.75)


def test_an_empty_ring_is_silence_and_no_sound_is_lost(song: Path) -> None:
    backend = FakeBackend()
    section = DeviceSection(backend, song, 0, None)
    stream = backend.streams[0]
    heard = stream.pump(80)  # 3.7 s without decoding more
    assert section.underruns > 0
    filled = len(heard) - np.flatnonzero(heard[::-1, 0])[0]
    rest = drain(section, stream)
    samples = soundfile.read(song, dtype="float32")[0]
    np.testing.assert_array_equal(np.concatenate([heard[:filled], rest])[: len(samples)], samples)


def test_the_watchdog_aborts_a_device_that_stopped_asking(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    backend = FakeBackend()
    section = DeviceSection(backend, song, 0, None)
    now += 0.9
    assert section.trouble == ""
    backend.streams[0].pump()
    now += 0.9
    assert section.trouble == ""
    now += 0.2
    assert section.trouble == playback.HUNG


def test_a_device_that_went_away(song: Path) -> None:
    backend = FakeBackend()
    section = DeviceSection(backend, song, 0, None)
    backend.streams[0].pump()
    backend.streams[0].options["finished_callback"]()
    assert section.trouble == playback.LOST
    section.stop()
    assert backend.streams[0].calls == ["start", "abort", "close"]


# --- the player


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


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def driven(backend: FakeBackend) -> Iterator[Driver]:
    driver = Driver(backend)
    yield driver
    driver.stopped.set()
    driver.thread.join()


@pytest.fixture(params=["device", "null"])
def player(request: pytest.FixtureRequest, backend: FakeBackend, driven: Driver) -> Iterator[Player]:
    made = SoundDevicePlayer(lambda: backend) if request.param == "device" else NullPlayer("no sound here")
    yield made
    made.close()


def test_plays_pauses_and_goes_on(player: Player, song: Path) -> None:
    player.load(song)
    assert (player.playing, player.position_s) == (False, 0.0)
    player.play(1.0, 5.0)
    assert player.playing
    assert player.position_s >= 1.0
    until(lambda: player.position_s > 1.3)
    player.pause()
    stopped = player.position_s
    assert not player.playing
    assert 1.3 < stopped < 2.5
    time.sleep(0.1)
    assert player.position_s == stopped
    player.play(stopped, 5.0)
    until(lambda: player.position_s > stopped + 0.1)


def test_stops_by_itself_at_the_end_of_the_section(player: Player, song: Path) -> None:
    player.load(song)
    player.play(2.0, 2.4)
    until(lambda: not player.playing)
    assert player.position_s == pytest.approx(2.4, abs=1e-3)


def test_position_only_moves_forward_while_playing(player: Player, song: Path) -> None:
    player.load(song)
    player.play(0.5, 1.5)
    seen = [player.position_s]
    while player.playing:
        seen.append(player.position_s)
        time.sleep(0.001)
    assert seen == sorted(seen)
    assert len(set(seen)) > 20


def test_seek_keeps_playing_or_paused(player: Player, song: Path) -> None:
    player.load(song)
    player.seek(3.0)
    assert (player.playing, player.position_s) == (False, 3.0)
    player.play(0.0, None)
    player.seek(4.0)
    assert player.playing
    assert 4.0 <= player.position_s < 4.5
    until(lambda: player.position_s > 4.2)
    player.seek(-3.0)
    assert 0.0 <= player.position_s < 0.5


def test_seeking_past_the_section_plays_on_to_the_end_of_the_file(player: Player, song: Path) -> None:
    player.load(song)
    player.play(0.0, 2.0)
    player.seek(5.5)
    until(lambda: not player.playing)
    assert player.position_s == pytest.approx(6.0, abs=1e-3)


def test_load_forgets_the_file_before(player: Player, song: Path, tmp_path: Path) -> None:
    player.load(song)
    player.play(4.0, None)
    player.load(write(tmp_path / "short.wav", noise(0.3)))
    assert (player.playing, player.position_s) == (False, 0.0)
    player.play(0.0, None)
    until(lambda: not player.playing)
    assert player.position_s == pytest.approx(0.3, abs=1e-3)


def test_a_broken_file_gives_a_reason_that_the_next_one_clears(player: Player, song: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.flac"
    broken.write_bytes(b"fLaC nonsense")
    before = player.reason
    player.load(broken)
    player.play(0.0, None)
    until(lambda: not player.playing)
    assert "broken.flac" in player.reason
    player.load(song)
    player.play(0.0, None)
    until(lambda: player.position_s > 0.05)
    assert player.reason == before


def test_no_call_waits(player: Player, song: Path) -> None:
    player.load(song)
    slowest = 0.0
    for i in range(200):
        started = time.perf_counter()
        player.play(i / 100, None)
        player.seek(i / 50)
        player.volume = i / 100
        _ = (player.position_s, player.playing, player.reason, player.available)
        player.pause()
        slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 0.1  # under a millisecond on an idle machine; others may be busy


def test_volume_has_limits(player: Player) -> None:
    player.volume = 9
    assert player.volume == MAX_VOLUME
    player.volume = -1
    assert player.volume == 0


def test_nothing_happens_after_close(player: Player, song: Path) -> None:
    player.load(song)
    player.play(0.0, None)
    player.close()
    player.play(2.0, None)
    assert not player.playing


def test_held_down_seeking_does_not_queue_up(backend: FakeBackend, driven: Driver, song: Path) -> None:
    player = SoundDevicePlayer(lambda: backend)
    player.load(song)
    player.play(0.0, None)
    for i in range(500):
        player.seek(i / 100)
    until(lambda: player.position_s > 5.05)
    assert len(backend.streams) < 250
    assert all(stream.calls == ["start", "abort", "close"] for stream in backend.streams[:-1])
    player.close()


def test_without_portaudio_it_moves_on_silently_and_says_why(song: Path) -> None:
    loads = 0

    def missing() -> Any:
        nonlocal loads
        loads += 1
        raise OSError("PortAudio library not found")

    player = SoundDevicePlayer(missing)
    until(lambda: not player.available)
    assert "apt install libportaudio2" in player.reason
    player.load(song)
    player.play(1.0, 1.2)
    until(lambda: not player.playing)
    assert player.position_s == pytest.approx(1.2)
    assert "libportaudio2" in player.reason
    assert loads == 1
    player.close()


def test_a_device_plugged_in_later_is_found(song: Path) -> None:
    backend = FakeBackend(device=False)
    player = SoundDevicePlayer(lambda: backend)
    until(lambda: not player.available)
    assert player.reason == playback.NO_DEVICE
    player.load(song)
    player.play(0.0, 0.05)
    until(lambda: not player.playing)
    assert backend.looked_again >= 2
    backend.device = True
    player.play(0.0, None)
    until(lambda: player.available)
    assert player.reason == ""
    assert len(backend.streams) == 1
    player.close()


def test_a_device_that_refuses_everything(song: Path) -> None:
    backend = FakeBackend(refused_rates=(RATE, 48000))
    player = SoundDevicePlayer(lambda: backend)
    player.load(song)
    player.play(0.0, 0.1)
    until(lambda: not player.playing)
    assert "Invalid sample rate" in player.reason
    player.close()


def test_a_lost_device_stops_the_playhead_and_is_tried_again(backend: FakeBackend, driven: Driver, song: Path) -> None:
    player = SoundDevicePlayer(lambda: backend)
    player.load(song)
    player.play(1.0, None)
    until(lambda: player.position_s > 1.1)
    backend.streams[-1].options["finished_callback"]()
    until(lambda: not player.playing)
    assert player.reason == playback.LOST
    assert not player.available
    player.play(player.position_s, None)
    until(lambda: player.available)
    player.close()


def test_a_hung_device_is_given_up(song: Path, backend: FakeBackend) -> None:
    player = SoundDevicePlayer(lambda: backend)  # and nobody pumps
    player.load(song)
    player.play(1.0, None)
    until(lambda: not player.playing)
    assert player.reason == playback.HUNG
    assert player.position_s == 1.0
    assert backend.streams[-1].calls == ["start", "abort", "close"]
    player.close()


def test_the_module_loads_neither_numpy_nor_portaudio() -> None:
    code = "import sys, j2a_tui.player; print(sorted({'numpy', 'sounddevice', 'soundfile', 'soxr'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
