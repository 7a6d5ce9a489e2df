"""The window: the part of a file that is played, measured and captioned."""

from __future__ import annotations

from j2a.records import dataclass

DEFAULT_LENGTH_S = 10.0
SHORTEST_S = 1.0


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds from the start of the file; always at least a little long."""

    start_s: float = 0.0
    end_s: float = DEFAULT_LENGTH_S

    @property
    def length_s(self) -> float:
        """End minus start."""
        return self.end_s - self.start_s

    @classmethod
    def between(cls, one_s: float, other_s: float, duration_s: float) -> Window:
        """From one place to another, in either order; never under a second where the file has one."""
        start, end = sorted((one_s, other_s))
        return cls(start, max(end, start + SHORTEST_S)).within(duration_s)

    def within(self, duration_s: float) -> Window:
        """The same length as far as the file goes, moved back where it would stick out; never under a millisecond."""
        length = min(self.length_s, duration_s)
        start = min(self.start_s, duration_s - length)
        return Window(_milliseconds(start), max(_milliseconds(start + length), _milliseconds(start) + 0.001))

    def moved(self, by_s: float, duration_s: float) -> Window:
        """Later or earlier, stopping at the ends of the file."""
        start = max(0.0, self.start_s + by_s)
        return Window(start, start + self.length_s).within(duration_s)

    def resized(self, by_s: float, duration_s: float) -> Window:
        """Longer or shorter at its end; at the end of the file it grows at its start. Never under a second."""
        length = min(max(self.length_s + by_s, SHORTEST_S), duration_s)
        return Window(self.start_s, self.start_s + length).within(duration_s)

    def starting(self, at_s: float, duration_s: float) -> Window:
        """Beginning at a place: trimmed to it where that is inside, else brought there with its length."""
        inside = self.start_s <= at_s <= self.end_s - SHORTEST_S
        return Window(at_s, self.end_s if inside else at_s + self.length_s).within(duration_s)

    def ending(self, at_s: float, duration_s: float) -> Window:
        """Ending at a place, likewise."""
        inside = self.start_s + SHORTEST_S <= at_s <= self.end_s
        start = self.start_s if inside else max(0.0, at_s - self.length_s)
        return Window(start, max(at_s, start + SHORTEST_S)).within(duration_s)

    def holds(self, position_s: float) -> bool:
        """Whether a position is inside; the end is not."""
        return self.start_s <= position_s < self.end_s


def _milliseconds(seconds: float) -> float:
    """Captions are kept by whole milliseconds."""
    return round(seconds, 3)
