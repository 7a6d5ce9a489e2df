"""The windows of one track in time: those with a caption or a decision, and those that shall have one. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from j2a.records import dataclass
from j2a.store import Status
from j2a_tui.catalogue import Entry
from j2a_tui.display import EDITED, NO_STATUS, STATUS_LETTERS
from j2a_tui.windows import Window

_STANDS = {Status.ACCEPTED: "accepted", Status.FLAGGED: "accepted", Status.DRAFT: "draft"}


@dataclass(frozen=True, slots=True)
class Place:
    """One window, and how it stands."""

    window: Window
    status: Status | None  # None: planned, nothing else yet
    edited: bool = False
    text: str = ""

    @property
    def letter(self) -> str:
        """As in the list of files."""
        if self.status is Status.DRAFT and self.edited:
            return EDITED
        return STATUS_LETTERS[self.status] if self.status else NO_STATUS

    @property
    def stands(self) -> str:
        """ "accepted", "draft", "set-aside" or "new"."""
        return _STANDS.get(self.status, "set-aside") if self.status else "new"

    @property
    def open(self) -> bool:
        """Whether it waits for a decision."""
        return self.status in (None, Status.DRAFT, Status.FAILED)


def places(entries: Iterable[Entry], planned: Iterable[Window], duration_s: float | None) -> list[Place]:
    """Both together, in time. A window that was planned and has a caption is there once."""
    known: dict[Window, Place] = {}
    for entry in entries:
        end_s = entry.clip.end_s if entry.clip.end_s is not None else duration_s
        if entry.status is not None and end_s is not None and end_s > entry.clip.start_s:
            window = Window(entry.clip.start_s, end_s)
            known[window] = Place(window, entry.status, entry.edited, entry.text)
    for window in planned:
        known.setdefault(window, Place(window, None))
    return sorted(known.values(), key=lambda place: (place.window.start_s, place.window.end_s))
