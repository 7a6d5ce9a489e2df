"""What was said on the screen since the start, to be read again."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from j2a.records import dataclass

KEPT = 200


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was said, and when."""

    at: str  # 13:05:09
    text: str


class Notices:
    """The last ones."""

    def __init__(self) -> None:
        self._kept: deque[Notice] = deque(maxlen=KEPT)

    def add(self, text: str) -> None:
        """It is said now."""
        self._kept.append(Notice(f"{datetime.now():%H:%M:%S}", text))

    def newest_first(self) -> list[Notice]:
        """All that are kept."""
        return list(reversed(self._kept))
