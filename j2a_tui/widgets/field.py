"""A text field of a dialog that has several: what is typed right behind tab goes into the next one."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class Field(Input):
    """Keys come here in their order, also those that were typed before the focus had moved on: they are handed on."""

    async def _on_key(self, event: events.Key) -> None:
        screen = self.screen
        moves = {"tab": screen.focus_next, "shift+tab": screen.focus_previous}
        if screen.focused is not self:
            event.stop()
            event.prevent_default()
            if screen.focused is not None:
                screen.focused._forward_event(events.Key(event.key, event.character))
        elif move := moves.get(event.key):
            event.stop()
            event.prevent_default()
            move()
        else:
            await super()._on_key(event)
