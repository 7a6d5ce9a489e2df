"""The captions that the window on the desk has had, and which of them stands there."""

from __future__ import annotations

from j2a.features.record import Features
from j2a.store.records import now
from j2a.store.variants import Choice, Pick, Variant
from j2a_tui.decisions import Decisions


class Variants(Decisions):
    """None is lost by choosing another one."""

    def choose_variant(self, place: int) -> bool:
        """Put another one on the desk, counted from 0; False where there is none, or it stands there."""
        clip = self.clip
        if clip is None or self.writing or place == self.variant or not 0 <= place < len(self.variants):
            return False
        self._forget_stopped()
        if not self._save(clip, lambda store: store.choose(clip, place)):
            return False
        self.ledger.end_action()
        self.show(self.ledger.get(clip))
        return True

    def keep_pick(self, left: Variant, right: Variant, choice: Choice, measured: Features) -> bool:
        """Which of two captions is the better one, as they were shown; both are variants of the window then."""
        clip = self.clip
        if clip is None:
            return False
        self._forget_stopped()
        pick = Pick(left, right, choice, self.ledger.store.annotator, now())
        if not self._save(clip, lambda store: store.pick(clip, pick, measured)):
            return False
        self.ledger.end_action()
        self.show(self.ledger.get(clip))
        return True
