"""The files of the folder. Draws only the rows that show, so 50,000 of them cost nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from j2a.store import Status
from j2a.tags import Tags
from j2a_tui.display import NO_STATUS, STATUS_LETTERS, clean, clock, fit, fit_path

if TYPE_CHECKING:
    from j2a.library import Track

DURATION_FROM_WIDTH = 30


class TrackList(ScrollView, can_focus=True, inherit_bindings=False):
    """A row a file: status letter, name, duration once it is known."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tracks--row", "tracks--cursor", "tracks--accepted", "tracks--draft", "tracks--set-aside", "tracks--quiet",
    }

    cursor: reactive[int] = reactive(-1)

    @dataclass
    class Moved(Message):
        """The cursor is on another file, or on none."""

        track: Track | None

    class Opened(Message):
        """A file was double-clicked."""

    def __init__(self, statuses: Mapping[Path, Status], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._statuses = statuses
        self._all: Sequence[Track] = ()
        self._names: Sequence[str] = ()  # of all of them, as they are searched
        self._tracks: Sequence[Track] = ()
        # As tuples, which the garbage collector leaves alone: looking through 50,000 records takes it 30 ms.
        self._tags: dict[Path, tuple[str, str, str, float | None]] = {}
        self._note = ""
        self._last: Track | None = None  # where the cursor was, also while a search finds nothing

    @property
    def track(self) -> Track | None:
        """The file under the cursor."""
        return self._tracks[self.cursor] if 0 <= self.cursor < len(self._tracks) else None

    @property
    def tracks(self) -> Sequence[Track]:
        """The files that are listed, those that a search left over."""
        return self._tracks

    @property
    def total(self) -> int:
        """Files in the folder."""
        return len(self._all)

    def tags(self, path: Path) -> Tags | None:
        """Tags of a file if they were read."""
        found = self._tags.get(path)
        return Tags(*found) if found else None

    def visible_first(self) -> list[Track]:
        """Every file, those on the screen first, then on from there: the order to read tags in."""
        top = self.scroll_offset.y
        return [*self._tracks[top:], *self._tracks[:top]]

    def set_tracks(self, tracks: Sequence[Track]) -> None:
        """List these files."""
        self._all = tracks
        self._names = [track.name.casefold() for track in tracks]
        self._list(tracks)

    def set_note(self, note: str) -> None:
        """A sentence where there are no files."""
        self._note = note
        self.refresh()

    def add_tags(self, tags: Mapping[Path, Tags]) -> None:
        """Durations, titles and artists arrive in batches."""
        self._tags.update((path, (of.title, of.artist, of.album, of.duration_s)) for path, of in tags.items())
        top = self.scroll_offset.y
        if any(track.path in tags for track in self._tracks[top:top + self.size.height]):
            self.refresh()

    def search(self, words: str) -> None:
        """List the files whose name, title, artist or album has every word; none asked for lists all."""
        wanted = words.casefold().split()
        if not wanted:
            self._list(self._all)
            return
        self._list([track for track, name in zip(self._all, self._names, strict=True)
                    if self._matches(track, name, wanted)])

    def go_to(self, path: Path) -> bool:
        """Put the cursor on a file; False when it is not listed."""
        for index, track in enumerate(self._tracks):
            if track.path == path:
                self.cursor = index
                return True
        return False

    def move(self, by: int) -> bool:
        """Move the cursor, stopping at the ends; False when it could not move."""
        before = self.cursor
        if self._tracks:
            self.cursor = min(max(0, before + by), len(self._tracks) - 1)
        return self.cursor != before

    def page(self, direction: int) -> None:
        """Move by what fits on the screen."""
        self.move(direction * max(1, self.size.height - 1))

    def _list(self, tracks: Sequence[Track]) -> None:
        kept = self._last
        self._tracks = tracks
        self.virtual_size = Size(self.size.width, len(tracks))
        found = (index for index, track in enumerate(tracks) if track is kept)
        index = next(found, 0 if tracks else -1)
        if index != self.cursor:
            self.cursor = index
        else:
            self._last = self.track or self._last
            self.post_message(self.Moved(self.track))
        self.refresh()

    def _matches(self, track: Track, name: str, wanted: Sequence[str]) -> bool:
        if all(word in name for word in wanted):
            return True
        tags = self.tags(track.path)
        if tags is None:
            return False
        text = f"{name} {tags.title} {tags.artist} {tags.album}".casefold()
        return all(word in text for word in wanted)

    def watch_cursor(self, before: int, after: int) -> None:
        """Keep the cursor in sight and say where it is."""
        self._last = self.track or self._last
        for index in (before, after):
            self.refresh(Region(0, index - self.scroll_offset.y, self.size.width, 1))
        if after >= 0:
            self.scroll_to_region(Region(0, after, self.size.width, 1), animate=False, force=True)
        self.post_message(self.Moved(self.track))

    def render_line(self, y: int) -> Strip:
        """One row of the list."""
        width = self.size.width
        index = y + self.scroll_offset.y
        if index >= len(self._tracks):
            return self._empty_line(y, width)
        track = self._tracks[index]
        status = self._statuses.get(track.path)
        letter_style = self.get_component_rich_style(self._letter_class(status))
        text_style = self.get_component_rich_style("tracks--row")
        quiet = self.get_component_rich_style("tracks--quiet")
        here = index == self.cursor
        if here:
            cursor = self.get_component_rich_style("tracks--cursor")
            letter_style, text_style, quiet = letter_style + cursor, text_style + cursor, quiet + cursor
        letter = STATUS_LETTERS[status] if status else NO_STATUS
        duration = self._duration(track) if width >= DURATION_FROM_WIDTH else ""
        room = width - 4 - (len(duration) + 1 if duration else 0)
        segments = [
            Segment("▌" if here else " ", text_style), Segment(letter + " ", letter_style),
            Segment(fit_path(clean(track.name), room), text_style),
        ]
        if duration:
            segments.append(Segment(" " + duration, quiet))
        segments.append(Segment(" ", text_style))
        return Strip(segments, width).adjust_cell_length(width, text_style)

    def _empty_line(self, y: int, width: int) -> Strip:
        text = f" {self._note}" if y == 0 and not self._tracks else ""
        return Strip([Segment(fit(text, width), self.get_component_rich_style("tracks--quiet"))], width)

    def _duration(self, track: Track) -> str:
        tags = self.tags(track.path)
        return clock(tags.duration_s) if tags and tags.duration_s else ""

    def _letter_class(self, status: Status | None) -> str:
        match status:
            case Status.ACCEPTED | Status.FLAGGED:
                return "tracks--accepted"
            case Status.DRAFT:
                return "tracks--draft"
            case Status.REJECTED | Status.SKIPPED:
                return "tracks--set-aside"
        return "tracks--quiet"

    def on_resize(self) -> None:
        """Rows are as wide as the list."""
        self.virtual_size = Size(self.size.width, len(self._tracks))

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there, a second one opens."""
        offset = event.get_content_offset(self)
        if offset is not None and (index := offset.y + self.scroll_offset.y) < len(self._tracks):
            self.cursor = index
            if event.chain == 2:
                self.post_message(self.Opened())
