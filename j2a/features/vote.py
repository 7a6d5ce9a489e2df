"""Windows of one piece agree on the level at which its tempo is counted. Pure numbers.

A beat tracker hears the same song at 80 BPM in one window and at 160 in the next. The level that most windows tell for
sure is taken for all of them; a window whose tempo is no half or double of it keeps its own, for the music may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from j2a.features.counting import bars, counted
from j2a.features.record import Features, Tempo

SAME = 0.04  # within which two tempi are one
_UNSURE = 0.5  # what a window counts for whose own witnesses disagree
_FEWEST = 2.0  # support that a level needs
_MAJORITY = 0.7  # its part of the support of all levels; below that nobody knows


def vote(windows: Sequence[Features]) -> list[Features]:
    """The records of windows of one piece, each counted at the level that they agree on, in the same order.

    Where there is a majority, ``bpm``, beats and downbeats are counted at its level and ``bpm_sure`` is true; where
    windows differ without one, ``bpm_sure`` is false and either level stands among ``bpm_candidates``. One window, and
    windows without a tempo, are returned as they are.
    """
    voted = list(windows)
    for family in _families(windows):
        levels = _levels([windows[place] for place in family])
        if len(levels) == 1 and len(family) > 1 and levels[0].weight >= _FEWEST:
            for place in family:
                voted[place] = replace(voted[place], bpm_sure=True)
        elif len(levels) > 1:
            for place in family:
                voted[place] = _settled(windows[place], levels)
    return voted


def counted_at(features: Features, ratio: float) -> Features:
    """The same record with ``ratio`` times as many beats a minute; bars keep their number of beats."""
    if features.bpm is None or ratio == 1:
        return features
    first = features.downbeats[0] if features.downbeats else None
    anchor = features.beats.index(first) if first in features.beats else 0
    beats = counted(features.beats, ratio, anchor) if features.beats else []
    recounted = replace(features, bpm=round(features.bpm * ratio, 1), beats=beats)
    return replace(recounted, downbeats=bars(recounted, first))


def _families(windows: Sequence[Features]) -> Iterable[list[int]]:
    """Places of windows whose tempi are one, or halves and doubles of each other."""
    families: list[list[int]] = []
    for place, one in enumerate(windows):
        if one.bpm is None:
            continue
        for family in families:
            if _ratio(windows[family[0]].bpm or 0.0, one.bpm) is not None:
                family.append(place)
                break
        else:
            families.append([place])
    return families


def _ratio(bpm: float, wanted: float) -> float | None:
    """How many times ``bpm`` is ``wanted``: 1, 2, 1/2, 4 or 1/4; ``None`` where it is none of them."""
    return next((ratio for ratio in (1.0, 2.0, 0.5, 4.0, 0.25) if abs(wanted / (bpm * ratio) - 1) <= SAME), None)


def _levels(family: Sequence[Features]) -> list[Tempo]:
    """The different tempi of a family with what supports each, the strongest first."""
    levels: list[Tempo] = []
    for one in family:
        assert one.bpm is not None
        support = _UNSURE if one.bpm_sure is False else 1.0
        same = next((at for at, level in enumerate(levels) if abs(one.bpm / level.bpm - 1) <= SAME), None)
        if same is None:
            levels.append(Tempo(one.bpm, support))
        else:
            levels[same] = Tempo(levels[same].bpm, levels[same].weight + support)
    return sorted(levels, key=lambda level: -level.weight)


def _settled(one: Features, levels: Sequence[Tempo]) -> Features:
    """One window, counted at the strongest level where that has a majority."""
    assert one.bpm is not None
    total = sum(level.weight for level in levels)
    ratio = _ratio(one.bpm, levels[0].bpm)
    if ratio is None:
        return one
    if levels[0].weight < max(_FEWEST, _MAJORITY * total):
        exact = [(level, _ratio(one.bpm, level.bpm)) for level in levels]
        tempi = [Tempo(round(one.bpm * times, 1), round(level.weight / total, 3)) for level, times in exact if times]
        return replace(one, bpm_sure=False, bpm_candidates=tempi)
    one = counted_at(one, ratio)
    return replace(one, bpm_sure=True, bpm_candidates=[Tempo(one.bpm or 0.0, 1.0)])
