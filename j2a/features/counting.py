"""Beats counted at another level: twice as many, half as many, and where their bars begin. Pure numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from j2a.features.record import Features

SAME_TEMPO = 0.04  # within which two tempi are one


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


def counted_at(features: Features, ratio: float) -> Features:
    """The same record with ``ratio`` times as many beats a minute; bars keep their number of beats."""
    if features.bpm is None or ratio == 1:
        return features
    first = features.downbeats[0] if features.downbeats else None
    anchor = features.beats.index(first) if first in features.beats else 0
    beats = counted(features.beats, ratio, anchor) if features.beats else []
    recounted = replace(features, bpm=round(features.bpm * ratio, 1), beats=beats)
    return replace(recounted, downbeats=bars(recounted, first))


def ratio_between(bpm: float, wanted: float) -> float | None:
    """How many times ``bpm`` is ``wanted``: 1, 2, 1/2, 4 or 1/4; ``None`` where it is none of them."""
    return next((ratio for ratio in (1.0, 2.0, 0.5, 4.0, 0.25) if abs(wanted / (bpm * ratio) - 1) <= SAME_TEMPO), None)
