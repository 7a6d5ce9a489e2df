"""The player over devices that are slow, missing, refusing, lost or hung."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from j2a_tui import playback
from j2a_tui.player import SoundDevicePlayer
from tests.unit.tui.sound import RATE, Driver, FakeBackend, until


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
    assert player.reason == playback.REFUSED  # not in PortAudio's words, which are for programmers
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
