"""Pages to read: the notices of this session, and the logs as they grow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from j2a.errors import without_secrets
from j2a_tui.display import clean
from j2a_tui.notices import Notice

TAIL = 64 << 10  # bytes of a log's end that are shown
FOLLOW_S = 0.5


class ReaderScreen(ModalScreen[None]):
    """A page to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close", show=False),
        Binding("j,down", "scroll(1)", show=False), Binding("k,up", "scroll(-1)", show=False),
        Binding("pagedown", "page(1)", show=False), Binding("pageup", "page(-1)", show=False),
        Binding("g,home", "edge(-1)", show=False), Binding("G,end", "edge(1)", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The page in a frame."""
        with VerticalScroll(classes="dialog reader") as page:
            page.can_focus = False
            yield Static("", markup=False, id="page")

    @property
    def page(self) -> VerticalScroll:
        """What scrolls."""
        return self.query_one(VerticalScroll)

    def action_scroll(self, lines: int) -> None:
        """By lines."""
        self.page.scroll_relative(y=lines, animate=False)

    def action_page(self, direction: int) -> None:
        """By what fits."""
        self.page.scroll_relative(y=direction * max(1, self.page.size.height - 1), animate=False)

    def action_edge(self, direction: int) -> None:
        """To the beginning or the end."""
        if direction > 0:
            self.page.scroll_end(animate=False)
        else:
            self.page.scroll_home(animate=False)


class NoticesScreen(ReaderScreen):
    """What was said, the newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("exclamation_mark", "dismiss", show=False)]

    def __init__(self, notices: Sequence[Notice]) -> None:
        super().__init__()
        self._notices = notices

    def on_mount(self) -> None:
        """Show them."""
        self.page.border_title = Content("Notices since the start")
        self.page.border_subtitle = Content("esc closes")
        lines = [Content.assemble((f"{notice.at}  ", "$quiet"), clean(notice.text)) for notice in self._notices]
        self.query_one("#page", Static).update(Content("\n").join(lines) if lines else "Nothing was said yet.")


class LogScreen(ReaderScreen):
    """The end of a log. It follows what is written, as long as its end is on the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f6", "dismiss", show=False), Binding("tab", "other", "The other log", show=False),
    ]

    def __init__(self, logs: Sequence[tuple[str, Path]]) -> None:
        super().__init__()
        self._logs = logs
        self._shown = 0
        self._state: tuple[int, int] | None = None  # size and time of what is on the screen

    def on_mount(self) -> None:
        """Show the first, and go on looking."""
        self._follow()
        self.set_interval(FOLLOW_S, self._follow)

    def action_other(self) -> None:
        """The other log."""
        self._shown = (self._shown + 1) % len(self._logs)
        self._state = None
        self._follow()

    def _follow(self) -> None:
        name, path = self._logs[self._shown]
        try:
            about = path.stat()
            state = about.st_size, about.st_mtime_ns
        except OSError:
            state = -1, 0
        if state == self._state:
            return
        at_end = self._state is None or self.page.scroll_offset.y >= self.page.max_scroll_y
        self._state = state
        self.page.border_title = Content(f"Log of the {name}")
        self.page.border_subtitle = Content(f"{clean(str(path))} · tab: the other one · esc closes")
        self.query_one("#page", Static).update(Content(_tail(path) or "Nothing is in it."))
        if at_end:
            self.page.scroll_end(animate=False)


def _tail(path: Path) -> str:
    """The end of a file from a line's beginning on, safe to draw; "" when it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            text = file.read(TAIL).decode("utf-8", "replace")
    except OSError:
        return ""
    if size > TAIL:
        text = text.partition("\n")[2]
    return clean(without_secrets(text.rstrip("\n")), multiline=True)
