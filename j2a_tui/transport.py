"""Where we are in the file: the window, the playhead, the player. Knows no screen."""

from __future__ import annotations

from pathlib import Path

from j2a_tui.course import FASTEST, SLOWEST, Loop
from j2a_tui.player import MAX_VOLUME, Player
from j2a_tui.windows import Window

GAVE_UP_S = 0.2  # what ends so much too early was not heard to its end: its device gave up


class Transport:
    """Moves the playhead through one file at a time. Nothing plays until the length of the file is known."""

    def __init__(self, player: Player | None = None) -> None:
        self.player = player  # None until the app has painted
        self.path: Path | None = None
        self.duration_s: float | None = None
        self.window = Window()
        self.loop = Loop()  # in seconds of the file
        self.listening = False  # the user has pressed play, and not pause: what is opened next plays too
        self._ended = False  # what played has come to its end
        self._position_s = 0.0
        self._until_s = 0.0  # where what plays will end
        self._volume = 1.0  # linear; 1 is as recorded
        self._speed = 1.0
        self._device = ""  # the system's choice

    def attach(self, player: Player) -> None:
        """The player is there."""
        self.player = player
        player.volume, player.device, player.speed = self._volume, self._device, self._speed
        if self.path is not None:
            player.load(self.path)
        if self.listening:
            self.play()

    def open(self, path: Path | None, window: Window) -> None:
        """Take another file; silent until its length is known."""
        self._be_silent()
        self._ended = False
        self.path, self.window, self.duration_s = path, window, None
        self.loop = Loop()
        self._position_s = window.start_s
        if self.player is not None and path is not None:
            self.player.load(path)

    def set_duration(self, duration_s: float) -> None:
        """The length of the file is known: the window is fitted into it, and play goes on if it was wanted."""
        self.duration_s = duration_s
        self.window = self.window.within(duration_s)
        self._position_s = self.window.start_s
        if self.listening:
            self.play()

    @property
    def wanted(self) -> bool:
        """Whether it plays, or will as soon as it can."""
        return self.listening and not self._ended

    @property
    def playing(self) -> bool:
        """Whether the playhead moves, with sound or without."""
        return self.player is not None and self.player.playing

    @property
    def volume(self) -> float:
        """Linear; 1 is as recorded."""
        return self._volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._volume = round(min(max(0.0, volume), MAX_VOLUME), 2)
        if self.player is not None:
            self.player.volume = self._volume

    @property
    def speed(self) -> float:
        """Seconds of the file that are heard in one; the pitch stays."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._speed = round(min(max(SLOWEST, speed), FASTEST), 2)
        if self.player is not None:
            self.player.speed = self._speed

    @property
    def device(self) -> str:
        """The output device by its name; "" is the system's own choice."""
        return self._device

    @device.setter
    def device(self, name: str) -> None:
        self._device = name
        if self.player is not None:
            self.player.device = name
            if self.listening and not self.player.playing:
                self.play()  # what had stopped for want of a device

    @property
    def position_s(self) -> float:
        """The playhead, in seconds from the start of the file."""
        if self.player is not None and self.player.playing:
            self._position_s = self.player.position_s
        return self._position_s

    def poll(self) -> bool:
        """Whether it still plays. When it has come to its end the playhead goes back to the start of the window."""
        if self.playing:
            return True
        if self.wanted and self.player is not None and self.duration_s is not None:
            self._ended = True
            gave_up = self.player.position_s < self._until_s - GAVE_UP_S
            self._position_s = self.player.position_s if gave_up else self.window.start_s
        return False

    def toggle(self) -> None:
        """Play or pause."""
        if self.wanted:
            self.listening = False
            self._be_silent()
        else:
            self.play()

    def play(self) -> None:
        """Play on from the playhead to the end of the window; from outside it, to the end of the file.

        With a loop, to its end and from its start again; from behind it, from its start.
        """
        self.listening, self._ended = True, False
        if self.player is None or self.duration_s is None:
            return
        loop = self.loop
        if loop.a_s is not None and loop.b_s is not None:
            if self._position_s >= loop.b_s:
                self._position_s = loop.a_s
            self._until_s = loop.b_s
            self.player.play(self._position_s, loop.b_s, loop.a_s)
            return
        until_s = self.window.end_s if self.window.holds(self._position_s) else None
        self._until_s = self.duration_s if until_s is None else until_s
        self.player.play(self._position_s, until_s)

    def seek(self, to_s: float) -> None:
        """Move the playhead; it keeps playing or stays paused."""
        if self.duration_s is None:
            return
        playing = self.playing
        self._position_s = min(max(0.0, to_s), self.duration_s)
        if playing:
            self.play()

    def set_window(self, window: Window) -> None:
        """Take another window; the playhead goes to its start unless it is inside."""
        playing, position_s = self.playing, self.position_s
        self.window = window
        if self.loop.a_s is not None and not window.holds(self.loop.a_s):
            self.loop = Loop()
        if not window.holds(position_s):
            self._position_s = window.start_s
        if playing:
            self.play()

    def set_loop(self, loop: Loop) -> None:
        """Play this part again and again from now on, or no longer."""
        duration_s = self.duration_s
        if duration_s is None:
            return
        if loop.b_s is not None:
            loop = Loop(loop.a_s, min(loop.b_s, duration_s))
        playing, _ = self.playing, self.position_s
        changed = loop.whole or self.loop.whole  # else it only has a beginning yet
        self.loop = loop
        if playing and changed:
            self.play()
        elif loop.whole and loop.a_s is not None and not playing:
            self._position_s = loop.a_s

    def change_volume(self, by: float) -> None:
        """Louder or quieter."""
        self.volume += by

    def _be_silent(self) -> None:
        if self.player is not None and self.player.playing:
            self._position_s = self.player.position_s
            self.player.pause()
