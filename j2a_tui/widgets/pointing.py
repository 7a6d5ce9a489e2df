"""What the mouse does on the waveform: a click goes to a place, drawing over a part makes it the window."""

from __future__ import annotations

from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from j2a.records import dataclass


class Pointed(Widget):
    """Something whose columns stand for places in a file: in some rows for all of it, in others for the window."""

    @dataclass
    class Seek(Message):
        """A place in the file was clicked."""

        to_s: float

    @dataclass
    class Drawn(Message):
        """A part of the file was drawn with the mouse, in either direction."""

        from_s: float
        to_s: float

    _pressed: tuple[int, bool] | None = None  # the column where the button went down, and whether in the overview
    _drawn_to: int | None = None  # the column that the mouse was drawn to with it

    def in_overview(self, row: int) -> bool:
        """Whether a row stands for the whole file, and not for the window."""
        raise NotImplementedError

    def place_at(self, column: float, *, overview: bool) -> float | None:
        """What a column stands for, in seconds from the start of the file; ``None`` while nothing is drawn."""
        raise NotImplementedError

    def drawn_over(self, strip: Strip, y: int) -> Strip:
        """What the mouse is being drawn over, turned around."""
        if self._pressed is None or self._drawn_to is None or self.in_overview(y) != self._pressed[1]:
            return strip
        left, right = sorted((self._pressed[0], self._drawn_to))
        inside = strip.crop(left, right + 1).apply_style(Style(reverse=True))
        return Strip.join([strip.crop(0, left), inside, strip.crop(right + 1)])

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click, or the beginning of a window."""
        if self.place_at(event.x, overview=True) is not None:
            self._pressed, self._drawn_to = (event.x, self.in_overview(event.y)), None
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Draw over a part of it."""
        if self._pressed is not None and (self._drawn_to is not None or event.x != self._pressed[0]):
            self._drawn_to = min(max(0, event.x), self.size.width - 1)
            self.refresh()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Go to where the mouse points; what was drawn over becomes the window."""
        if self._pressed is None:
            return
        (column, overview), drawn_to = self._pressed, self._drawn_to
        self._pressed = self._drawn_to = None
        self.release_mouse()
        self.refresh()
        if drawn_to is None or drawn_to == column:
            to_s = self.place_at(event.x + 0.5, overview=overview)
            if to_s is not None:
                self.post_message(self.Seek(to_s))
            return
        left, right = sorted((column, drawn_to))
        from_s, to_s = (self.place_at(at, overview=overview) for at in (left, right + 1))
        if from_s is not None and to_s is not None:
            self.post_message(self.Drawn(from_s, to_s))
