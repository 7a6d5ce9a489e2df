"""The search field under the list of files."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from j2a_tui.bindings import textual_bindings
from j2a_tui.key_table import Where


class SearchField(Input):
    """Filters while it is typed in; ``Input.Changed`` carries the words."""

    PLACE: ClassVar[Where] = "search"  # whose keys f1 tells
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("search")]

    class Left(Message):
        """Back to the files, with the filter or without."""

        def __init__(self, *, keep: bool) -> None:
            super().__init__()
            self.keep = keep

    def __init__(self) -> None:
        hint = "name, title, artist, status:new bpm:118-124 …"
        super().__init__(placeholder=hint, compact=True, id="search", select_on_focus=False)

    def action_keep(self) -> None:
        """Go to the files that are left."""
        self.post_message(self.Left(keep=True))

    def action_clear(self) -> None:
        """Show them all again."""
        self.post_message(self.Left(keep=False))
