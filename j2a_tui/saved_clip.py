"""The clip on the desk as the store has it, and how changes of it get there."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

from j2a.clip import Clip
from j2a.errors import J2AError
from j2a.features.corrections import NONE
from j2a.store import Row, Store
from j2a_tui.ledger import Ledger
from j2a_tui.open_clip import OpenClip
from j2a_tui.unsaved import Saving

LOOK_S = 0.8  # what another J2A has written is on the screen this long before a key can have meant it


class SavedClip(OpenClip):
    """``on_problem`` is told what the user should read; nothing of the text is lost by then. ``clock``: seconds."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        on_problem: Callable[[J2AError], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.ledger = Ledger(store, folder, on_problem)
        self._on_problem = on_problem
        self._clock = clock
        self._reread_at = -math.inf

    def begin_saved(self, clip: Clip | None, row: Row | None) -> None:
        """Another clip, with what the store has about its window and its file."""
        self.begin(clip, row, self.ledger.corrections(clip.path) if clip is not None else NONE)

    @property
    def settled(self) -> bool:
        """Whether what another J2A wrote has been on the screen long enough for a decision to be about it."""
        return self._clock() - self._reread_at >= LOOK_S

    def _save(self, clip: Clip, change: Callable[[Saving], Row]) -> bool:
        row = self.ledger.save(clip, change)
        if row is not None and clip == self.clip:
            self.status, self.caption = row.status, row.caption
            self.show_variants(row)
        return row is not None
