"""Who works here: the texts of several people side by side, how far they agree, and who goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from j2a.printable import one_paragraph
from j2a.store.opinions import Agreement, Opinion
from j2a_tui.display import clean
from j2a_tui.screens.clickable import ListDialog

LONGEST = 60


class AnnotatorScreen(ListDialog["str | None"]):
    """The answer is the name of who goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,W", "leave", show=False), Binding("enter", "choose", show=False),
        Binding("j,down", "move(1)", show=False), Binding("k,up", "move(-1)", show=False),
        Binding("n", "new", show=False),
    ]

    def __init__(self, me: str, names: Sequence[str], here: Sequence[Opinion], agreed: Sequence[Agreement]) -> None:
        """``here``: what each has made of the window on the desk."""
        super().__init__()
        self._me = me
        self._names = list(dict.fromkeys([me, *names]))
        self._here = {opinion.annotator: opinion for opinion in here}
        self._agreed = agreed
        self._cursor = 0

    def compose(self) -> ComposeResult:
        """The people in a frame."""
        with Vertical(classes="dialog", id="annotators") as box:
            box.border_title = Content("Annotators")
            box.border_subtitle = Content("enter goes on as this one · n another name · esc closes")
            with VerticalScroll(can_focus=False):
                yield Static("", id="annotator-list", markup=False)

    def on_mount(self) -> None:
        """The list."""
        self._show()

    @property
    def _heads(self) -> list[str]:
        return [f" {_called(name)}{' (you)' if name == self._me else ''}" for name in self._names]

    def _show(self) -> None:
        lines = []
        for place, (name, head) in enumerate(zip(self._names, self._heads, strict=True)):
            here = place == self._cursor
            mark = f"{'▌' if here else ' '}{'●' if name == self._me else ' '}"
            lines.append(Content.styled(f"{mark}{head}", "bold $accent on $panel" if here else "bold $foreground"))
            opinion = self._here.get(name)
            if opinion is None:
                lines.append(Content.styled("     nothing about this window", "$quiet"))
            else:
                text = clean(" ".join(opinion.text.split())) or "no text"
                lines.append(Content.assemble((f"     {opinion.status.value}: ", "$accent"), (text, "$foreground")))
        lines.append(Content(""))
        if not self._agreed:
            lines.append(Content.styled("No two of them have decided about the same window of this folder.", "$quiet"))
        for one in self._agreed:
            told = f"{_called(one.one)} and {_called(one.other)}: {_share(one.same, one.windows)} decisions the same"
            told += f", {_share(one.shared, one.claims)} claims in both texts" if one.claims else ""
            lines.append(Content.styled(told, "$foreground"))
        self.query_one("#annotator-list", Static).update(Content("\n").join(lines))

    @property
    def listed(self) -> Widget:
        """The lines."""
        return self.query_one("#annotator-list")

    @property
    def cursor(self) -> int:
        """Of them."""
        return self._cursor

    def entry_at(self, row: int) -> int | None:
        """A name, and what is told of it, in as many rows as that takes."""
        drawn = [self.listed.render_line(y).text.rstrip() for y in range(row + 1)]
        return None if "" in drawn else sum(line[2:] in self._heads for line in drawn) - 1

    def action_move(self, by: int) -> None:
        """Another one."""
        self._cursor = min(max(0, self._cursor + by), len(self._names) - 1)
        self._show()

    def action_new(self) -> None:
        """Somebody who was not here yet."""
        self.app.push_screen(NameScreen(), self._take)

    def _take(self, name: str | None) -> None:
        if name:
            self.dismiss(name)

    def action_choose(self) -> None:
        """The one under the cursor."""
        self.dismiss(self._names[self._cursor])

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)


class NameScreen(ModalScreen["str | None"]):
    """A name, or ``None``."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def compose(self) -> ComposeResult:
        """One field."""
        with Vertical(classes="dialog", id="annotator") as box:
            box.border_title = Content("Who goes on?")
            box.border_subtitle = Content("enter goes on · esc leaves")
            yield Input(placeholder="a name", compact=True)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """This is the name."""
        self.dismiss(one_paragraph(message.value).strip()[:LONGEST] or None)

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)


def _called(name: str) -> str:
    return clean(name) or "somebody without a name"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})"
