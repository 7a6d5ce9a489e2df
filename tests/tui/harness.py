"""The running app with its fakes, and what the tests want to know about it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from textual.pilot import Pilot

from j2a.clip import Clip
from j2a.engine.messages import Event
from j2a.store import Row, Status, Store
from j2a_tui.app import J2AApp
from tests.tui.fakes import TEXT, FakeEngine, FakePlayer

RATE = 8000
_KEYS_DONE_S = 2.0  # keys for a dialog that was closed take a while to be taken for lost


def write_wave(path: Path, seconds: float, *, pulses_hz: float = 2.0) -> Path:
    """A pulsing tone: loud at the beginning of each pulse, so that the waveform has a shape."""
    time_s = np.arange(int(seconds * RATE)) / RATE
    decay = np.exp(-4.0 * ((time_s * pulses_hz) % 1.0))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:  # a file object: soundfile would encode odd names itself
        soundfile.write(file, 0.8 * decay * np.sin(2 * np.pi * 220 * time_s), RATE, format="WAV")
    return path


@dataclass
class Desk:
    """A running app and its fakes."""

    app: J2AApp
    pilot: Pilot[None]
    engine: FakeEngine
    player: FakePlayer
    folder: Path

    async def until(self, condition: Callable[[], Any], what: str = "", timeout_s: float = 30.0) -> None:
        """Wait for something to become true."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline or self.app.return_code:
                raise AssertionError(f"never happened: {what or condition}")
            await asyncio.sleep(0.01)
        await self.pilot.pause()

    async def shows(self, text: str) -> None:
        """Wait until the screen shows this."""
        await self.until(lambda: text in self.screen_text(), f"the screen shows {text!r}")

    async def told(self, text: str) -> None:
        """Wait until a notification says this."""
        await self.until(lambda: any(text in toast for toast in self.toasts()), f"a notification says {text!r}")

    async def press(self, *keys: str) -> None:
        """Each key in turn, with everything that follows from it."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        """Until no message waits anywhere, twice in a row, nor any key. (Pilot's own pause looks at processor time,
        which stands still for us while other processes use it.)"""
        quiet, last_s = 0, time.monotonic() + _KEYS_DONE_S
        while quiet < 2 or not (self.app.keys_are_done or time.monotonic() > last_s):
            await asyncio.sleep(0.005)
            nodes = [self.app, *self.app.screen.walk_children(with_self=True)]
            quiet = quiet + 1 if all(node._message_queue.empty() for node in nodes) else 0

    async def describe(self, text: str = TEXT) -> None:
        """Ask for a caption of what is open, and wait until it is there as a draft."""
        await self.press("enter")
        self.engine.simulate_described(text)
        await self.until(lambda: self.app.session.status is Status.DRAFT and not self.app.session.writing)

    async def opened(self, name: str) -> None:
        """Wait until a file is open and its length is known."""
        path = self.folder / name
        await self.until(lambda: self.app.transport.path == path and self.app.transport.duration_s is not None,
                         f"{name} opened")

    def clip(self, name: str, start_s: float = 0.0, end_s: float = 10.0) -> Clip:
        return Clip(self.folder / name, start_s, end_s)

    def row(self, name: str, start_s: float = 0.0, end_s: float = 10.0) -> Row | None:
        """What is on the disk, read by another instance of the store."""
        with Store() as store:
            return store.get(self.clip(name, start_s, end_s))

    def screen_text(self) -> str:
        """The screen as lines of text."""
        return "\n".join("".join(segment.text for segment in line)
                         for line in self.app.screen._compositor.render_strips())

    def toasts(self) -> list[str]:
        """Remarks, and notifications that were given, as "title: message"."""
        return [*self.app.desk.status.remarks, *[f"{note.title}: {note.message}" for note in self.app._notifications]]


@asynccontextmanager
async def running(
    folder: Path, size: tuple[int, int] = (120, 40), reason: str = "", **options: Any
) -> AsyncIterator[Desk]:
    engines: list[FakeEngine] = []

    def open_engine(on_event: Callable[[Event], None]) -> FakeEngine:
        engines.append(FakeEngine(on_event))
        return engines[0]

    player = FakePlayer(reason)
    app = J2AApp(folder, **{"version": "1.0", **options}, open_engine=open_engine, open_sound=lambda: player)
    async with app.run_test(size=size, notifications=True) as pilot:
        desk = Desk(app, pilot, engines[0], player, folder)
        await desk.until(lambda: engines[0].started and app.transport.player, "engine and player are there")
        yield desk
