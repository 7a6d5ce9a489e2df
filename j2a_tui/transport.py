"""Where we are in the file: the window, the playhead, the player. Knows no screen."""

from __future__ import annotations

from pathlib import Path

from j2a_tui.player import MAX_VOLUME, Player
from j2a_tui.windows import Window


class Transport:
    """Moves the playhead through one file at a time. Nothing plays until the length of the file is known."""

    def __init__(self, player: Player | None = None) -> None:
        self.player = player  # None until the app has painted
        self.path: Path | None = None
        self.duration_s: float | None = None
        self.window = Window()
        self.listening = False  # the user has pressed play, and not pause: what is opened next plays too
        self._ended = False  # what played has come to its end
        self._position_s = 0.0
        self._volume = 1.0  # linear; 1 is as recorded

    def attach(self, player: Player) -> None:
        """The player is there."""
        self.player = player
        player.volume = self._volume
        if self.path is not None:
            player.load(self.path)
        if self.listening:
            self.play()

    def open(self, path: Path | None, window: Window) -> None:
        """Take another file; silent until its length is known."""
        self._be_silent()
        self._ended = False
        self.path, self.window, self.duration_s = path, window, None
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
            self._position_s = self.window.start_s
        return False

    def toggle(self) -> None:
        """Play or pause."""
        if self.wanted:
            self.listening = False
            self._be_silent()
        else:
            self.play()

    def play(self) -> None:
        """Play on from the playhead to the end of the window; from outside it, to the end of the file."""
        self.listening, self._ended = True, False
        if self.player is None or self.duration_s is None:
            return
        until_s = self.window.end_s if self.window.holds(self._position_s) else None
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
        if not window.holds(position_s):
            self._position_s = window.start_s
        if playing:
            self.play()

    def change_volume(self, by: float) -> None:
        """Louder or quieter."""
        self.volume += by

    def _be_silent(self) -> None:
        if self.player is not None and self.player.playing:
            self._position_s = self.player.position_s
            self.player.pause()
