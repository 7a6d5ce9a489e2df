"""Listening: what the keys and the mouse do with the sound and the window."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on

from j2a_tui import stretching
from j2a_tui.course import Loop
from j2a_tui.display import clean
from j2a_tui.messages import DevicesListed
from j2a_tui.screens.looking import Looking
from j2a_tui.screens.workbench import UNREADABLE
from j2a_tui.widgets.waveform import Waveform
from j2a_tui.windows import Window


class Listening(Looking):
    """The desk, heard."""

    _listing_devices = False  # the dialog opens when they are listed

    @property
    def opens_soon(self) -> bool:
        """Whether what is typed now is for a dialog that is still to come."""
        return self._listing_devices or super().opens_soon

    def open_not(self) -> None:
        """It takes too long: it is not wanted any more."""
        super().open_not()
        self._listing_devices = False

    # Sound

    def action_play(self) -> None:
        """Play or pause."""
        self.settle()
        self.transport.toggle()
        self.follow()

    def action_seek(self, seconds: float) -> None:
        """Forward or back."""
        self.settle()
        self.transport.seek(self.transport.position_s + seconds)
        self.follow()

    @on(Waveform.Seek)
    def _seek(self, message: Waveform.Seek) -> None:
        self.transport.seek(message.to_s)
        self.follow()

    def action_volume(self, by: float) -> None:
        """Louder or quieter."""
        self.transport.change_volume(by)
        self.show_transport()

    def action_speed(self, by: float) -> None:
        """Slower or faster, at the same pitch."""
        if not stretching.is_there():
            self.say(stretching.missing())
            return
        self.transport.speed += by
        self.follow()

    def action_loop(self) -> None:
        """A at the playhead, then B, then no loop."""
        if self._duration() is not None:
            self._set_loop(self.transport.loop.marked(self.transport.position_s))

    def action_snap_loop(self) -> None:
        """Onto the downbeats of the window; without a loop, the bar that is heard."""
        if self._duration() is None:
            return
        window = self.transport.window
        downbeats_s = [window.start_s + time_s for time_s in self.session.features.downbeats]
        loop = self.transport.loop.snapped(downbeats_s, self.transport.position_s)
        if loop is None:
            self.say("There are no bars to snap to: they are not measured yet, or none were found in this window.")
        else:
            self._set_loop(loop)

    def _set_loop(self, loop: Loop) -> None:
        self.transport.set_loop(loop)
        self.follow()

    # The device

    def action_device(self) -> None:
        """Ask the player which there are, and the user for one."""
        player = self.transport.player
        if player is None:
            self.refuse("The sound is being opened.")
        else:
            self._listing_devices = True
            player.list_devices(lambda names: self._tell_devices(names))

    def _tell_devices(self, names: Sequence[str]) -> None:
        """On the player's thread."""
        self.post_message(DevicesListed(names))

    def on_devices_listed(self, message: DevicesListed) -> None:
        """Choose one of them."""
        from j2a_tui.screens.devices import DeviceScreen

        if not self._listing_devices:  # it took too long
            return
        self._listing_devices = False
        self.app.push_screen(DeviceScreen(message.names, self.transport.device), self._device_chosen)

    def _device_chosen(self, name: str | None) -> None:
        if name is None:
            return
        self.transport.device = name
        self.say(clean(f"Sound goes to {name}." if name else "Sound goes to the system's own choice."))
        self.follow()

    # The window

    def action_move_window(self, lengths: int) -> None:
        """By its own length."""
        self._move_window(lengths * self.transport.window.length_s)

    def action_nudge_window(self, seconds: float) -> None:
        """By a little."""
        self._move_window(seconds)

    def _move_window(self, by_s: float) -> None:
        duration = self._duration()
        if duration is not None:
            self._set_window(self.transport.window.moved(by_s, duration))

    def action_resize_window(self, seconds: float) -> None:
        """Longer or shorter."""
        duration = self._duration()
        if duration is not None:
            self._set_window(self.transport.window.resized(seconds, duration))

    def action_window_from(self) -> None:
        """To begin at the playhead."""
        duration = self._duration()
        if duration is not None:
            self._set_window(self.transport.window.starting(self.transport.position_s, duration))

    def action_window_to(self) -> None:
        """To end at the playhead."""
        duration = self._duration()
        if duration is not None:
            self._set_window(self.transport.window.ending(self.transport.position_s, duration))

    def _duration(self) -> float | None:
        self.settle()
        if self._broken:
            self.say(f"{UNREADABLE}.")
        return self.transport.duration_s

    def _set_window(self, window: Window) -> None:
        if window != self.transport.window:
            self.transport.set_window(window)
            self.take_window()
            self.follow()

    @on(Waveform.Drawn)
    def _drawn(self, message: Waveform.Drawn) -> None:
        duration = self._duration()
        if duration is not None:
            self._set_window(Window.between(message.from_s, message.to_s, duration))
