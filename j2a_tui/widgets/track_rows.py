"""How one row of the list of files is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from j2a.store import Status
from j2a_tui.display import EDITED, NO_STATUS, STATUS_LETTERS, VERDICT_MARKS, clean, fit, fit_path
from j2a_tui.folders import TOP_FOLDER

DURATION_FROM_WIDTH = 24
OPEN_FOLDER, FOLDED = "▾", "▸"
_CLASSES = {
    Status.ACCEPTED: "tracks--accepted", Status.FLAGGED: "tracks--accepted", Status.DRAFT: "tracks--draft",
    Status.REJECTED: "tracks--set-aside", Status.SKIPPED: "tracks--set-aside", Status.FAILED: "tracks--set-aside",
}  # fmt: skip
StyleOf = Callable[[str], Style]


class Standing(NamedTuple):
    """What a row says of its file."""

    status: Status | None
    edited: bool  # a draft in which somebody wrote
    wrong: int  # contradicted claims in its captions
    beside: str  # its duration, or what the list is sorted by


def folder_line(name: str, count: int | None, width: int, style_of: StyleOf, *, here: bool) -> Strip:
    """``▾ Artist/Album/``, or folded ``▸ Artist/Album/  12``."""
    style = style_of("tracks--folder")
    if here:
        style += style_of("tracks--cursor")
    mark = OPEN_FOLDER if count is None else FOLDED
    end = "" if count is None else f" {count:,} "
    name = fit_path(clean((name or TOP_FOLDER).rstrip("/")), width - 3 - len(end)).rstrip() + "/"
    text = fit(f"{mark} {name}", width - len(end)) + end
    return Strip([Segment(text, style)], width).adjust_cell_length(width, style)


def track_line(name: str, standing: Standing, width: int, style_of: StyleOf, *, here: bool) -> Strip:
    """``▌a song.flac          ✗1 3:25``."""
    status = standing.status
    letter = EDITED if standing.edited else STATUS_LETTERS[status] if status else NO_STATUS
    mark = f" {VERDICT_MARKS['contradicted']}{standing.wrong}" if standing.wrong else ""
    beside = f" {standing.beside}" if standing.beside and width >= DURATION_FROM_WIDTH else ""
    letter_class = _CLASSES[status] if status else "tracks--quiet"
    styles = {of: style_of(of) for of in (letter_class, "tracks--row", "tracks--quiet", "tracks--wrong")}
    if here:
        cursor = style_of("tracks--cursor")
        styles = {of: style + cursor for of, style in styles.items()}
    text_style = styles["tracks--row"]
    segments = [
        Segment("▌" if here else " ", text_style), Segment(letter + " ", styles[letter_class]),
        Segment(fit_path(clean(name), width - 4 - len(beside) - len(mark)), text_style),
        Segment(mark, styles["tracks--wrong"]),
        Segment(beside, styles["tracks--quiet"]), Segment(" ", text_style),
    ]
    return Strip(segments, width).adjust_cell_length(width, text_style)
