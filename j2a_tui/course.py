"""Which place of a file is heard after how much playing: from here to there, at some speed, once or round and round."""

from __future__ import annotations

from j2a.records import dataclass

SLOWEST, FASTEST = 0.5, 2.0
SHORTEST_LOOP_S = 0.1


@dataclass(frozen=True, slots=True)
class Course:
    """Seconds from the start of the file; ``again_s`` is where it goes on each time the end was reached.

    ``speed`` is how many seconds of the file are heard in one.
    """

    from_s: float
    until_s: float
    again_s: float | None = None
    speed: float = 1.0

    def after(self, played_s: float) -> float:
        """The place that is heard when it has played for so long."""
        place_s = self.from_s + played_s * self.speed
        if place_s <= self.until_s:
            return place_s
        if self.again_s is None or self.again_s >= self.until_s:
            return self.until_s
        return self.again_s + (place_s - self.until_s) % (self.until_s - self.again_s)

    def over(self, played_s: float) -> bool:
        """Whether it has come to its end by then; one that goes round never does."""
        return self.again_s is None and self.from_s + played_s * self.speed >= self.until_s


@dataclass(frozen=True, slots=True)
class Loop:
    """The part of the file that is played again and again: nothing, its beginning alone, or whole."""

    a_s: float | None = None
    b_s: float | None = None

    @property
    def whole(self) -> bool:
        """Whether both ends are set."""
        return self.a_s is not None and self.b_s is not None

    def marked(self, at_s: float) -> Loop:
        """What one more press at a place makes of it: A, then B, then nothing. An end before A begins anew there."""
        if self.whole:
            return Loop()
        if self.a_s is None or at_s < self.a_s + SHORTEST_LOOP_S:
            return Loop(at_s)
        return Loop(self.a_s, at_s)

    def snapped(self, downbeats_s: list[float], at_s: float) -> Loop | None:
        """On the nearest downbeats; of no loop the bar that a place is in. ``None`` where there are too few."""
        if len(downbeats_s) < 2:
            return None
        if self.a_s is None:
            last = len(downbeats_s) - 2
            first = next((number for number in range(last, -1, -1) if downbeats_s[number] <= at_s), 0)
            return Loop(downbeats_s[first], downbeats_s[first + 1])
        end_s = at_s if self.b_s is None else self.b_s
        nearest = [min(range(len(downbeats_s)), key=lambda number: abs(downbeats_s[number] - place_s))
                   for place_s in (self.a_s, end_s)]
        first = min(nearest[0], len(downbeats_s) - 2)
        return Loop(downbeats_s[first], downbeats_s[max(first + 1, nearest[1])])
