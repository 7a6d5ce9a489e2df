"""The caption map: the windows of one track in time. It follows playback, and opens what is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region, Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip

from j2a_tui.display import clean, fit, window_text
from j2a_tui.overview import Place
from j2a_tui.transport import Transport
from j2a_tui.windows import Window

FOLLOW_S = 0.2
MARGIN = 6  # rows of the screen that are not the list's


class _Places(ScrollView, can_focus=True, inherit_bindings=False):
    """A row a window; draws only those that show."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "map--row", "map--cursor", "map--accepted", "map--draft", "map--set-aside", "map--new", "map--heard",
    }

    def __init__(self, places: Sequence[Place]) -> None:
        super().__init__()
        self.places = places
        self.cursor = 0
        self.heard = -1  # the row whose window is heard
        self.times = max((len(window_text(place.window.start_s, place.window.end_s)) for place in places), default=0)

    def on_mount(self) -> None:
        """As many rows as windows."""
        self._show_size()

    def on_resize(self) -> None:
        """As wide as the frame."""
        self._show_size()
        self.go_to(self.cursor)

    def _show_size(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.places))

    def go_to(self, row: int) -> None:
        """Put the cursor there and keep it in sight."""
        self.cursor = min(max(0, row), len(self.places) - 1)
        self.scroll_to_region(Region(0, self.cursor, self.size.width, 1), animate=False, force=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """``▌▶ 0:10–0:20  A  A steady piece …``."""
        width, row = self.size.width, y + self.scroll_offset.y
        plain = self.get_component_rich_style("map--row")
        if row >= len(self.places):
            return Strip.blank(width, plain)
        place = self.places[row]
        times = window_text(place.window.start_s, place.window.end_s).ljust(self.times)
        text = clean(" ".join(place.text.split())) or (place.status.value if place.status else "new")
        parts = [("▌" if row == self.cursor else " ", "row"), ("▶ " if row == self.heard else "  ", "heard"),
                 (f"{times}  ", "row"), (f"{place.letter}  ", place.stands)]
        parts.append((fit(text, width - sum(len(part) for part, _ in parts)), "row" if place.text else place.stands))
        styles = {name: self.get_component_rich_style(f"map--{name}") for _, name in parts}
        if row == self.cursor:
            over = self.get_component_rich_style("map--cursor")
            styles = {name: style + over for name, style in styles.items()}
        strip = Strip([Segment(part, styles[name]) for part, name in parts])
        return strip.adjust_cell_length(width, styles["row"])

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there, a second one opens."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y + self.scroll_offset.y < len(self.places):
            self.go_to(offset.y + self.scroll_offset.y)
            if event.chain == 2:
                self.screen.dismiss(self.places[self.cursor].window)


class CaptionMap(ModalScreen[Window | None]):
    """The answer is the window to open. The cursor goes along with the playhead until it is moved away from it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,m", "dismiss", "Close", show=False), Binding("enter", "open", "Open", show=False),
        Binding("j,down", "move(1)", show=False), Binding("k,up", "move(-1)", show=False),
        Binding("pagedown", "page(1)", show=False), Binding("pageup", "page(-1)", show=False),
        Binding("g,home", "move(-100000)", show=False), Binding("G,end", "move(100000)", show=False),
        Binding("space", "play", "Play", show=False),
    ]

    def __init__(self, places: Sequence[Place], transport: Transport) -> None:
        super().__init__()
        self._transport = transport
        self._list = _Places(places)
        self._list.cursor = max(0, self._row_at(transport.window.start_s))

    def compose(self) -> ComposeResult:
        """The list in a frame."""
        places = self._list.places
        with Vertical(classes="dialog", id="map") as box:
            box.border_title = Content(f"Windows of this track: {len(places)}, {self._waiting()} without a decision")
            box.border_subtitle = Content("enter opens · space plays · esc closes")
            yield self._list

    def on_mount(self) -> None:
        """Follow the playhead."""
        self._list.focus()
        self._follow()
        self.set_interval(FOLLOW_S, self._follow)

    def on_resize(self, event: events.Resize) -> None:
        """As high as there are windows, and no higher than the screen."""
        self._list.styles.height = max(1, min(len(self._list.places), event.size.height - MARGIN))

    def _waiting(self) -> int:
        return sum(place.open for place in self._list.places)

    def _row_at(self, position_s: float) -> int:
        """The last window that holds a position; -1 for none."""
        places = self._list.places
        return next((row for row in range(len(places) - 1, -1, -1) if places[row].window.holds(position_s)), -1)

    def _follow(self) -> None:
        heard = self._row_at(self._transport.position_s)
        if heard == self._list.heard:
            return
        follows = self._list.cursor == self._list.heard and heard >= 0
        self._list.heard = heard
        if follows:
            self._list.go_to(heard)
        self._list.refresh()

    def action_move(self, by: int) -> None:
        """Another row."""
        self._list.go_to(self._list.cursor + by)

    def action_page(self, direction: int) -> None:
        """By what fits on the screen."""
        self._list.go_to(self._list.cursor + direction * max(1, self._list.size.height - 1))

    def action_play(self) -> None:
        """Play or pause."""
        self._transport.toggle()

    def action_open(self) -> None:
        """This one."""
        self.dismiss(self._list.places[self._list.cursor].window)
