"""A small folder of real audio, and the app over it with a fake engine and a fake player."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.tui.harness import Desk, running, write_wave


@pytest.fixture
def music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files of 25 s and a short one, in a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("j2a_tui.app.SOUND_AFTER_S", 0.01)  # every test waits for the player
    folder = tmp_path / "music"
    for number in (1, 2, 10):
        write_wave(folder / f"song {number}.wav", 25.0, pulses_hz=number)
    write_wave(folder / "sub" / "short.wav", 4.5)
    return folder


@pytest.fixture
async def desk(music: Path) -> AsyncIterator[Desk]:
    """The app, 120x40, with its first file open."""
    async with running(music) as running_desk:
        await running_desk.opened("song 1.wav")
        yield running_desk


@pytest.fixture
async def small(music: Path) -> AsyncIterator[Desk]:
    """The app, 80x24, with its first file open."""
    async with running(music, size=(80, 24)) as running_desk:
        await running_desk.opened("song 1.wav")
        yield running_desk
