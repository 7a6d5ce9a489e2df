"""Small questions: which version, and yes or no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from j2a.exporting.choosing import ONLY, Only
from j2a_tui.display import clean, fit

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


class VersionScreen(ModalScreen["dict[str, Any] | None"]):
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


# In the order of j2a.exporting.ONLY.
_EXPORTS = ("accepted captions only", "every caption, drafts too", "everything, also what was skipped without one")


class ExportScreen(ModalScreen["Only | None"]):
    """Which captions go into the file; the answer is ``None`` for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a,enter", "answer('accepted')", show=False), Binding("c", "answer('captioned')", show=False),
        Binding("e", "answer('all')", show=False), Binding("escape,q,n", "answer('')", show=False),
    ]

    def __init__(self, target: str, counts: Mapping[Only, int]) -> None:
        super().__init__()
        self._target, self._counts = target, counts

    def compose(self) -> ComposeResult:
        """The choices with their keys."""
        lines = [Content(f"Write {clean(self._target)}"), Content("")]
        for key, what, count in zip("ace", _EXPORTS, map(self._counts.__getitem__, ONLY), strict=True):
            lines.append(Content.assemble((f"{key}  ", "bold $accent"), (f"{count:>6,}  ", "bold"), (what, "$quiet")))
        with Vertical(classes="dialog", id="export") as box:
            box.border_title = Content("Export")
            box.border_subtitle = Content("esc closes")
            yield Static(Content("\n").join(lines), markup=False)

    def action_answer(self, only: str) -> None:
        """Close with the answer."""
        self.dismiss(next((name for name in ONLY if name == only), None))


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
            yield Static(Content.assemble("\n", *answers), markup=False)

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)
