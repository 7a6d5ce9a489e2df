"""What the user makes of a caption: edits, decisions, and taking them back."""

from __future__ import annotations

from j2a.errors import J2AError
from j2a.store import Row, Status
from j2a_tui.requests import Requests


class Decisions(Requests):
    """Everything is saved at once, and each action is taken back by one undo."""

    def edit(self, text: str) -> None:
        """Replace the text by hand; it is saved at once."""
        clip = self.clip
        if clip is None or text == self.text:
            return
        self._forget_stopped()
        self.text = text
        self._save(clip, lambda store: store.edit(clip, text))

    def end_edit(self) -> None:
        """The edits since the last action are taken back together by one undo."""
        self.ledger.end_action()

    def cancel_edit(self, before: str) -> None:
        """The text as it was before it was edited, whatever of that was saved; redo brings the edit back."""
        clip = self.clip
        if clip is None:
            return
        if self.ledger.in_action:
            self._show_row(self.ledger.undo())
        if self.text != before:  # nothing of it is on the disk yet
            self.edit(before)
            self.end_edit()

    def _forget_stopped(self) -> None:
        """The end of a request that was stopped must not replace what the user does after that."""
        if self.job is not None and self.job.stopping:
            self._end_job()

    def accept_when_whole(self) -> None:
        """Accept the caption that is being written, as soon as its last word is there."""
        if self.job is not None and self.writing:
            self.job.accepting = True

    def decide(self, status: Status) -> bool:
        """Set the status of the clip; False when it could not be saved."""
        clip = self.clip
        if clip is None:
            return False
        self._forget_stopped()
        if self.ledger.changed_elsewhere(clip) or not self.settled:
            self.show(self.ledger.get(clip))
            self._on_problem(J2AError("This is how it stands now.", "Look at it, and decide again.",
                                      title="Another J2A has changed this caption"))
            return False
        saved = self._save(clip, lambda store: store.set_status(clip, status))
        self.ledger.end_action()
        return saved

    def undo(self) -> Row | None:
        """Take back the last action, of whichever clip; the row as it is then, ``None`` when there is none."""
        self.leave()
        return self._show_row(self.ledger.undo())

    def redo(self) -> Row | None:
        """Make it again."""
        self.leave()
        return self._show_row(self.ledger.redo())

    def _show_row(self, row: Row | None) -> Row | None:
        if row is None:
            return None
        self.job = None
        if not row.about_file:
            self.begin_saved(row.clip, row)
        elif self.clip is not None and self.clip.path == row.clip.path:
            self.corrections = row.corrections
            self.show(self.ledger.get(self.clip))
        return row
