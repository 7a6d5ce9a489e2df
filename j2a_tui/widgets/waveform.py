"""The waveform: the whole file with the window marked, and the window large with its beats and chords.

The window can be seen as a spectrogram or a chromagram, too (:mod:`j2a_tui.widgets.spectrum`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from j2a.features.record import Features
from j2a_tui.course import Loop
from j2a_tui.widgets import lanes, spectrum
from j2a_tui.widgets.bars import Cell, fold, mirrored, upright
from j2a_tui.widgets.lanes import Mark, strip_of
from j2a_tui.widgets.pointing import Pointed
from j2a_tui.widgets.spectrum import Picture
from j2a_tui.widgets.wave_rows import MIRRORED_FROM_ROWS, WaveRows
from j2a_tui.windows import Window


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


class Waveform(Pointed):
    """Rows: overview of the file, a ruler with the window's edges, the window, its beats and its chords."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "waveform--rms", "waveform--peak", "waveform--outside-rms", "waveform--outside-peak", "waveform--ruler",
        "waveform--window", "waveform--playhead", "waveform--beat", "waveform--chord", "waveform--note",
        "waveform--loop", "waveform--accepted", "waveform--draft", "waveform--set-aside", "waveform--new",
        "waveform--spectrum",
    }

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._duration_s: float | None = None
        self._window = Window()
        self._position_s = 0.0
        self._note = ""
        self._features = Features()
        self._overview: tuple[Sequence[float], Sequence[float]] = ((), ())
        self._detail: tuple[Sequence[float], Sequence[float]] = ((), ())
        self._picture: Picture | None = None
        self._loop = Loop()
        self._marks: Sequence[Mark] = ()
        self._strips: list[Strip] = []

    # What to draw

    def open(self, window: Window, note: str = "") -> None:
        """Begin with another file; ``note`` is shown until its waveform is there."""
        self._duration_s, self._window, self._note = None, window, note
        self._overview = self._detail = ((), ())
        self._features, self._picture, self._marks = Features(), None, ()
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
            self._features, self._picture = Features(), None
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

    def set_picture(self, picture: Picture | None) -> None:
        """What sounds in the window at which pitch, in place of its loudness; ``None``: its loudness."""
        self._picture = picture
        self._redraw()

    def set_loop(self, loop: Loop) -> None:
        """The part that is played again and again."""
        if loop != self._loop:
            self._loop = loop
            self._redraw()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Windows of the file that have captions, or shall have them."""
        if marks != self._marks:
            self._marks = marks
            self._redraw()

    def set_position(self, position_s: float) -> None:
        """Move the playhead; only the cells that it leaves and enters are drawn."""
        before = self._playhead_columns()
        self._position_s = position_s
        after = self._playhead_columns()
        if before == after:
            return
        rows = self._rows
        areas = ((0, rows.overview), (rows.above, rows.detail))
        for (y, height), columns in zip(areas, zip(before, after, strict=True), strict=True):
            for x in columns:
                if x is not None and height:
                    self.refresh(Region(x, y, 1, height))

    def _redraw(self) -> None:
        self._strips = []
        self.refresh()

    # Where the mouse points

    def in_overview(self, row: int) -> bool:
        """Whether a row stands for the whole file, and not for the window."""
        return row < self._rows.above

    def place_at(self, column: float, *, overview: bool) -> float | None:
        """What a column stands for, in seconds from the start of the file; ``None`` while nothing is drawn."""
        if self._duration_s is None or self._note:
            return None
        share = min(max(0.0, column), self.size.width) / max(1, self.size.width)
        return share * self._duration_s if overview else self._window.start_s + share * self._window.length_s

    # Drawing

    @property
    def _rows(self) -> WaveRows:
        return WaveRows.of(self.size.height, marked=bool(self._marks))

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
        strip = self.drawn_over(self._strips[y], y)
        rows = self._rows
        in_overview, in_detail = self._playhead_columns()
        column = None
        if y < rows.overview:
            column = in_overview
        elif rows.above <= y < rows.above + rows.detail:
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
        styles = {name: self.get_component_rich_style(f"waveform--{name}") for name in (
            "ruler", "window", "beat", "chord", "loop", "accepted", "draft", "set-aside", "new")}
        window = lanes.columns_of(self._window.start_s, self._window.end_s, self._duration_s, width)
        loudest = max(max(self._overview[1], default=0.0), max(self._detail[1], default=0.0)) or 1.0
        marks = lanes.captions(self._marks, self._duration_s, width, styles)
        strips = self._draw_overview(window, 1 / loudest, None if rows.strip else marks)
        if rows.strip:
            strips.append(strip_of([cell or (" ", styles["ruler"]) for cell in marks]))
        if rows.ruler:
            strips.append(lanes.ruler(window, self._duration_s, width, styles))
        strips.extend(self._draw_window(width, rows.detail, 1 / loudest))
        if rows.lanes:
            strips.append(lanes.beats(self._features, self._loop, self._window, width, styles))
            strips.append(lanes.chords(self._features, self._window, width, styles["chord"]))
        return strips

    def _draw_overview(
        self, window: tuple[int, int], scale: float, marks: Sequence[tuple[str, Style] | None] | None
    ) -> list[Strip]:
        """Loudness of the file, brighter in the window; with the letters of marks that have no row of their own."""
        left, right = window
        rows, width = self._rows.overview, self.size.width
        inside, outside = _Paint(self, "rms", "peak"), _Paint(self, "outside-rms", "outside-peak")
        strips = []
        for y, cells in enumerate(upright(*self._folded(self._overview, width, scale), rows)):
            line = [(cell[0], (inside if left <= x <= right else outside)[cell[1:]]) for x, cell in enumerate(cells)]
            if marks is not None and y == rows - 1:
                line = [mark if mark and mark[0].isalpha() else cell for mark, cell in zip(marks, line, strict=True)]
            strips.append(strip_of(line))
        return strips

    def _draw_window(self, width: int, height: int, scale: float) -> list[Strip]:
        if self._picture is None or not width or not height:
            inside = _Paint(self, "rms", "peak")
            return [strip_of([(cell[0], inside[cell[1:]]) for cell in cells])
                    for cells in self._detail_cells(width, height, scale)]
        plain = self.get_component_rich_style("waveform--spectrum")
        if self.app.no_color or self.app.console.color_system in (None, "standard"):
            return [Strip([Segment(row, plain)], width) for row in spectrum.shades(self._picture, height, width)]
        styles = self._ramp(plain)
        return [strip_of([("▀", styles[cell]) for cell in row])
                for row in spectrum.half_blocks(self._picture, height, width)]

    def _ramp(self, plain: Style) -> dict[tuple[int, int], Style]:
        """A style for each pair of levels: from the background through the waveform's colour to that of the text."""
        body, text = (self.get_component_rich_style(f"waveform--{name}") for name in ("rms", "spectrum"))
        ends = [color.get_truecolor() for color in (body.bgcolor, body.color, text.color) if color is not None]
        colors = [Color.from_rgb(*rgb) for rgb in spectrum.ramp([(one.red, one.green, one.blue) for one in ends])]
        pairs = [(upper, lower) for upper in range(len(colors)) for lower in range(len(colors))]
        return {(upper, lower): plain + Style(color=colors[upper], bgcolor=colors[lower]) for upper, lower in pairs}

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
