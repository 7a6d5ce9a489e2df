"""The player over devices that are slow, missing, refusing, lost or hung."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from j2a_tui import devices
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
    assert player.reason == devices.NO_DEVICE
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
    assert player.reason == devices.REFUSED  # not in PortAudio's words, which are for programmers
    player.close()


def test_a_lost_device_stops_the_playhead_and_is_tried_again(backend: FakeBackend, driven: Driver, song: Path) -> None:
    player = SoundDevicePlayer(lambda: backend)
    player.load(song)
    player.play(1.0, None)
    until(lambda: player.position_s > 1.1)
    backend.streams[-1].options["finished_callback"]()
    until(lambda: not player.playing)
    assert player.reason == devices.LOST + " O chooses another one; or plug it in and play again."
    assert not player.available
    player.play(player.position_s, None)
    until(lambda: player.available)
    player.close()


def test_a_hung_device_is_given_up(song: Path, backend: FakeBackend) -> None:
    player = SoundDevicePlayer(lambda: backend)  # and nobody pumps
    player.load(song)
    player.play(1.0, None)
    until(lambda: not player.playing)
    assert player.reason == devices.HUNG
    assert player.position_s == 1.0
    assert backend.streams[-1].calls == ["start", "abort", "close"]
    player.close()


def test_a_device_is_chosen_by_its_name(backend: FakeBackend, driven: Driver, song: Path) -> None:
    backend.others = ["Headphones"]
    player = SoundDevicePlayer(lambda: backend)
    answers: list[Any] = []
    player.list_devices(answers.append)
    until(lambda: answers)
    assert answers[0] == ["Speakers", "Headphones"]  # and not the microphone
    player.load(song)
    player.play(1.0, None)
    until(lambda: player.position_s > 1.1)
    player.device = "Headphones"
    until(lambda: len(backend.streams) == 2)
    assert "device" not in backend.streams[0].options
    assert backend.streams[1].options["device"] == 1
    assert 1.1 < player.position_s < 3.0
    looked = backend.looked_again
    player.list_devices(answers.append)
    until(lambda: len(answers) == 2)
    assert backend.looked_again == looked, "PortAudio is not started anew under a stream that plays"
    player.close()


def test_a_chosen_device_that_is_gone_leads_to_the_choice(backend: FakeBackend, song: Path) -> None:
    player = SoundDevicePlayer(lambda: backend)
    player.device = "Headphones"
    player.load(song)
    player.play(0.0, 0.1)
    until(lambda: not player.playing)
    assert player.reason.startswith(devices.GONE.format("Headphones") + " O chooses")
    assert "O chooses another" in player.reason
    assert not backend.streams, "it does not come out of the speakers instead"
    player.close()
