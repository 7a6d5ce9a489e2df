"""A file to play, a device for it, and both kinds of player."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from j2a_tui.player import NullPlayer, Player, SoundDevicePlayer
from tests.unit.tui.sound import Driver, FakeBackend, noise, write


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write(tmp_path / "song.wav", noise(6.0))


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
