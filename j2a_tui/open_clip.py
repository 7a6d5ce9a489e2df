"""What is known of the clip on the desk: its text, its status, what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.engine.messages import Failed, FeatureReady
from j2a.features.corrections import NONE, Corrections
from j2a.features.record import Features
from j2a.store import Row, Status
from j2a.store.records import is_edited
from j2a.store.variants import Variant


class OpenClip:
    """One clip at a time, or none."""

    def __init__(self) -> None:
        self.begin(None, None)

    def begin(self, clip: Clip | None, row: Row | None, corrections: Corrections = NONE) -> None:
        """Another clip, with what the store has about it, and what is said of its file."""
        self.clip = clip
        self.corrections = corrections
        self.text = ""
        self.status: Status | None = None
        self.caption: Caption | None = None
        self.measured = Features()
        self.features = Features()  # as measured, with the corrections in their place
        self.variants: Sequence[Variant] = ()  # every caption of the clip
        self.variant = 0  # which of them stands there
        self.known: set[str] = set()  # features that have arrived, measured or not
        self.stats: dict[str, Any] = {}
        self.failure: Failed | None = None
        self.show(row)

    def show(self, row: Row | None) -> None:
        """How the clip stands in the store."""
        self.text = row.text if row else ""
        self.status = row.status if row and (row.text or row.status is not Status.DRAFT) else None
        self.caption = row.caption if row else None
        self.show_variants(row)
        if self.caption is not None and self.caption.prompt_id:
            self.take_features(self.caption.features)
        self.lay_over()

    def show_variants(self, row: Row | None) -> None:
        """Which captions there are to choose among."""
        self.variants, self.variant = (row.every_variant, row.variant) if row else ((), 0)

    def lay_over(self) -> None:
        """The corrections count."""
        self.features = self.corrections.applied(self.measured, self.clip) if self.clip else self.measured

    @property
    def edited(self) -> bool:
        """Whether the text has words of a person in it."""
        return is_edited(self.text, self.caption)

    def take_features(self, features: Features) -> None:
        """Everything was measured."""
        self.measured = features
        self.known = set(features.to_json())
        self.lay_over()

    def take_feature(self, event: FeatureReady) -> None:
        """One more feature, or why it is unknown."""
        self.measured.set(event.name, event.value)
        self.known.add(event.name)
        unknown = dict(self.measured.unknown)
        unknown.pop(event.name, None)
        if event.reason:
            unknown[event.name] = event.reason
        self.measured.unknown = unknown
        self.lay_over()
