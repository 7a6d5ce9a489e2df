"""Small questions: which version, and yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from j2a_tui.display import clean, fit
from j2a_tui.screens.clickable import ListDialog, is_beside

_ABOUT = {
    "1.0": "reads what was measured",
    "2.0": "listens: one impression of the whole clip",
    "2.1": "listens moment by moment",
    "3.0": "listens moment by moment, and reads what was measured",
}


class _Models(Widget):
    """The rows, each with a line of detail."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[dict[str, Any]] | None = None
        self.cursor = 0
        self.current = ("", "")
        self.problem = ""

    def render(self) -> Content:
        """``● 1.0  mini   here   8 M parameters``."""
        if self.problem:
            return Content.styled(self.problem, "$error")
        if self.rows is None:
            return Content.styled("Asking the engine …", "$quiet")
        if not self.rows:
            return Content.styled("No versions were found.", "$quiet")
        return Content("\n").join([self._row(index, row) for index, row in enumerate(self.rows)])

    def _row(self, index: int, row: dict[str, Any]) -> Content:
        width = self.size.width
        here = index == self.cursor
        used = (row["version"], row["backbone"]) == self.current
        name = f"{clean(str(row['version'])):<4} {clean(str(row['backbone']))}"
        state = "here   " if row["present"] else "missing"
        first = f"{'▌' if here else ' '}{'●' if used else ' '} {fit(name, width - 12)} {state}"
        style = "bold $accent on $panel" if here else "$foreground" if row["present"] else "$quiet"
        detail = f"{row['detail']} ({row['licence']})" if row["licence"] else str(row["detail"])
        if about := _ABOUT.get(str(row["version"])):
            detail = f"{about}; {detail}"
        if row["get"] and not row["present"]:
            detail = f"Get it: {row['get']}"
        return Content.assemble((fit(first, width), style), "\n", (fit(f"     {clean(detail)}", width), "$quiet"))


class VersionScreen(ListDialog["dict[str, Any] | None"]):
    """What is here and what could be; the answer is a row of the engine's report."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,v", "leave", "Close", show=False), Binding("enter", "choose", "Choose", show=False),
        Binding("j,down", "move(1)", show=False), Binding("k,up", "move(-1)", show=False),
    ]

    def __init__(self, current: tuple[str, str], title: str = "Version and weights") -> None:
        super().__init__()
        self._title = title
        self._models = _Models()
        self._models.current = current

    def compose(self) -> ComposeResult:
        """The list in a frame."""
        with Vertical(classes="dialog", id="versions") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content("enter chooses · esc closes")
            yield self._models

    def show_rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """The engine has answered."""
        models = self._models
        models.rows = rows
        names = [(row["version"], row["backbone"]) for row in rows]
        models.cursor = names.index(models.current) if models.current in names else 0
        models.refresh(layout=True)

    def show_problem(self, text: str) -> None:
        """The engine could not answer."""
        self._models.problem = text
        self._models.refresh(layout=True)

    @property
    def listed(self) -> Widget:
        """The lines."""
        return self._models

    @property
    def cursor(self) -> int:
        """Of them."""
        return self._models.cursor

    def entry_at(self, row: int) -> int | None:
        """Two rows for each."""
        return row // 2 if 0 <= row < 2 * len(self._models.rows or ()) else None

    def action_move(self, by: int) -> None:
        """Another row."""
        models = self._models
        if models.rows:
            models.cursor = min(max(0, models.cursor + by), len(models.rows) - 1)
            models.refresh()

    def action_choose(self) -> None:
        """This one."""
        if self._models.rows:
            self.dismiss(dict(self._models.rows[self._models.cursor]))

    def action_leave(self) -> None:
        """None of them."""
        self.dismiss(None)


class ConfirmScreen(ModalScreen[bool]):
    """A question with yes and no; anything but a clear yes is a no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False), Binding("n,escape,q,enter", "answer(False)", show=False),
    ]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__()
        self._question, self._yes = question, yes

    def compose(self) -> ComposeResult:
        """The question and the two keys."""
        with Vertical(classes="dialog", id="confirm"):
            yield Static(Content(self._question), markup=False)
            answers = (("y", "bold $accent"), (f" {self._yes}   ", "$quiet"), ("n", "bold $accent"), (" No", "$quiet"))
            yield Static(Content.assemble("\n", *answers), id="answers", markup=False)

    def on_click(self, event: events.Click) -> None:
        """On one of the answers; beside the question it is a no."""
        offset = event.get_content_offset(self.query_one("#answers"))
        if is_beside(self, event):
            self.dismiss(False)
        elif offset is not None and offset.y == 1 and offset.x < len(f"y {self._yes}   n No"):
            self.dismiss(offset.x < len(f"y {self._yes}  "))

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)
