"""Changes that could not be saved: kept in memory, in their order, until they can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from typing import Protocol

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.features.record import Features
from j2a.records import dataclass
from j2a.store import Row, Status, row_changes
from j2a.store.variants import Pick


class Saving(Protocol):
    """What a change is made to: the store, or :class:`Unsaved` while that cannot be written."""

    def save_generated(self, clip: Clip, caption: Caption, *, over_kept: bool = False) -> Row:
        """Keep a generated caption as a draft."""

    def edit(self, clip: Clip, text: str) -> Row:
        """Replace the text by hand."""

    def set_status(self, clip: Clip, status: Status) -> Row:
        """Decide about a window."""

    def fail(self, clip: Clip) -> Row:
        """No caption could be made."""

    def choose(self, clip: Clip, variant: int) -> Row:
        """Put another variant on the desk."""

    def pick(self, clip: Clip, pick: Pick, features: Features) -> Row:
        """Keep which of two captions is the better one."""

    def follow(self, clip: Clip, text: str) -> Row:
        """Let the words follow a correction."""


class Keeping(Saving, Protocol):
    """The store."""

    def get(self, clip: Clip) -> Row | None:
        """What is known about a clip."""

    def put_back(self, row: Row) -> Row:
        """Keep a window as it is known here, where its row is lost."""


Change = Callable[[Saving], Row]


@dataclass(slots=True)
class Unsaved:
    """The windows as they will stand once their changes are saved."""

    rows: dict[Clip, Row] = field(default_factory=dict)
    changes: list[tuple[Clip, Change]] = field(default_factory=list)
    _were_there: set[Clip] = field(default_factory=set)  # with a row on the disk, and no change saved since

    def keep(self, clip: Clip, change: Change, saved: Row | None) -> Row:
        """Take in a change; ``saved`` is the window as far as it is known to be on the disk. Raises ``StoreError``."""
        known = clip in self.rows
        if not known:
            self.rows[clip] = saved or Row(clip, "", "", Status.DRAFT, None, "", "", "")
        try:
            row = change(self)
        except StoreError:
            if not known:
                del self.rows[clip]
            raise
        if not known and saved is not None:
            self._were_there.add(clip)
        self.changes.append((clip, change))
        return row

    def save_into(self, store: Keeping, on_senseless: Callable[[StoreError], None]) -> Iterator[tuple[Clip, Row]]:
        """Make the changes to the store, each forgotten when it is made. Raises ``StoreError``; the rest is kept.

        A window whose row is no longer there, since the file is another one, is put back as it stands here. What makes
        no sense any more, since another J2A has changed the window, is told to ``on_senseless`` and let go.
        """
        while self.changes:
            clip, change = self.changes[0]
            if clip in self._were_there and store.get(clip) is None:
                row = store.put_back(self.rows[clip])
                self.changes[:] = [one for one in self.changes if one[0] != clip]
                yield clip, row
                continue
            try:
                row = change(store)
            except StoreError as error:
                if error.title == StoreError.title:
                    raise
                del self.changes[0]
                on_senseless(error)
                continue
            self._were_there.discard(clip)
            del self.changes[0]
            yield clip, row
        self.rows.clear()
        self._were_there.clear()

    def let_go(self, clip: Clip) -> None:
        """Forget the changes of a window."""
        self.changes[:] = [one for one in self.changes if one[0] != clip]
        self.rows.pop(clip, None)
        self._were_there.discard(clip)

    def save_generated(self, clip: Clip, caption: Caption, *, over_kept: bool = False) -> Row:
        """As the store does."""
        return self._put(row_changes.generated(self.rows[clip], caption, over_kept=over_kept))

    def edit(self, clip: Clip, text: str) -> Row:
        """As the store does."""
        return self._put(row_changes.edited(self.rows[clip], text))

    def set_status(self, clip: Clip, status: Status) -> Row:
        """As the store does."""
        return self._put(replace(self.rows[clip], status=status))

    def fail(self, clip: Clip) -> Row:
        """As the store does."""
        return self._put(row_changes.failed(self.rows[clip]))

    def choose(self, clip: Clip, variant: int) -> Row:
        """As the store does."""
        return self._put(row_changes.chosen(self.rows[clip], variant))

    def pick(self, clip: Clip, pick: Pick, features: Features) -> Row:
        """As the store does."""
        return self._put(row_changes.picked(self.rows[clip], pick, features))

    def follow(self, clip: Clip, text: str) -> Row:
        """As the store does."""
        return self._put(row_changes.followed(self.rows[clip], text))

    def _put(self, row: Row) -> Row:
        self.rows[row.clip] = row
        return row
