"""Which output device the sound goes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from j2a_tui.display import clean
from j2a_tui.screens.clickable import LineDialog


class DeviceScreen(LineDialog["str | None"]):
    """The names of the devices; the answer is one of them, "" for the system's choice, ``None`` for no change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,O", "leave", "Close", show=False), Binding("enter", "choose", "Choose", show=False),
        Binding("j,down", "move(1)", show=False), Binding("k,up", "move(-1)", show=False),
    ]

    def __init__(self, names: Sequence[str], current: str) -> None:
        super().__init__()
        self._names = ["", *names]
        self._current = current
        self._cursor = self._names.index(current) if current in self._names else 0
        self._list = Static("", markup=False)

    def compose(self) -> ComposeResult:
        """The list in a frame."""
        with VerticalScroll(classes="dialog", id="devices") as box:
            box.can_focus = False
            box.border_title = Content("Output device")
            box.border_subtitle = Content("enter chooses · esc closes")
            yield self._list

    def on_mount(self) -> None:
        """Show it."""
        self._show()

    def _show(self) -> None:
        lines = []
        for number, name in enumerate(self._names):
            here = number == self._cursor
            marks = ("▌" if here else " ") + ("●" if name == self._current else " ")
            shown = clean(name) if name else "the system's own choice"
            lines.append(Content.styled(f"{marks} {shown}", "bold $accent on $panel" if here else "$foreground"))
        if self._current not in self._names:
            lines.append(Content.styled(f" ● {clean(self._current)} (not there now)", "$quiet"))
        self._list.update(Content("\n").join(lines))

    @property
    def count(self) -> int:
        """Of the lines."""
        return len(self._names)

    def action_choose(self) -> None:
        """This one."""
        self.dismiss(self._names[self._cursor])

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)
