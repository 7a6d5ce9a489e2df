"""Playing a file, or a section of it, without ever making the interface wait.

Callers say what they want; a thread of its own makes it so: it opens the device, decodes, feeds. Only the newest wish
counts, so a held-down seek key does not queue up. Loads without NumPy and PortAudio.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from j2a_tui.course import Course
from j2a_tui.player_thread import MAX_VOLUME, NoSoundError, Section, ThreadedPlayer, Wish

__all__ = ["MAX_VOLUME", "NullPlayer", "Player", "SoundDevicePlayer", "open_player"]


class Player(Protocol):
    """The port that the app talks to. No call blocks for more than a few milliseconds."""

    @property
    def available(self) -> bool:
        """Whether sound is heard, as far as is known yet."""

    @property
    def reason(self) -> str:
        """Why there is no sound and what to do about it; "" while there is."""

    @property
    def playing(self) -> bool:
        """Whether the playhead moves."""

    @property
    def position_s(self) -> float:
        """What is heard now, in seconds from the file's start. While it plays it only moves forward."""

    @property
    def volume(self) -> float:
        """Gain from 0 to ``MAX_VOLUME``; 1 leaves the samples as they are."""

    @volume.setter
    def volume(self, value: float) -> None: ...

    @property
    def speed(self) -> float:
        """Seconds of the file that are heard in one, from 0.5 to 2; the pitch stays. It goes on playing or resting."""

    @speed.setter
    def speed(self, value: float) -> None: ...

    @property
    def device(self) -> str:
        """The output device by the name that ``list_devices`` gives it; "" is the system's own choice."""

    @device.setter
    def device(self, value: str) -> None: ...

    def list_devices(self, answer: Callable[[Sequence[str]], None]) -> None:
        """Look which output devices there are now; ``answer`` gets their names, on another thread."""

    def load(self, path: Path) -> None:
        """Take this file, at its beginning, not playing."""

    def play(self, from_s: float, until_s: float | None, again_s: float | None = None) -> None:
        """Play from one position to another, or to the file's end; with ``again_s`` go on from there, endlessly."""

    def pause(self) -> None:
        """Fall silent at once and stay at the position."""

    def seek(self, to_s: float) -> None:
        """Go to a position; keeps playing or paused."""

    def close(self) -> None:
        """Fall silent and let go of the device."""


class NullPlayer(ThreadedPlayer):
    """Moves the playhead by the clock, silently."""

    def __init__(self, reason: str = "") -> None:
        super().__init__()
        self._device_trouble = reason

    def _start_section(self, path: Path, wish: Wish) -> Section:
        return _ClockSection(path, wish)


class SoundDevicePlayer(ThreadedPlayer):
    """Plays through PortAudio. Where there is no device it moves the playhead silently and says why."""

    def __init__(self, load_backend: Callable[[], Any] | None = None) -> None:
        self._load_backend = load_backend or _import_sounddevice
        self._backend: Any = None
        self._missing = ""  # why there is no backend, once that is known
        super().__init__()

    def _prepare(self) -> None:
        # Early, so that the reason is known before the first key is pressed.
        from j2a_tui import devices

        try:
            devices.check_device(self._find_backend())
        except NoSoundError as error:
            self._device_trouble = str(error)

    def _start_section(self, path: Path, wish: Wish) -> Section:
        from j2a_tui import playback, stretching

        try:
            backend = self._find_backend()
            section = playback.DeviceSection(backend, path, wish, self._volume)
        except NoSoundError as error:
            self._device_trouble = str(error)
            return _ClockSection(path, wish)
        except ImportError:
            self._device_trouble = stretching.missing()
            return _ClockSection(path, wish)
        self._device_trouble = ""
        return section

    def _find_devices(self) -> Sequence[str]:
        from j2a_tui import devices

        try:
            return devices.device_names(self._find_backend(), anew=self._section is None)
        except NoSoundError as error:
            self._device_trouble = str(error)
            return ()

    def _find_backend(self) -> Any:
        """The sounddevice module. Raises ``NoSoundError`` where it cannot be had."""
        from j2a_tui import devices

        if self._missing:  # looking for the library again is slow, and it does not appear while we run
            raise NoSoundError(self._missing)
        if self._backend is None:
            try:
                self._backend = self._load_backend()
            except (OSError, ImportError) as error:
                self._missing = devices.NO_PORTAUDIO
                raise NoSoundError(self._missing) from error
        return self._backend


def open_player() -> Player:
    """The player for this machine. Returns at once; ``available`` and ``reason`` settle within a second."""
    return SoundDevicePlayer()


def _import_sounddevice() -> Any:
    import sounddevice

    return sounddevice


class _ClockSection:
    """Silence that lasts as long as the section would."""

    def __init__(self, path: Path, wish: Wish) -> None:
        from j2a.audio import probe

        self._course: Course = wish.course(probe(path).duration_s)
        self._started = time.monotonic()
        self.volume = 1.0
        self.trouble = ""

    @property
    def heard_s(self) -> float:
        return self._course.after(time.monotonic() - self._started)

    @property
    def ended(self) -> bool:
        return self._course.over(time.monotonic() - self._started)

    def tend(self) -> None:
        return

    def stop(self) -> None:
        return
