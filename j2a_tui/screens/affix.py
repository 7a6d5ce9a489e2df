"""What stands before and behind every caption of the folder when it is exported."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from j2a.affixes import Affix, tidy
from j2a_tui.display import clean


class AffixScreen(ModalScreen["Affix | None"]):
    """Two fields, and how a caption reads with them; the answer is ``None`` for no change."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, folder: str, affix: Affix, example: str) -> None:
        super().__init__()
        self._folder, self._example = folder, example
        self._before = Input(affix.prefix, placeholder="before every caption: a trigger word, …", compact=True,
                             select_on_focus=False, id="prefix")
        self._behind = Input(affix.suffix, placeholder="behind every caption", compact=True, select_on_focus=False,
                             id="suffix")

    def compose(self) -> ComposeResult:
        """The fields in a frame."""
        with Vertical(classes="dialog", id="affix") as box:
            box.border_title = Content("Prefix and suffix")
            box.border_subtitle = Content("enter keeps · tab the other field · esc leaves")
            yield Static(Content(clean(f"Of every caption of {self._folder} when it is exported. The captions stay as "
                                       "they are, so you can change it later.")), markup=False)
            yield self._before
            yield self._behind
            yield Static("", id="affix-reads", markup=False)

    def on_mount(self) -> None:
        """How it reads."""
        self.set_focus(self._before)
        self.on_input_changed()

    @property
    def _affix(self) -> Affix:
        return Affix(tidy(self._before.value), tidy(self._behind.value))

    def on_input_changed(self) -> None:
        """How it reads now."""
        text = self._affix.around(self._example)
        self.query_one("#affix-reads", Static).update(Content.styled(clean(f"In the file: {text}"), "$quiet"))

    def on_input_submitted(self) -> None:
        """Keep it."""
        self.dismiss(self._affix)

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)
