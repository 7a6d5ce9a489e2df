"""Editing: the caption's words, here and in the user's own editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from j2a.errors import J2AError
from j2a_tui import external
from j2a_tui.display import feature_text, window_text
from j2a_tui.jobs import Change
from j2a_tui.screens.jumping import Jumping

if TYPE_CHECKING:
    from j2a_tui.widgets.editor import Editor

_TOLD = ("bpm", "meter", "key", "chords", "sound", "tags", "genre")  # in the user's own editor


class Editing(Jumping):
    """The desk, written on."""

    def action_accept(self) -> None:
        """Accept what was written, and go on."""
        raise NotImplementedError

    def action_edit(self) -> None:
        """In place."""
        if self.ready_for("edit"):
            self.session.stop()
            self.session.end_edit()  # what comes from here on is one action
            self.caption.open_editor()
            self.keys.show("editor")

    def action_external_editor(self) -> None:
        """In the editor that the user has chosen."""
        self.close_editor()
        if self.ready_for("external_editor"):
            self.session.stop()
            try:
                text = external.edit(self.app, self.session.text, self._known())
            except J2AError as error:
                self.tell(error)
                return
            self.session.edit(text)
            self.session.end_edit()
            self.show_change(Change.EVERYTHING)

    def _known(self) -> list[str]:
        """What there is to know while writing: file, window, what was measured, which claims are contradicted."""
        from j2a_tui.claims import contradicted

        session = self.session
        clip, features = session.clip, session.features
        if clip is None:
            return []
        measured = [(name, feature_text(name, features)) for name in _TOLD]
        wrong = contradicted(session.text, features)
        return [
            f"{clip.path.name}, {window_text(clip.start_s, clip.end_s)}",
            *(f"{name}: {text}" for name, text in measured if text),
            *(f"contradicted: {one.text}, but {one.measured or 'it was not heard'}" for one in wrong),
        ]

    def on_editor_edited(self, message: Editor.Edited) -> None:
        """What was typed is saved."""
        if self.caption.editor is not None and message.clip == self.session.clip:
            self.session.edit(message.text_now)
            self.show_change(Change.STATUS)

    def on_editor_left(self, message: Editor.Left) -> None:
        """Back to the files, or on to the next."""
        if message.cancel:
            self._cancel_edit()
            return
        self.close_editor()
        if message.accept:
            self.action_accept()

    def _cancel_edit(self) -> None:
        """The text as it was before it was edited."""
        if (begun_with := self.caption.cancel_editor()) is None:
            return
        self.session.cancel_edit(begun_with)
        self._leave_editor()

    def _leave_editor(self) -> None:
        self.set_focus(self.tracks)
        self.keys.show("desk")
        self.show_change(Change.EVERYTHING)

    def on_editor_transport(self, message: Editor.Transport) -> None:
        """Listen while typing."""
        if message.seek_s is None:
            self.action_play()
        else:
            self.action_seek(message.seek_s)

    def close_editor(self) -> None:
        """Keep the text and go back to the files."""
        text = self.caption.close_editor()
        if text is None:
            return
        self.session.edit(text)
        self.session.end_edit()
        self._leave_editor()

    def save_now(self) -> None:
        """Whatever is being typed is kept."""
        if self.caption.editor is not None:
            self.session.edit(self.caption.editor.text)
