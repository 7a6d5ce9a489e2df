"""The waveform: the whole file with the window marked, and the window large with its beats and chords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from j2a.features.record import Features
from j2a_tui.display import chord_names, clock
from j2a_tui.widgets.bars import Cell, fold, mirrored, upright
from j2a_tui.windows import Window

MIRRORED_FROM_ROWS = 6
OVERVIEW_TWO_ROWS_FROM = 9
RULER_FROM = 6
LANES_FROM = 4


@dataclass(frozen=True, slots=True)
class _Rows:
    """How the height is shared out, from top to bottom."""

    overview: int
    ruler: int
    detail: int
    lanes: int

    @classmethod
    def of(cls, height: int) -> _Rows:
        overview = 2 if height >= OVERVIEW_TWO_ROWS_FROM else 1
        lanes = 2 if height >= LANES_FROM else 0
        ruler = 1 if height >= RULER_FROM else 0
        detail = max(0, height - overview - ruler - lanes)
        if detail >= MIRRORED_FROM_ROWS and detail % 2:  # a middle needs an even number
            return cls(overview + 1, ruler, detail - 1, lanes)
        return cls(overview, ruler, detail, lanes)


class _Paint(dict[tuple[str, ...], Style]):
    """Styles for cells by (front, back), made as they are needed."""

    def __init__(self, widget: Widget, rms: str, peak: str) -> None:
        super().__init__()
        body, outline = (widget.get_component_rich_style(f"waveform--{name}") for name in (rms, peak))
        self._colors = {"rms": body.color, "peak": outline.color, "": body.bgcolor}

    def __missing__(self, kinds: tuple[str, ...]) -> Style:
        front, back = kinds
        style = self[kinds] = Style(color=self._colors[front], bgcolor=self._colors[back])
        return style


class Waveform(Widget):
    """Rows: overview of the file, a ruler with the window's edges, the window, its beats and its chords."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "waveform--rms", "waveform--peak", "waveform--outside-rms", "waveform--outside-peak", "waveform--ruler",
        "waveform--window", "waveform--playhead", "waveform--beat", "waveform--chord", "waveform--note",
    }

    @dataclass
    class Seek(Message):
        """A place in the file was clicked."""

        to_s: float

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._duration_s: float | None = None
        self._window = Window()
        self._position_s = 0.0
        self._note = ""
        self._features = Features()
        self._overview: tuple[Sequence[float], Sequence[float]] = ((), ())
        self._detail: tuple[Sequence[float], Sequence[float]] = ((), ())
        self._strips: list[Strip] = []

    # What to draw

    def open(self, window: Window, note: str = "") -> None:
        """Begin with another file; ``note`` is shown until its waveform is there."""
        self._duration_s, self._window, self._note = None, window, note
        self._overview = self._detail = ((), ())
        self._features = Features()
        self._position_s = window.start_s
        self._redraw()

    def set_note(self, note: str) -> None:
        """A sentence instead of the waveform: that the file cannot be read, that none is chosen."""
        self._note = note
        self._redraw()

    def set_duration(self, duration_s: float) -> None:
        """The length of the file is known."""
        self._duration_s = duration_s
        self._redraw()

    def set_window(self, window: Window) -> None:
        """Show another window."""
        if window != self._window:
            self._window = window
            self._detail = ((), ())
            self._features = Features()
            self._redraw()

    def set_overview(self, rms: Sequence[float], peak: Sequence[float]) -> None:
        """Loudness of the whole file."""
        self._overview = (rms, peak)
        self._note = ""
        self._redraw()

    def set_detail(self, rms: Sequence[float], peak: Sequence[float]) -> None:
        """Loudness of the window."""
        self._detail = (rms, peak)
        self._note = ""
        self._redraw()

    def set_features(self, features: Features) -> None:
        """Beats and chords for the lanes under the window."""
        self._features = features
        if self._rows.lanes:
            self._redraw()

    def set_position(self, position_s: float) -> None:
        """Move the playhead; only the cells that it leaves and enters are drawn."""
        before = self._playhead_columns()
        self._position_s = position_s
        after = self._playhead_columns()
        if before == after:
            return
        rows = self._rows
        areas = ((0, rows.overview), (rows.overview + rows.ruler, rows.detail))
        for (y, height), columns in zip(areas, zip(before, after, strict=True), strict=True):
            for x in columns:
                if x is not None and height:
                    self.refresh(Region(x, y, 1, height))

    def _redraw(self) -> None:
        self._strips = []
        self.refresh()

    # Drawing

    @property
    def _rows(self) -> _Rows:
        return _Rows.of(self.size.height)

    def notify_style_update(self) -> None:
        """A new theme: what was drawn has the old colours."""
        super().notify_style_update()
        self._strips = []

    def on_resize(self) -> None:
        """A new size: draw everything again."""
        self._redraw()

    def render_line(self, y: int) -> Strip:
        """One row, with the playhead in it."""
        if not self._strips:
            self._strips = self._draw()
        if y >= len(self._strips):
            return Strip.blank(self.size.width, self.rich_style)
        strip = self._strips[y]
        rows = self._rows
        in_overview, in_detail = self._playhead_columns()
        column = None
        if y < rows.overview:
            column = in_overview
        elif rows.overview + rows.ruler <= y < rows.overview + rows.ruler + rows.detail:
            column = in_detail
        if column is None:
            return strip
        playhead = Strip([Segment("┃", self.get_component_rich_style("waveform--playhead"))], 1)
        return Strip.join([strip.crop(0, column), playhead, strip.crop(column + 1)])

    def _playhead_columns(self) -> tuple[int | None, int | None]:
        """The playhead's column in the overview and in the window."""
        width = self.size.width
        if not width or self._note or self._duration_s is None:
            return None, None
        overview = min(width - 1, int(self._position_s / self._duration_s * width))
        window = self._window
        if not window.start_s <= self._position_s <= window.end_s:
            return overview, None
        return overview, min(width - 1, int((self._position_s - window.start_s) / window.length_s * width))

    def _draw(self) -> list[Strip]:
        width, rows = self.size.width, self._rows
        if self._note or self._duration_s is None:
            return self._draw_note(width)
        styles = {name: self.get_component_rich_style(f"waveform--{name}")
                  for name in ("ruler", "window", "beat", "chord")}
        left, right = self._window_columns(width, self._duration_s)
        loudest = max(max(self._overview[1], default=0.0), max(self._detail[1], default=0.0)) or 1.0
        scale = 1 / loudest
        strips = []
        inside = _Paint(self, "rms", "peak")
        outside = _Paint(self, "outside-rms", "outside-peak")
        for cells in upright(*self._folded(self._overview, width, scale), rows.overview):
            strips.append(_strip([(cell[0], (inside if left <= x <= right else outside)[cell[1:]])
                                  for x, cell in enumerate(cells)]))
        if rows.ruler:
            strips.append(self._draw_ruler(width, left, right, styles))
        strips.extend(_strip([(cell[0], inside[cell[1:]]) for cell in cells])
                      for cells in self._detail_cells(width, rows.detail, scale))
        if rows.lanes:
            strips.append(self._draw_beats(width, styles))
            strips.append(self._draw_chords(width, styles["chord"]))
        return strips

    def _draw_note(self, width: int) -> list[Strip]:
        style = self.get_component_rich_style("waveform--note")
        blank = Strip.blank(width, self.rich_style)
        middle = max(0, (self.size.height - 1) // 2)
        text = self._note[:width].center(width)
        return [Strip([Segment(text, style)], width) if y == middle else blank for y in range(self.size.height)]

    def _folded(
        self, levels: tuple[Sequence[float], Sequence[float]], columns: int, scale: float
    ) -> tuple[list[float], list[float]]:
        rms, peak = ([min(1.0, value * scale) for value in fold(values, columns)] for values in levels)
        return rms, peak

    def _detail_cells(self, width: int, height: int, scale: float) -> list[list[Cell]]:
        if not self._detail[1]:
            return [[(" ", "", "")] * width for _ in range(height)]
        levels = self._folded(self._detail, width, scale)
        return mirrored(*levels, height) if height >= MIRRORED_FROM_ROWS else upright(*levels, height)

    def _window_columns(self, width: int, duration_s: float) -> tuple[int, int]:
        left = min(width - 1, int(self._window.start_s / duration_s * width))
        right = min(width - 1, max(left, round(self._window.end_s / duration_s * width) - 1))
        return left, right

    def _draw_ruler(self, width: int, left: int, right: int, styles: dict[str, Style]) -> Strip:
        """Length of the file at the ends; between them the edges of the window."""
        characters = [(" ", styles["ruler"])] * width
        assert self._duration_s is not None
        begin, end = "0:00", clock(self._duration_s)
        for text, x in ((begin, 0), (end, width - len(end))):
            if x >= 0 and (x > right or x + len(text) <= left):  # not half hidden by the window
                characters[x:x + len(text)] = [(character, styles["ruler"]) for character in text]
        for x in range(left, right + 1):
            mark = "╰" if x == left else "╯" if x == right else "─"
            characters[x] = ("┴" if left == right else mark, styles["window"])
        return _strip(characters)

    def _column(self, time_s: float, width: int) -> int:
        return int(time_s / self._window.length_s * width)

    def _draw_beats(self, width: int, styles: dict[str, Style]) -> Strip:
        cells = [(" ", styles["beat"])] * width
        for times, mark in ((self._features.beats, "╵"), (self._features.downbeats, "┃")):
            for time_s in times:
                if 0 <= (x := self._column(time_s, width)) < width:
                    cells[x] = (mark, styles["beat"])
        return _strip(cells)

    def _draw_chords(self, width: int, style: Style) -> Strip:
        cells = [" "] * width
        free_from = 0
        for chord, name in zip(self._features.chords, chord_names(self._features), strict=True):
            if chord.label == "N":  # silence needs no name
                continue
            x = max(0, self._column(chord.start_s, width))
            # A chord too short for its name is left to the list in the panel below.
            end = min(width, self._column(chord.end_s, width))
            if x >= free_from and x + cell_len(name) <= end:
                cells[x:x + len(name)] = list(name)
                free_from = x + len(name) + 1
        return Strip([Segment("".join(cells), style)], width)

    # The mouse

    def on_click(self, event: events.Click) -> None:
        """Go to where the mouse points: in the file above the ruler, in the window below it."""
        if self._duration_s is None or self._note:
            return
        share = (event.x + 0.5) / max(1, self.size.width)
        if event.y < self._rows.overview + self._rows.ruler:
            self.post_message(self.Seek(share * self._duration_s))
        else:
            self.post_message(self.Seek(self._window.start_s + share * self._window.length_s))


def _strip(cells: Sequence[tuple[str, Style]]) -> Strip:
    """One segment for each run of one style."""
    segments: list[Segment] = []
    text = ""
    current: Style | None = None
    for character, style in cells:
        if style is not current and text:
            segments.append(Segment(text, current))
            text = ""
        current = style
        text += character
    if text:
        segments.append(Segment(text, current))
    return Strip(segments, len(cells))
