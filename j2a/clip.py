"""The unit everything works on: a section of one audio file."""

from __future__ import annotations

import math
from pathlib import Path

from j2a.records import dataclass


@dataclass(frozen=True, slots=True)
class Clip:
    """A section of an audio file, in seconds from the file's start.

    ``end_s=None`` means "to the end of the file". Raises ``ValueError`` for a negative or non-finite
    start, or an end that is not after the start.
    """

    path: Path
    start_s: float = 0.0
    end_s: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))
        object.__setattr__(self, "start_s", _seconds(self.start_s))
        if not math.isfinite(self.start_s) or self.start_s < 0:
            raise ValueError(f"a clip cannot start at {self.start_s} s")
        if self.end_s is None:
            return
        object.__setattr__(self, "end_s", _seconds(self.end_s))
        if not math.isfinite(self.end_s) or self.end_s <= self.start_s:
            raise ValueError(f"a clip from {self.start_s} s cannot end at {self.end_s} s")

    @property
    def duration_s(self) -> float | None:
        """Length in seconds, or ``None`` when the clip runs to the end of the file."""
        return None if self.end_s is None else self.end_s - self.start_s


def _seconds(value: float) -> float:
    """A whole number too large for a float is beyond every file, as infinity is."""
    try:
        return float(value)
    except OverflowError:
        return math.inf
