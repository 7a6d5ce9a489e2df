"""The lines of the waveform that hold marks: the ruler, windows with captions, beats and the loop, chords."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from j2a.features.record import Features
from j2a.records import dataclass
from j2a_tui.course import Loop
from j2a_tui.display import chord_names, clock
from j2a_tui.windows import Window

Styles = dict[str, Style]
_LINES = {"accepted": "━", "draft": "─", "set-aside": "╌", "new": "·"}  # not by colour alone


@dataclass(frozen=True, slots=True)
class Mark:
    """A window of the file, and how it stands: a letter, and one of "accepted", "draft", "set-aside", "new"."""

    start_s: float
    end_s: float
    letter: str
    stands: str


def strip_of(cells: Sequence[tuple[str, Style]]) -> Strip:
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


def columns_of(start_s: float, end_s: float, length_s: float, width: int) -> tuple[int, int]:
    """The first and the last column that a part of something so long takes; at least one."""
    left = min(width - 1, int(start_s / length_s * width))
    return left, min(width - 1, max(left, round(end_s / length_s * width) - 1))


def ruler(window: tuple[int, int], duration_s: float, width: int, styles: Styles) -> Strip:
    """Length of the file at the ends; between them the edges of the window."""
    left, right = window
    characters = [(" ", styles["ruler"])] * width
    end = clock(duration_s)
    for text, x in (("0:00", 0), (end, width - len(end))):
        if x >= 0 and (x > right or x + len(text) <= left):  # not half hidden by the window
            characters[x : x + len(text)] = [(character, styles["ruler"]) for character in text]
    for x in range(left, right + 1):
        mark = "╰" if x == left else "╯" if x == right else "─"
        characters[x] = ("┴" if left == right else mark, styles["window"])
    return strip_of(characters)


def captions(marks: Sequence[Mark], duration_s: float, width: int, styles: Styles) -> list[tuple[str, Style] | None]:
    """A cell for each column that a marked window takes: its letter, and a line to its end."""
    cells: list[tuple[str, Style] | None] = [None] * width
    for mark in marks:
        left, right = columns_of(mark.start_s, mark.end_s, duration_s, width)
        style = styles[mark.stands]
        cells[left : right + 1] = [(mark.letter, style), *[(_LINES[mark.stands], style)] * (right - left)]
    return cells


def beats(features: Features, loop: Loop, window: Window, width: int, styles: Styles) -> Strip:
    """Beats, downbeats as longer marks, and the loop from A to B."""
    cells = [(" ", styles["beat"])] * width
    if loop.a_s is not None and loop.b_s is not None:
        for x in range(max(0, _column(loop.a_s, window, width)), min(width, _column(loop.b_s, window, width))):
            cells[x] = ("═", styles["loop"])
    for times, mark in ((features.beats, "╵"), (features.downbeats, "┃")):
        for time_s in times:
            if 0 <= (x := _column(window.start_s + time_s, window, width)) < width:
                cells[x] = (mark, styles["beat"])
    for end_s, letter in ((loop.a_s, "A"), (loop.b_s, "B")):
        if end_s is not None and window.start_s <= end_s <= window.end_s:
            cells[min(width - 1, _column(end_s, window, width))] = (letter, styles["loop"])
    return strip_of(cells)


def chords(features: Features, window: Window, width: int, style: Style) -> Strip:
    """The name of each chord where it begins, if there is room for it."""
    cells = [" "] * width
    free_from = 0
    for chord, name in zip(features.chords, chord_names(features), strict=True):
        if chord.label == "N":  # silence needs no name
            continue
        x = max(0, _column(window.start_s + chord.start_s, window, width))
        # A chord too short for its name is left to the list in the panel below.
        end = min(width, _column(window.start_s + chord.end_s, window, width))
        if x >= free_from and x + cell_len(name) <= end:
            cells[x : x + len(name)] = list(name)
            free_from = x + len(name) + 1
    return Strip([Segment("".join(cells), style)], width)


def _column(time_s: float, window: Window, width: int) -> int:
    return int((time_s - window.start_s) / window.length_s * width)
