"""How the height of the waveform is shared out among what it shows."""

from __future__ import annotations

from j2a.records import dataclass

MIRRORED_FROM_ROWS = 6
OVERVIEW_TWO_ROWS_FROM = 9
RULER_FROM = 6
STRIP_FROM = 8  # rows from which windows with captions have one of their own
LANES_FROM = 4


@dataclass(frozen=True, slots=True)
class WaveRows:
    """How the height is shared out, from top to bottom."""

    overview: int
    strip: int
    ruler: int
    detail: int
    lanes: int

    @classmethod
    def of(cls, height: int, *, marked: bool) -> WaveRows:
        """Of so many rows; ``marked``: there are windows with captions to show."""
        strip = 1 if marked and height >= STRIP_FROM else 0
        overview = 2 if height - strip >= OVERVIEW_TWO_ROWS_FROM else 1
        lanes = 2 if height >= LANES_FROM else 0
        ruler = 1 if height >= RULER_FROM else 0
        detail = max(0, height - overview - strip - ruler - lanes)
        if detail >= MIRRORED_FROM_ROWS and detail % 2:  # a middle needs an even number
            return cls(overview + 1, strip, ruler, detail - 1, lanes)
        if strip and overview == 2 and detail == MIRRORED_FROM_ROWS - 1:
            return cls(1, strip, ruler, detail + 1, lanes)
        return cls(overview, strip, ruler, detail, lanes)

    @property
    def above(self) -> int:
        """Rows before those of the window."""
        return self.overview + self.strip + self.ruler
