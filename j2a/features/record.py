"""The record of what was measured in a clip. Loads without torch, librosa or madmom.

Times are seconds from the clip's start, tempo is beats per minute. What could not be measured is
``None`` (or an empty list), and ``unknown`` says why.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Engine = Literal["fast", "madmom"]  # what runs madmom's networks: our own code, or madmom itself
FEATURE_NAMES = ("bpm", "beats", "downbeats", "meter", "key", "chords", "genre")


@dataclass(frozen=True, slots=True)
class Chord:
    """One chord segment. ``label`` is Harte notation as madmom writes it: "A:min", "C:maj", "N" (none)."""

    start_s: float
    end_s: float
    label: str


@dataclass(frozen=True, slots=True)
class Genre:
    """The most likely genre and its probability."""

    label: str
    score: float


@dataclass(slots=True)
class Features:
    """Everything measured in one clip."""

    bpm: float | None = None
    beats: list[float] = field(default_factory=list)
    downbeats: list[float] = field(default_factory=list)
    meter: str | None = None  # "3/4" or "4/4": beats per bar over a quarter-note pulse
    key: str | None = None  # "A minor", "Bb major"
    key_probability: float | None = None
    chords: list[Chord] = field(default_factory=list)
    genre: Genre | None = None
    unknown: dict[str, str] = field(default_factory=dict)  # feature name -> why it was not measured

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types, in a fixed order."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Features:
        """The inverse of :meth:`to_json`; keys it does not know are ignored."""
        features = cls()
        for name in ("bpm", "beats", "downbeats", "meter", "key", "key_probability", "unknown"):
            if name in data:
                setattr(features, name, data[name])
        features.chords = [Chord(**chord) for chord in data.get("chords", [])]
        features.genre = Genre(**data["genre"]) if data.get("genre") else None
        return features

    def set(self, name: str, value: Any) -> None:
        """Fill in one feature as it arrives from the engine, in the JSON form of ``FeatureReady``."""
        merged = self.to_json()
        if name in ("key_probability", "unknown") or name in FEATURE_NAMES:
            merged[name] = value
        fresh = Features.from_json(merged)
        for item in self.__slots__:
            setattr(self, item, getattr(fresh, item))
