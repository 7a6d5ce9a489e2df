"""The files of the folder, in folders that fold: what is gone to, searched and folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Region, Size
from textual.message import Message

from j2a.records import dataclass
from j2a.store import Status
from j2a.tags import Tags
from j2a_tui.catalogue import Catalogue, Meets
from j2a_tui.folders import TOP_FOLDER
from j2a_tui.sorting import UNDECIDED
from j2a_tui.widgets.drawn_tracks import DrawnTracks

if TYPE_CHECKING:
    from j2a.library import Track


class TrackList(DrawnTracks, can_focus=True, inherit_bindings=False):
    """A row a file: status letter, name, contradicted claims in its captions, duration once it is known."""

    @dataclass
    class Moved(Message):
        """The cursor is on another file, or on none."""

        track: Track | None

    class Opened(Message):
        """A file was double-clicked."""

    def __init__(self, statuses: Mapping[Path, Status], catalogue: Catalogue, *, id: str | None = None) -> None:
        super().__init__(statuses, catalogue, id=id)
        self._last: Track | None = None  # where the cursor was, also while a search finds nothing

    @property
    def track(self) -> Track | None:
        """The file under the cursor."""
        return self._track_of(self.cursor)

    @property
    def last(self) -> Track | None:
        """The file that was under it last, though it may be on a folder, or nothing was found."""
        return self._last

    @property
    def tracks(self) -> Sequence[Track]:
        """The files that are listed, those that a search left over; folded ones, too."""
        return [self.listing.tracks[place] for place in self.listing.found]

    @property
    def found(self) -> int:
        """How many those are."""
        return len(self.listing.found)

    @property
    def total(self) -> int:
        """Files in the folder."""
        return len(self.listing.tracks)

    @property
    def rows_shown(self) -> Iterator[tuple[int, int | str]]:
        """Each row on the screen: how far from the top, and its entry, or the name of a folder that is open."""
        top = self.scroll_offset.y
        return enumerate(self.listing.rows[top : top + self.size.height])

    def visible_first(self) -> list[Track]:
        """Every file, those on the screen first, then on from there: the order to read tags in."""
        listing = self.listing
        rows = (listing.rows[row] for row in range(self.scroll_offset.y, len(listing.rows)))
        shown = (listing.entries[row] for row in rows if isinstance(row, int))
        top = next((place for place in shown if isinstance(place, int)), 0)
        return [*listing.tracks[top:], *listing.tracks[:top]]

    def set_tracks(self, tracks: Sequence[Track]) -> None:
        """List these files."""
        self.listing.set_tracks(tracks)
        self._list()

    def add_tags(self, tags: Mapping[Path, Tags]) -> None:
        """Durations, titles and artists arrive in batches."""
        self.listing.add_tags(tags)
        self.refresh_changed()

    def search(self, words: str, meets: Meets | None = None) -> None:
        """List the files that have every word, or are near to them, and that meet the conditions."""
        self.listing.search(words, meets)
        self._list()

    def go_to(self, path: Path, *, unfold: bool = True) -> bool:
        """Put the cursor on a file, whose folder opens, or on that folder; False when it is not listed."""
        if unfold and self.listing.unfold_for(path):
            self._list()
        entry = self.listing.entry_of(path)
        if entry is None and not unfold:
            entry = self.listing.entry_of_folder(path)
        if entry is None:
            return False
        self.cursor = entry
        return True

    def move(self, by: int) -> bool:
        """Move the cursor, stopping at the ends; False when it could not move."""
        before = self.cursor
        if self.listing.entries:
            self.cursor = min(max(0, before + by), len(self.listing.entries) - 1)
        return self.cursor != before

    def go_to_next(self) -> bool:
        """To the next file, past folders that are folded; False when there is none."""
        for entry in range(self.cursor + 1, len(self.listing.entries)):
            if self._track_of(entry) is not None:
                self.cursor = entry
                return True
        return False

    def fold(self, folder: str | None = None) -> bool:
        """Close a folder, or open it: the one under the cursor where none is named. False where there are none."""
        if folder is None:
            folder = self.listing.folder_of(self.cursor)
        if folder is None:
            return False
        self.listing.fold(folder)
        self._list(folder)
        return True

    def fold_heading(self, name: str) -> None:
        """Close the folder of a heading."""
        self.fold("" if name == TOP_FOLDER else name)

    def open_folder(self) -> bool:
        """Open the folder under the cursor, if it stands on one that is folded."""
        return self.track is None and self.fold()

    def fold_all(self) -> bool:
        """Close every folder, or open them all when they are closed. False where there are none."""
        folder = self.listing.folder_of(self.cursor)
        if folder is None:
            return False
        self.listing.fold_all()
        self._list(folder)
        return True

    def go_to_open(self, direction: int) -> bool:
        """To the next or the last file without a decision, around the ends of the list; False when there is none."""
        count = len(self.listing.entries)
        for step in range(1, count):
            entry = (self.cursor + direction * step) % count
            track = self._track_of(entry)
            if track is not None and self._statuses.get(track.path) in UNDECIDED:
                self.cursor = entry
                return True
        return False

    def coming_up(self, count: int) -> list[Path]:
        """The next files that have nothing yet."""
        after = filter(None, map(self._track_of, range(self.cursor + 1, len(self.listing.entries))))
        return list(islice((track.path for track in after if track.path not in self._statuses), count))

    def page(self, direction: int) -> None:
        """Move by what fits on the screen."""
        self.move(direction * max(1, self.size.height - 1))

    def _list(self, folder: str | None = None) -> None:
        """Draw other rows. The cursor stays on its file, or goes to its folder where that is folded."""
        listing = self.listing
        self.virtual_size = Size(self.size.width, len(listing.rows))
        index = listing.entry_of(self._last.path) if self._last is not None else None
        if index is None and folder is not None and folder in listing.folded:
            index = listing.entries.index(folder)
        if index is None:
            index = 0 if listing.entries else -1
        if index != self.cursor:
            self.cursor = index
        else:
            self._last = self.track or self._last
            self.post_message(self.Moved(self.track))
            self._show_cursor()
        self.refresh()

    def watch_cursor(self, before: int, after: int) -> None:
        """Keep the cursor in sight and say where it is."""
        self._last = self.track or self._last
        for index in (before, after):
            if 0 <= index < len(self.listing.row_of):
                row = self.listing.row_of[index]
                self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))
        self._show_cursor()
        self._keep_notices_off()
        self.post_message(self.Moved(self.track))

    def _keep_notices_off(self) -> None:
        """Notices lie over the other half of the list."""
        if self.is_mounted and 0 <= self.cursor < len(self.listing.row_of):
            low = self.listing.row_of[self.cursor] - self.scroll_offset.y > self.size.height // 2
            for rack in self.screen.query("ToastRack"):
                rack.set_class(low, "-high")

    def _show_cursor(self) -> None:
        rows, row_of = self.listing.rows, self.listing.row_of
        if 0 <= self.cursor < len(row_of):
            row = row_of[self.cursor]
            headed = row > 0 and isinstance(rows[row - 1], str)  # its folder's name is seen too
            self.scroll_to_region(Region(0, row - headed, self.size.width, 1 + headed), animate=False, force=True)

    def on_resize(self) -> None:
        """Rows are as wide as the list."""
        self.virtual_size = Size(self.size.width, len(self.listing.rows))

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there, a second one opens; on the name of a folder it folds."""
        offset = event.get_content_offset(self)
        if offset is None or (row := offset.y + self.scroll_offset.y) >= len(self.listing.rows):
            return
        index = self.listing.rows[row]
        place = index if isinstance(index, str) else self.listing.entries[index]
        if isinstance(place, str):
            self.fold_heading(place)
        elif isinstance(index, int):
            self.cursor = index
            if event.chain == 2:
                self.post_message(self.Opened())
