"""Dialogs by the mouse, which does what their keys do."""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

T = TypeVar("T")


def is_beside(screen: Screen[T], event: events.Click) -> bool:
    """Whether a click is on nothing that the dialog draws."""
    return screen.get_widget_at(event.screen_x, event.screen_y)[0] is screen


class ListDialog(ModalScreen[T]):
    """A click puts the cursor on a line, a second one takes it; the wheel moves the cursor, a click beside it leaves.

    What has a cursor says where its list is drawn, where the cursor is, and which entry stands in a row of it.
    """

    @property
    def listed(self) -> Widget:
        """What draws the list."""
        raise NotImplementedError

    @property
    def cursor(self) -> int:
        """The entry that is chosen now."""
        raise NotImplementedError

    def entry_at(self, row: int) -> int | None:
        """The entry that is drawn in a row of the list."""
        raise NotImplementedError

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        raise NotImplementedError

    def action_choose(self) -> None:
        """Take what is under the cursor."""

    def action_leave(self) -> None:
        """Close it, and change nothing."""
        raise NotImplementedError

    def on_click(self, event: events.Click) -> None:
        """On a line, or beside the dialog."""
        if is_beside(self, event):
            self.action_leave()
            return
        area = self.listed.content_region
        entry = self.entry_at(event.screen_y - area.y) if area.contains(event.screen_x, event.screen_y) else None
        if entry is None:
            return
        chosen = entry == self.cursor and event.chain == 2
        self.action_move(entry - self.cursor)
        if chosen:
            self.action_choose()

    def on_mouse_scroll_down(self) -> None:
        """Where nothing scrolls."""
        self.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        """Where nothing scrolls."""
        self.action_move(-1)


class LineDialog(ListDialog[T]):
    """Each entry is a line of one text, ``_list``, which lies in what scrolls."""

    _list: Static
    _cursor: int

    @property
    def count(self) -> int:
        """How many entries there are."""
        raise NotImplementedError

    def _show(self) -> None:
        raise NotImplementedError

    @property
    def listed(self) -> Widget:
        """The lines."""
        return self._list

    @property
    def cursor(self) -> int:
        """Of them."""
        return self._cursor

    def entry_at(self, row: int) -> int | None:
        """One in each row."""
        return row if 0 <= row < self.count else None

    def action_move(self, by: int) -> None:
        """Another line."""
        self._cursor = min(max(0, self._cursor + by), self.count - 1)
        self._show()
        self._list.parent.scroll_to(y=self._cursor - 3, animate=False)  # type: ignore[union-attr]
