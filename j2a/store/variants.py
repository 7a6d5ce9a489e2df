"""The captions that one window has had, and which of two somebody liked better."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, get_args

from j2a.caption import Caption
from j2a.features.record import Features
from j2a.printable import several_lines
from j2a.records import dataclass

Choice = Literal["left", "right", "tie", "neither"]
CHOICES: tuple[Choice, ...] = get_args(Choice)


@dataclass(frozen=True)
class Variant:
    """One text of a window, and where it came from."""

    text: str  # as it stands, edits too
    caption: Caption | None  # without features, which are the window's; None when written by hand

    @classmethod
    def of(cls, text: str, caption: Caption | None) -> Variant:
        """The features are left out."""
        return cls(text, replace(caption, features=Features()) if caption else None)

    @property
    def asked(self) -> tuple[Any, ...]:
        """What a model was asked for it; () when a person wrote it."""
        return asked_for(self.caption) if self.caption else ()

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types."""
        caption = self.caption.to_json() if self.caption else None
        if caption:
            del caption["features"]
        return {"text": self.text, "caption": caption}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Variant:
        """The inverse of :meth:`to_json`. Raises what a damaged one does."""
        caption = data["caption"]
        if not isinstance(data["text"], str):
            raise ValueError("a variant's text is none")
        return cls(several_lines(data["text"]), Caption.from_json({**caption, "features": {}}) if caption else None)


@dataclass(frozen=True)
class Pick:
    """Two captions of a window, shown without names, and which was the better one."""

    left: Variant  # as they were shown
    right: Variant
    choice: Choice
    annotator: str
    at: str  # ISO 8601, UTC

    @property
    def better(self) -> tuple[Variant, Variant] | None:
        """The chosen and the rejected one; ``None`` for a tie, and where neither was any good."""
        if self.choice not in ("left", "right"):
            return None
        return (self.left, self.right) if self.choice == "left" else (self.right, self.left)

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types."""
        return {"left": self.left.to_json(), "right": self.right.to_json(), "choice": self.choice,
                "annotator": self.annotator, "at": self.at}  # fmt: skip

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Pick:
        """The inverse of :meth:`to_json`. Raises what a damaged one does."""
        if data["choice"] not in CHOICES or not all(isinstance(data[name], str) for name in ("annotator", "at")):
            raise ValueError("a pick is not what was written there")
        left, right = (Variant.from_json(data[side]) for side in ("left", "right"))
        return cls(left, right, data["choice"], data["annotator"], data["at"])


def asked_for(caption: Caption) -> tuple[Any, ...]:
    """What tells one request from another: of the same one the beginning and the whole are one variant."""
    return caption.version, caption.backbone, caption.seed, caption.sampling
