"""How fast clips are decided, and how long the rest will take. Pure numbers; times in seconds."""

from __future__ import annotations

from collections import deque

PAUSE_S = 180.0  # a longer wait between two decisions is a break, not work
GLANCE_S = 1.0  # and a shorter one a burst of keys: nobody has read or heard a clip in that time
_LOOKED_AT = 30  # decisions


class Pace:
    """Of the last decisions, breaks and bursts left out."""

    def __init__(self) -> None:
        self._waits: deque[float] = deque(maxlen=_LOOKED_AT)
        self._last: float | None = None

    def decided(self, at_s: float) -> None:
        """A clip was decided; ``at_s`` by any clock that does not go back."""
        if self._last is not None and GLANCE_S <= at_s - self._last <= PAUSE_S:
            self._waits.append(at_s - self._last)
        self._last = at_s

    @property
    def clips_a_minute(self) -> float | None:
        """``None`` before there are two waits that were work."""
        return 60 * len(self._waits) / sum(self._waits) if len(self._waits) >= 2 else None

    def left_s(self, clips: int) -> float | None:
        """How long so many clips take at this pace."""
        rate = self.clips_a_minute
        return None if rate is None else clips / rate * 60


def words(done: int, total: int, pace: Pace) -> str:
    """``12 of 38 done, 4.2 a minute, 6 min left``."""
    rate, left_s = pace.clips_a_minute, pace.left_s(total - done)
    parts = [f"{done:,} of {total:,} done"]
    if rate is not None and left_s is not None and done < total:
        minutes = max(1, round(left_s / 60))
        hours = f"{minutes // 60} h " if minutes >= 60 else ""
        parts += [f"{rate:.1f} a minute" if rate < 10 else f"{rate:.0f} a minute", f"{hours}{minutes % 60} min left"]
    return ", ".join(parts)
