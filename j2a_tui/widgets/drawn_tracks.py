"""How the list of files is drawn: only the rows that show, so that 50,000 cost nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from j2a.store import Status
from j2a.tags import Tags
from j2a_tui.catalogue import Catalogue
from j2a_tui.display import clock, fit
from j2a_tui.listing import Listing
from j2a_tui.widgets.track_rows import Standing, folder_line, track_line

if TYPE_CHECKING:
    from j2a.library import Track


class DrawnTracks(ScrollView, inherit_bindings=False):
    """The rows of a :class:`~j2a_tui.listing.Listing`, with a cursor on one of its entries."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tracks--row", "tracks--cursor", "tracks--accepted", "tracks--draft", "tracks--set-aside", "tracks--quiet",
        "tracks--folder", "tracks--wrong",
    }

    cursor: reactive[int] = reactive(-1, repaint=False)  # its rows are drawn, not the whole list

    def __init__(self, statuses: Mapping[Path, Status], catalogue: Catalogue, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._statuses = statuses
        self._catalogue = catalogue
        self.listing = Listing(catalogue)
        self._note = ""
        self._styles: dict[str, Style] = {}  # of the parts of a row, until the theme changes
        self._drawn: dict[int, Standing | None] = {}  # what each row on the screen was drawn from

    def _track_of(self, entry: int) -> Track | None:
        entries = self.listing.entries
        place = entries[entry] if 0 <= entry < len(entries) else ""
        return self.listing.tracks[place] if isinstance(place, int) else None

    def tags(self, path: Path) -> Tags | None:
        """Tags of a file if they were read."""
        return self.listing.tags(path)

    def set_note(self, note: str) -> None:
        """A sentence where there are no files."""
        self._note = note
        self.refresh()

    def refresh_changed(self) -> None:
        """Draw the rows on the screen whose files stand otherwise than when they were drawn."""
        for y, drawn in self._drawn.items():
            row = y + self.scroll_offset.y
            if row < len(self.listing.rows) and self._standing(self.listing.rows[row]) != drawn:
                self.refresh(Region(0, y, self.size.width, 1))

    def _standing(self, row: int | str) -> Standing | None:
        """What a row says of its file; ``None`` for a folder."""
        place = self.listing.entries[row] if isinstance(row, int) else row
        if isinstance(place, str):
            return None
        track = self.listing.tracks[place]
        status = self._statuses.get(track.path)
        return Standing(
            status, status is Status.DRAFT and self._catalogue.edited(track.path),
            self._catalogue.contradicted_in(track.path), self.listing.beside(track.path) or self._duration(track),
        )

    def render_line(self, y: int) -> Strip:
        """One row of the list."""
        width = self.size.width
        row = y + self.scroll_offset.y
        if row >= len(self.listing.rows):
            return self._empty_line(y, width)
        index = self.listing.rows[row]
        standing = self._drawn[y] = self._standing(index)
        here = index == self.cursor
        if standing is None:
            place = self.listing.entries[index] if isinstance(index, int) else index
            assert isinstance(place, str)
            count = self.listing.counts[place] if isinstance(index, int) else None
            return folder_line(place, count, width, self._style_of, here=here)
        assert isinstance(index, int)
        track = self._track_of(index)
        assert track is not None
        name = track.name.rpartition("/")[2] if self.listing.has_folders else track.name
        return track_line(name, standing, width, self._style_of, here=here)

    def _style_of(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = self.get_component_rich_style(name)
        return self._styles[name]

    def notify_style_update(self) -> None:
        """A new theme: other colours."""
        super().notify_style_update()
        self._styles.clear()

    def _empty_line(self, y: int, width: int) -> Strip:
        text = f" {self._note}" if y == 0 and not self.listing.found else ""
        return Strip([Segment(fit(text, width), self.get_component_rich_style("tracks--quiet"))], width)

    def _duration(self, track: Track) -> str:
        tags = self.tags(track.path)
        return clock(tags.duration_s) if tags and tags.duration_s else ""
