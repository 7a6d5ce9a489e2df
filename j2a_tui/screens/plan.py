"""Which windows to lay over a whole track."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from j2a_tui.screens.clickable import is_beside

BARS = (1, 2, 4, 8)


class PlanScreen(ModalScreen["str | None"]):
    """The answer is "fixed", a number of bars, "clear", or ``None`` for nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f,enter,M", "answer('fixed')", show=False), Binding("x", "answer('clear')", show=False),
        *[Binding(str(bars), f"answer('{bars}')", show=False) for bars in BARS],
        Binding("escape,q", "answer('')", show=False),
    ]

    def __init__(self, length_s: float, planned: int) -> None:
        super().__init__()
        self._length_s, self._planned = length_s, planned

    def compose(self) -> ComposeResult:
        """The choices with their keys."""
        keys = " ".join(map(str, BARS))
        choices = [("f", f"every {self._length_s:g} s, as long as the window is now"),
                   (keys, "so many bars each, from downbeat to downbeat"),
                   ("x", f"none: forget those that are planned ({self._planned})")]
        width = len(keys) + 2
        lines = [Content.assemble((f"{key:<{width}}", "bold $accent"), (what, "$foreground")) for key, what in choices]
        lines += [Content(""), Content.styled("By hand: set a window with i, o or the mouse, then P.", "$quiet")]
        with Vertical(classes="dialog", id="plan") as box:
            box.border_title = Content("Windows for the whole track")
            box.border_subtitle = Content("esc closes")
            yield Static(Content("\n").join(lines), id="plans", markup=False)

    def on_click(self, event: events.Click) -> None:
        """On one of the choices; beside them it is none."""
        offset = event.get_content_offset(self.query_one("#plans"))
        if is_beside(self, event):
            self.dismiss(None)
        elif offset is not None and offset.y in (0, 2):
            self.dismiss("fixed" if offset.y == 0 else "clear")
        elif offset is not None and offset.y == 1 and offset.x < 2 * len(BARS) - 1 and offset.x % 2 == 0:
            self.dismiss(str(BARS[offset.x // 2]))

    def action_answer(self, answer: str) -> None:
        """Close with the answer."""
        self.dismiss(answer or None)
