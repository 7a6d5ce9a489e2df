"""What is known of the clip on the desk: its text, its status, what was measured."""

from __future__ import annotations

from typing import Any

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.engine.messages import Failed, FeatureReady
from j2a.features.record import Features
from j2a.store import Row, Status
from j2a.store.records import is_edited


class OpenClip:
    """One clip at a time, or none."""

    def __init__(self) -> None:
        self.begin(None, None)

    def begin(self, clip: Clip | None, row: Row | None) -> None:
        """Another clip, with what the store has about it."""
        self.clip = clip
        self.text = ""
        self.status: Status | None = None
        self.caption: Caption | None = None
        self.features = Features()
        self.known: set[str] = set()  # features that have arrived, measured or not
        self.stats: dict[str, Any] = {}
        self.failure: Failed | None = None
        self.show(row)

    def show(self, row: Row | None) -> None:
        """How the clip stands in the store."""
        self.text = row.text if row else ""
        self.status = row.status if row and (row.text or row.status is not Status.DRAFT) else None
        self.caption = row.caption if row else None
        if self.caption is not None and self.caption.prompt_id:
            self.take_features(self.caption.features)

    @property
    def edited(self) -> bool:
        """Whether the text has words of a person in it."""
        return is_edited(self.text, self.caption)

    def take_features(self, features: Features) -> None:
        """Everything was measured."""
        self.features = features
        self.known = set(features.to_json())

    def take_feature(self, event: FeatureReady) -> None:
        """One more feature, or why it is unknown."""
        self.features.set(event.name, event.value)
        self.known.add(event.name)
        unknown = dict(self.features.unknown)
        unknown.pop(event.name, None)
        if event.reason:
            unknown[event.name] = event.reason
        self.features.unknown = unknown
