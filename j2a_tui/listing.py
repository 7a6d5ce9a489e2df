"""Which files are listed, in which rows: what is found of them, their order, their folders. Knows no screen."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from j2a.tags import Tags
from j2a_tui.catalogue import Catalogue, Meets
from j2a_tui.finding import Index, Texts
from j2a_tui.folders import Folders, Layout
from j2a_tui.remembered import BY_NAME
from j2a_tui.sorting import beside, order, sort_named

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from j2a.library import Track


class Listing:
    """``entries`` are what the cursor can stand on: files by their place, and folders that are folded by their name.

    ``rows`` are what is drawn: entries by their place, and the headings of open folders by their name; ``row_of`` is
    the row of each entry. Sorted by anything but names there are no folders.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.tracks: Sequence[Track] = ()
        self.found: Sequence[int] = ()  # places of the files that the search left over
        self.near = False  # they are only near to what was searched for
        self.entries: Sequence[int | str] = ()
        self.rows: Sequence[int | str] = ()
        self.row_of: Sequence[int] = ()
        self.folded: set[str] = set()
        self.counts: dict[str, int] = {}  # files found in each folder that is folded
        self.sort = sort_named(BY_NAME)
        self.index: Index | None = None  # of the texts; without it nothing is found that is written wrongly
        self._catalogue = catalogue
        self._order: Sequence[int] = ()
        self._ordered: NDArray[np.int64] | None = None  # the same, made when it is searched
        self._texts: list[str] = []  # what is searched
        self._searched: Texts | None = None  # the same, made when it is searched
        self._folders = Folders(())
        self._place: dict[Path, int] = {}
        # As tuples, which the garbage collector leaves alone: looking through 50,000 records takes it 30 ms.
        self._tags: dict[Path, tuple[str, str, str, float | None]] = {}

    def set_tracks(self, tracks: Sequence[Track]) -> None:
        """List these files."""
        self.tracks = tracks
        self._texts = [track.name.casefold() for track in tracks]
        self._searched = None
        self._place = {track.path: place for place, track in enumerate(tracks)}
        self._folders = Folders([track.name for track in tracks])
        self.sort_again()
        self.search("")

    def tags(self, path: Path) -> Tags | None:
        """Tags of a file if they were read."""
        found = self._tags.get(path)
        return Tags(*found) if found else None

    def add_tags(self, tags: Mapping[Path, Tags]) -> None:
        """Durations, titles and artists arrive in batches."""
        for path, of in tags.items():
            self._tags[path] = (of.title, of.artist, of.album, of.duration_s)
            place = self._place.get(path)
            if place is not None and (of.title or of.artist or of.album):
                self._texts[place] = f"{self.tracks[place].name} {of.title} {of.artist} {of.album}".casefold()
                self._searched = None

    @property
    def tags_known(self) -> int:
        """Of how many files the tags were read."""
        return len(self._tags)

    @property
    def texts(self) -> Sequence[str]:
        """What is searched, of each file."""
        return self._texts

    def sort_by(self, name: str) -> None:
        """In this order from now on; :meth:`search` lists it."""
        self.sort = sort_named(name)
        self.sort_again()

    def sort_again(self) -> None:
        """More is known of the files than when they were sorted."""
        self._ordered = None
        self._order = order(self.sort, self._place, self._catalogue, self._durations_s)

    def _durations_s(self) -> Sequence[float | None]:
        return [found[3] if (found := self._tags.get(track.path)) else None for track in self.tracks]

    def beside(self, path: Path) -> str:
        """What stands beside a file because the list is sorted by it."""
        return "" if self.sort.name == BY_NAME else beside(self.sort, self._catalogue.of(path))

    @property
    def has_folders(self) -> bool:
        """Whether the files are listed under the names of their folders."""
        return self._folders.any and self.sort.name == BY_NAME and not self.near

    def search(self, words: str, meets: Meets | None = None) -> None:
        """The files whose name, title, artist or album has every word, and that meet the conditions.

        Where there are none, those that are near to the words, the nearest first.
        """
        self.near = False
        self.found = self._found(words, meets) if words.strip() or meets is not None else self._order
        self.lay_out()

    def _found(self, words: str, meets: Meets | None) -> Sequence[int]:
        import numpy as np

        if self._searched is None:
            self._searched = Texts(self._texts)
        if self._ordered is None:
            self._ordered = np.asarray(self._order, np.int64)
        order = self._ordered
        wanted = self._searched.have(words.casefold().split())
        if not wanted.any() and self.index is not None:
            edits = self.index.near(self._searched, words)
            wanted = edits >= 0
            order = order[np.argsort(edits[order], kind="stable")]
            self.near = bool(wanted.any())
        if meets is not None:
            wanted &= self._meet(meets)
        return self._order if wanted.all() and not self.near else order[wanted[order]].tolist()

    def _meet(self, meets: Meets) -> NDArray[np.bool_]:
        """Of each file whether it meets the conditions."""
        import numpy as np

        met = np.full(len(self.tracks), not meets.inside)
        places = [place for path in meets.paths if (place := self._place.get(path)) is not None]
        met[places] = meets.inside
        return met

    def lay_out(self) -> None:
        """Make the rows of what was found."""
        if not self.has_folders:
            self.entries, self.counts = self.found, {}
            self.rows = self.row_of = range(len(self.found))
            return
        layout = Layout(self._folders, self.found, self.folded)
        self.entries, self.counts = layout.entries, layout.counts
        self.rows, self.row_of = layout.rows, layout.row_of

    def folder_of(self, entry: int) -> str | None:
        """The folder that an entry lies in or is; ``None`` where there are no folders."""
        if not self.has_folders or not 0 <= entry < len(self.entries):
            return None
        found = self.entries[entry]
        return found if isinstance(found, str) else self._folders.of(found)

    def fold(self, folder: str) -> None:
        """Close a folder, or open it again."""
        self.folded ^= {folder}
        self.lay_out()

    def fold_all(self) -> None:
        """Close every folder; open them all when every one is closed."""
        every = self._folders.every(self.found)
        self.folded = self.folded - every if every <= self.folded else self.folded | every
        self.lay_out()

    def entry_of(self, path: Path) -> int | None:
        """Where a file is listed; ``None`` when it is not, or its folder is folded."""
        place = self._place.get(path)
        if place is None:
            return None
        if self.sort.name == BY_NAME and not self.near and not self.counts:  # the places ascend
            entry = bisect_left(self.found, place)
            return entry if entry < len(self.found) and self.found[entry] == place else None
        return self.entries.index(place) if place in self.entries else None

    def entry_of_folder(self, path: Path) -> int | None:
        """Where the folder of a file is listed; ``None`` when it is not folded."""
        place = self._place.get(path)
        folder = self._folders.of(place) if place is not None else None
        return self.entries.index(folder) if folder is not None and folder in self.counts else None

    def unfold_for(self, path: Path) -> bool:
        """Open the folder that hides a file; False when none does."""
        place = self._place.get(path)
        if place is None or place not in self.found or not self.has_folders:
            return False
        folder = self._folders.of(place)
        if folder not in self.folded:
            return False
        self.fold(folder)
        return True
