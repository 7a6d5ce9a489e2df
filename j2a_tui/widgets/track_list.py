"""The files of the folder, under the names of its folders. Draws only the rows that show: 50,000 cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
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
from j2a_tui.catalogue import Catalogue
from j2a_tui.display import EDITED, NO_STATUS, STATUS_LETTERS, VERDICT_MARKS, clean, clock, fit, fit_path

if TYPE_CHECKING:
    from j2a.library import Track

DURATION_FROM_WIDTH = 24
UNDECIDED = (None, Status.DRAFT, Status.FAILED)
TOP_FOLDER = "."  # the heading of files that lie beside folders


class TrackList(ScrollView, can_focus=True, inherit_bindings=False):
    """A row a file: status letter, name, contradicted claims in its captions, duration once it is known."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tracks--row", "tracks--cursor", "tracks--accepted", "tracks--draft", "tracks--set-aside", "tracks--quiet",
        "tracks--folder", "tracks--wrong",
    }

    cursor: reactive[int] = reactive(-1)

    @dataclass
    class Moved(Message):
        """The cursor is on another file, or on none."""

        track: Track | None

    class Opened(Message):
        """A file was double-clicked."""

    def __init__(self, statuses: Mapping[Path, Status], catalogue: Catalogue, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._statuses = statuses
        self._catalogue = catalogue
        self._all: Sequence[Track] = ()
        self._names: Sequence[str] = ()  # of all of them, as they are searched
        self._tracks: Sequence[Track] = ()
        self._rows: Sequence[int | str] = ()  # what each row shows: a track by its place, or the name of a folder
        self._row_of: Sequence[int] = ()  # the row of each track
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
        top = next((row for row in self._rows[self.scroll_offset.y:] if isinstance(row, int)), 0)
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
        shown = self._rows[top:top + self.size.height]
        if any(isinstance(row, int) and self._tracks[row].path in tags for row in shown):
            self.refresh()

    def search(self, words: str, meets: Callable[[Path], bool] | None = None) -> None:
        """List the files whose name, title, artist or album has every word, and that meet the conditions."""
        wanted = words.casefold().split()
        found: Sequence[Track] = self._all
        if wanted:
            found = [track for track, name in zip(self._all, self._names, strict=True)
                     if self._matches(track, name, wanted)]
        self._list(found if meets is None else [track for track in found if meets(track.path)])

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

    def go_to_open(self, direction: int) -> bool:
        """To the next or the last file without a decision, around the ends of the list; False when there is none."""
        count = len(self._tracks)
        for step in range(1, count):
            index = (self.cursor + direction * step) % count
            if self._statuses.get(self._tracks[index].path) in UNDECIDED:
                self.cursor = index
                return True
        return False

    def coming_up(self, count: int) -> list[Path]:
        """The next files that have nothing yet."""
        after = islice(self._tracks, self.cursor + 1, None)
        return list(islice((track.path for track in after if track.path not in self._statuses), count))

    def page(self, direction: int) -> None:
        """Move by what fits on the screen."""
        self.move(direction * max(1, self.size.height - 1))

    def _list(self, tracks: Sequence[Track]) -> None:
        kept = self._last
        self._tracks = tracks
        self._rows, self._row_of = _in_folders(tracks)
        self.virtual_size = Size(self.size.width, len(self._rows))
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
            if 0 <= index < len(self._row_of):
                self.refresh(Region(0, self._row_of[index] - self.scroll_offset.y, self.size.width, 1))
        if 0 <= after < len(self._row_of):
            row = self._row_of[after]
            headed = row > 0 and isinstance(self._rows[row - 1], str)  # its folder's name is seen too
            self.scroll_to_region(Region(0, row - headed, self.size.width, 1 + headed), animate=False, force=True)
        self.post_message(self.Moved(self.track))

    def render_line(self, y: int) -> Strip:
        """One row of the list."""
        width = self.size.width
        row = y + self.scroll_offset.y
        if row >= len(self._rows):
            return self._empty_line(y, width)
        index = self._rows[row]
        if isinstance(index, str):
            text = fit(f" {fit_path(clean(index.rstrip('/')), width - 2).rstrip()}/", width)
            return Strip([Segment(text, self.get_component_rich_style("tracks--folder"))], width)
        return self._track_line(self._tracks[index], width, here=index == self.cursor)

    def _track_line(self, track: Track, width: int, *, here: bool) -> Strip:
        status = self._statuses.get(track.path)
        wrong = self._catalogue.contradicted_in(track.path)
        edited = status is Status.DRAFT and self._catalogue.edited(track.path)
        letter = EDITED if edited else STATUS_LETTERS[status] if status else NO_STATUS
        mark = f" {VERDICT_MARKS['contradicted']}{wrong}" if wrong else ""
        duration = self._duration(track) if width >= DURATION_FROM_WIDTH else ""
        duration = f" {duration}" if duration else ""
        room = width - 4 - len(duration) - len(mark)
        name = track.name.rpartition("/")[2]
        styles = {
            name: self.get_component_rich_style(name)
            for name in (self._letter_class(status), "tracks--row", "tracks--quiet", "tracks--wrong")
        }
        if here:
            cursor = self.get_component_rich_style("tracks--cursor")
            styles = {name: style + cursor for name, style in styles.items()}
        text_style = styles["tracks--row"]
        segments = [
            Segment("▌" if here else " ", text_style), Segment(letter + " ", styles[self._letter_class(status)]),
            Segment(fit_path(clean(name), room), text_style), Segment(mark, styles["tracks--wrong"]),
            Segment(duration, styles["tracks--quiet"]), Segment(" ", text_style),
        ]
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
            case Status.REJECTED | Status.SKIPPED | Status.FAILED:
                return "tracks--set-aside"
        return "tracks--quiet"

    def on_resize(self) -> None:
        """Rows are as wide as the list."""
        self.virtual_size = Size(self.size.width, len(self._rows))

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there, a second one opens."""
        offset = event.get_content_offset(self)
        if offset is None or (row := offset.y + self.scroll_offset.y) >= len(self._rows):
            return
        index = self._rows[row]
        if isinstance(index, int):
            self.cursor = index
            if event.chain == 2:
                self.post_message(self.Opened())


def _in_folders(tracks: Sequence[Track]) -> tuple[Sequence[int | str], Sequence[int]]:
    """What each row shows, and the row of each track: a heading where another folder begins."""
    if not any("/" in track.name for track in tracks):
        return range(len(tracks)), range(len(tracks))
    rows: list[int | str] = []
    row_of: list[int] = []
    folder = ""
    for index, track in enumerate(tracks):
        here = track.name[: track.name.rfind("/") + 1]
        if here != folder:
            folder = here
            rows.append(here or TOP_FOLDER)
        row_of.append(len(rows))
        rows.append(index)
    return rows, row_of
