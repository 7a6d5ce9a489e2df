"""Beats counted at another level: twice as many, half as many, and where their bars begin. Pure numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from j2a.features.record import Features


def counted(beats: Sequence[float], ratio: float, anchor: int) -> list[float]:
    """``ratio`` times as many beats, one of them at the beat number ``anchor``; what is new lies between its
    neighbours."""
    last = len(beats) - 1
    first_count = math.ceil(-anchor * ratio - 1e-9)
    last_count = math.floor((last - anchor) * ratio + 1e-9)
    found = []
    for count in range(first_count, last_count + 1):
        place = min(max(anchor + count / ratio, 0.0), float(last))
        low = min(int(place), last - 1)
        found.append(round(beats[low] + (place - low) * (beats[low + 1] - beats[low]), 3))
    return found


def bars(features: Features, anchor_s: float | None) -> list[float]:
    """Every so many beats, counted from the one at ``anchor_s``."""
    beats = features.beats
    if not beats or features.meter is None:
        return list(features.downbeats)
    anchor = 0 if anchor_s is None else min(range(len(beats)), key=lambda place: abs(beats[place] - anchor_s))
    length = int(features.meter.partition("/")[0])
    return [time_s for place, time_s in enumerate(beats) if (place - anchor) % length == 0]
