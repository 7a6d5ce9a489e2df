"""The caption as a text field. Imported when it is first used: Textual's takes its time to load."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widgets import TextArea

from j2a.clip import Clip
from j2a_tui.bindings import in_use, textual_bindings
from j2a_tui.key_table import Where

AUTOSAVE_S = 0.4
_FUNCTION_KEY = re.compile(r"f\d+")


class Editor(TextArea):
    """The text is handed on a moment after the last key, and when it is left."""

    PLACE: ClassVar[Where] = "editor"  # whose keys f1 tells
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("editor")]

    class Edited(Message):
        """The text as it stands, of the clip that it belongs to."""

        def __init__(self, text: str, clip: Clip | None) -> None:
            super().__init__()
            self.text_now, self.clip = text, clip

    class Left(Message):
        """Editing is over; ``accept`` asks for the next file, ``cancel`` for the text as it was."""

        def __init__(self, *, accept: bool = False, cancel: bool = False) -> None:
            super().__init__()
            self.accept, self.cancel = accept, cancel

    class Transport(Message):
        """Play or pause, or seek by some seconds."""

        def __init__(self, seek_s: float | None) -> None:
            super().__init__()
            self.seek_s = seek_s

    def __init__(self) -> None:
        super().__init__(soft_wrap=True, show_line_numbers=False, tab_behavior="focus", compact=True,
                         highlight_cursor_line=False, id="editor")
        self._clip: Clip | None = None
        self._autosave: Timer | None = None
        self._in_use = False
        ends = {"editor_leave": self.action_leave, "editor_accept": self.action_save_and_accept,
                "editor_cancel": self.action_cancel}
        for entry in in_use():  # TextArea has f6 and f7 for selecting
            for key in entry.keys.split(",") if entry.where in ("desk", "anywhere") else ():
                if _FUNCTION_KEY.fullmatch(key):
                    self._bindings.key_to_bindings.pop(key, None)
        self._leaving = {key: ends[entry.id] for entry in in_use() if entry.id in ends for key in entry.keys.split(",")}
        self.begun_with = ""

    def begin(self, text: str, clip: Clip | None) -> None:
        """Show itself with a text of a clip, the cursor at its end."""
        self._clip, self.begun_with = clip, text
        self._in_use = True
        with self.prevent(TextArea.Changed):
            self.load_text(text)
        self.move_cursor(self.document.end)
        self.display = True

    def end(self) -> str:
        """Hide itself; returns the text as it stands."""
        self._in_use = False
        if self._autosave is not None:
            self._autosave.stop()
            self._autosave = None
        self.display = False
        return self.text

    def on_text_area_changed(self) -> None:
        """Wait for a pause in the typing, but not longer than promised."""
        if self._autosave is None:
            self._autosave = self.set_timer(AUTOSAVE_S, self._hand_on)

    def _hand_on(self) -> None:
        self._autosave = None
        self.post_message(self.Edited(self.text, self._clip))

    def action_leave(self) -> None:
        """Back to the files."""
        self._leave(accept=False)

    def action_save_and_accept(self) -> None:
        """Accept and go on."""
        self._leave(accept=True)

    def action_cancel(self) -> None:
        """The text as it was; what is selected is copied instead."""
        if self.selected_text:
            self.action_copy()
        else:
            self._leave(cancel=True)

    def _leave(self, *, accept: bool = False, cancel: bool = False) -> None:
        """Told to what is above at once, before the keys that were pressed next: those are not for the text."""
        self._in_use = False
        if self.parent is not None:
            self.parent.post_message(self.Left(accept=accept, cancel=cancel))

    def action_play(self) -> None:
        """Play or pause while typing."""
        self.post_message(self.Transport(None))

    def action_back(self) -> None:
        """Hear the last two seconds again."""
        self.post_message(self.Transport(-2.0))

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """What never leaves the field: letters, the end of a line, and its own keys, which come after those."""
        own = key == "enter" or key in self._leaving or key in self._bindings.key_to_bindings
        return own or super().check_consume_key(key, character)

    async def _on_key(self, event: events.Key) -> None:
        # Here, not by the bindings, which would see the keys only after those that follow have become text. (TextArea
        # keeps escape for itself.)
        event.prevent_default()
        if not self._in_use:
            return
        if leave := self._leaving.get(event.key):
            event.stop()
            leave()
        elif own := self._bindings.key_to_bindings.get(event.key):  # in their order among the letters, too
            event.stop()
            await self.run_action(own[0].action)
        else:
            await super()._on_key(event)
