"""The thread behind a player: wishes go in, the newest is granted, the section that plays is looked after."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from j2a.errors import AudioError
from j2a.records import dataclass
from j2a_tui.course import FASTEST, SLOWEST, Course

MAX_VOLUME = 1.5
_TICK_S = 0.03  # how often the thread looks after a playing section; it holds seconds of sound in reserve
_CLOSE_TIMEOUT_S = 0.5


class Section(Protocol):
    """One section of one file being played once; made, looked after and stopped by the player's thread."""

    volume: float

    @property
    def heard_s(self) -> float:
        """The position that is heard now; from any thread."""

    @property
    def ended(self) -> bool:
        """Whether all of it has been heard."""

    @property
    def trouble(self) -> str:
        """Why the device gave up; "" while it has not."""

    def tend(self) -> None:
        """Decode ahead. Raises ``AudioError``."""

    def stop(self) -> None:
        """Fall silent at once."""


class NoSoundError(Exception):
    """There is no device to play on; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller wants."""

    number: int = 0
    path: Path | None = None
    playing: bool = False
    position_s: float = 0.0
    until_s: float | None = None
    again_s: float | None = None  # where it goes on at the end, without end
    speed: float = 1.0
    device: str = ""

    def course(self, duration_s: float) -> Course:
        """From where to where in a file of this length."""
        until_s = duration_s if self.until_s is None else min(self.until_s, duration_s)
        return Course(min(max(self.position_s, 0.0), duration_s), until_s, self.again_s, self.speed)


class ThreadedPlayer:
    """Everything but how a section sounds: wishes in, one thread that grants the newest."""

    def __init__(self) -> None:
        self._device_trouble = ""
        self._file_trouble = ""
        self._volume = 1.0
        self._closed = False
        self._changed = threading.Condition()
        self._wish = Wish()
        self._granted = 0  # number of the wish that has been carried out
        self._rest_s = 0.0  # the position while nothing plays
        self._section: Section | None = None
        self._ask_devices: Callable[[Sequence[str]], None] | None = None
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)
        self._thread.start()

    @property
    def available(self) -> bool:
        return not self._device_trouble

    @property
    def reason(self) -> str:
        return self._file_trouble or self._device_trouble

    @property
    def playing(self) -> bool:
        with self._changed:
            return self._wish.playing if self._wish.number != self._granted else self._section is not None

    @property
    def position_s(self) -> float:
        with self._changed:
            return self._position()

    @property
    def volume(self) -> float:
        return self._volume

    @volume.setter
    def volume(self, value: float) -> None:
        with self._changed:
            self._volume = min(max(value, 0.0), MAX_VOLUME)
            if self._section is not None:
                self._section.volume = self._volume

    @property
    def speed(self) -> float:
        return self._wish.speed

    @speed.setter
    def speed(self, value: float) -> None:
        self._go_on_with(speed=min(max(value, SLOWEST), FASTEST))

    @property
    def device(self) -> str:
        return self._wish.device

    @device.setter
    def device(self, value: str) -> None:
        self._go_on_with(device=value)

    def list_devices(self, answer: Callable[[Sequence[str]], None]) -> None:
        with self._changed:
            self._ask_devices = answer
            self._changed.notify()

    def load(self, path: Path) -> None:
        self._want(path=path, playing=False, position_s=0.0, until_s=None, again_s=None)

    def play(self, from_s: float, until_s: float | None, again_s: float | None = None) -> None:
        self._want(playing=True, position_s=max(0.0, from_s), until_s=until_s, again_s=again_s)

    def pause(self) -> None:
        with self._changed:
            self._want(playing=False, position_s=self._position())

    def seek(self, to_s: float) -> None:
        with self._changed:
            until_s = self._wish.until_s
            # Past the end of the section there is nothing to stop at but the end of the file.
            passed = until_s is not None and to_s >= until_s
            self._want(playing=self.playing, position_s=max(0.0, to_s), until_s=None if passed else until_s,
                       again_s=None if passed else self._wish.again_s)

    def close(self) -> None:
        with self._changed:
            self._want(playing=False, position_s=self._position())
            self._closed = True
        self._thread.join(_CLOSE_TIMEOUT_S)

    def _start_section(self, path: Path, wish: Wish) -> Section:
        """On the player's thread. Raises ``AudioError``."""
        raise NotImplementedError

    def _prepare(self) -> None:
        """On the player's thread, before anything is played."""

    def _find_devices(self) -> Sequence[str]:
        """On the player's thread: the names of what could be played on."""
        return ()

    def _go_on_with(self, **changes: Any) -> None:
        """Play on from here, or rest here, but otherwise."""
        with self._changed:
            self._want(playing=self.playing, position_s=self._position(), **changes)

    def _want(self, **changes: Any) -> None:
        with self._changed:
            if self._closed:
                return
            self._wish = replace(self._wish, number=self._wish.number + 1, **changes)
            self._changed.notify()

    def _position(self) -> float:
        if self._wish.number != self._granted:
            return self._wish.position_s
        return self._section.heard_s if self._section is not None else self._rest_s

    def _run(self) -> None:
        self._prepare()
        while True:
            with self._changed:
                if self._wish.number == self._granted and not self._closed and self._ask_devices is None:
                    self._changed.wait(_TICK_S if self._section is not None else None)
                wish, closed = self._wish, self._closed
                asked, self._ask_devices = self._ask_devices, None
            if closed:
                self._finish(self._rest_s)
                return
            if asked is not None:
                asked(self._find_devices())
            try:
                if wish.number != self._granted:
                    self._grant(wish)
                elif self._section is not None:
                    self._look_after(self._section)
            except AudioError as error:
                self._file_trouble = str(error)
                self._finish(self._rest_s if self._section is None else self._section.heard_s)
                with self._changed:
                    self._granted = wish.number

    def _grant(self, wish: Wish) -> None:
        self._finish(wish.position_s)
        self._file_trouble = ""
        section = self._start_section(wish.path, wish) if wish.playing and wish.path is not None else None
        with self._changed:
            self._section = section
            self._granted = wish.number
            if section is not None:
                section.volume = self._volume

    def _look_after(self, section: Section) -> None:
        section.tend()
        if section.trouble:
            self._device_trouble = section.trouble
        if section.trouble or section.ended:
            self._finish(section.heard_s)

    def _finish(self, rest_s: float) -> None:
        with self._changed:
            section, self._section, self._rest_s = self._section, None, rest_s
        if section is not None:
            section.stop()
