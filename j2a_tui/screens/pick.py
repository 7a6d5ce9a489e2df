"""One of a few lines: an order, a saved view, a theme."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from j2a.records import dataclass
from j2a_tui.display import clean, fit
from j2a_tui.screens.clickable import LineDialog


@dataclass(frozen=True, slots=True)
class Line:
    """What can be chosen, by ``name``, and what is said of it."""

    name: str
    label: str
    about: str = ""


class PickScreen(LineDialog["str | None"]):
    """The answer is the name of a line, or ``None`` for no change.

    ``on_cursor`` is told of each line that the cursor comes to, to show what it would be like; ``on_delete`` takes a
    line away, where lines can be. ``beside``: over the files, so that the desk is seen.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Close", show=False), Binding("enter", "choose", "Choose", show=False),
        Binding("j,down", "move(1)", show=False), Binding("k,up", "move(-1)", show=False),
        Binding("x,delete", "delete", show=False),
    ]

    def __init__(
        self, title: str, lines: Sequence[Line], current: str = "", *,
        on_cursor: Callable[[str], None] | None = None, on_delete: Callable[[str], bool] | None = None,
        beside: bool = False,
    ) -> None:
        super().__init__(classes="-beside" if beside else None)
        self._title, self._lines, self._current = title, list(lines), current
        self._on_cursor, self._on_delete = on_cursor, on_delete
        names = [line.name for line in lines]
        self._cursor = names.index(current) if current in names else 0
        self._list = Static("", markup=False)

    def compose(self) -> ComposeResult:
        """The lines in a frame."""
        with VerticalScroll(classes="dialog pick") as box:
            box.can_focus = False
            box.border_title = Content(self._title)
            box.border_subtitle = Content(f"enter chooses{' · x deletes' if self._on_delete else ''} · esc closes")
            yield self._list

    def on_resize(self) -> None:
        """As wide as there is room."""
        self._show()

    def _show(self) -> None:
        room = self._list.size.width
        wide = min(28, max((len(line.label) for line in self._lines), default=0) + 2)
        shown = []
        for number, line in enumerate(self._lines):
            here = number == self._cursor
            marks = ("▌" if here else " ") + ("●" if line.name == self._current else " ")
            label = fit(clean(line.label), wide if line.about else max(0, room - 3))
            about = fit(clean(line.about), max(0, room - 3 - wide)) if line.about else ""
            shown.append(Content.assemble(
                (f"{marks} {label}", "bold $accent on $panel" if here else "$foreground"), (about, "$quiet"),
            ))
        self._list.update(Content("\n").join(shown))

    @property
    def count(self) -> int:
        """Of the lines."""
        return len(self._lines)

    def action_move(self, by: int) -> None:
        """Another line."""
        super().action_move(by)
        if self._on_cursor is not None and self._lines:
            self._on_cursor(self._lines[self._cursor].name)

    def action_choose(self) -> None:
        """This one."""
        self.dismiss(self._lines[self._cursor].name if self._lines else None)

    def action_delete(self) -> None:
        """Take this one away."""
        if self._on_delete is None or not self._lines or not self._on_delete(self._lines[self._cursor].name):
            return
        del self._lines[self._cursor]
        if not self._lines:
            self.dismiss(None)
            return
        self.action_move(0)

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)


class NameScreen(ModalScreen["str | None"]):
    """A short name, typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Close", show=False)]

    def __init__(self, title: str, about: str) -> None:
        super().__init__()
        self._title, self._about = title, about

    def compose(self) -> ComposeResult:
        """What it is the name of, and the field."""
        with VerticalScroll(classes="dialog pick") as box:
            box.can_focus = False
            box.border_title = Content(self._title)
            box.border_subtitle = Content("enter keeps · esc closes")
            yield Static(Content.styled(clean(self._about), "$quiet"), markup=False)
            yield Input(compact=True, id="name", max_length=40)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """It is typed."""
        message.stop()
        self.dismiss(message.value.strip() or None)

    def action_leave(self) -> None:
        """No name."""
        self.dismiss(None)
