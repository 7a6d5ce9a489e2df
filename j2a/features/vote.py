"""Windows of one piece agree on the level at which its tempo is counted. Pure numbers.

A beat tracker hears the same song at 80 BPM in one window and at 160 in the next. The level that most windows tell for
sure is taken for all of them; a window whose tempo is no half or double of it keeps its own, for the music may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from j2a.features.counting import SAME_TEMPO, counted_at, ratio_between
from j2a.features.file_tags import witnessed
from j2a.features.record import Features, Tempo

_UNSURE = 0.5  # what a window counts for whose own witnesses disagree
_FEWEST = 2.0  # support that a level needs
_MAJORITY = 0.7  # its part of the support of all levels; below that nobody knows


def vote(windows: Sequence[Features]) -> list[Features]:
    """The records of windows of one piece, each counted at the level that they agree on, in the same order.

    Where there is a majority, ``bpm``, beats and downbeats are counted at its level and ``bpm_sure`` is true; where
    windows differ without one, ``bpm_sure`` is false and either level stands among ``bpm_candidates``; the tempo in the
    file's own tags has the last word. One window, and windows without a tempo, are returned as they are.
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
    return [
        one if one is before else witnessed(one, one.file_bpm, one.file_key)
        for one, before in zip(voted, windows, strict=True)
    ]


def _families(windows: Sequence[Features]) -> Iterable[list[int]]:
    """Places of windows whose tempi are one, or halves and doubles of each other."""
    families: list[list[int]] = []
    for place, one in enumerate(windows):
        if one.bpm is None:
            continue
        for family in families:
            if ratio_between(windows[family[0]].bpm or 0.0, one.bpm) is not None:
                family.append(place)
                break
        else:
            families.append([place])
    return families


def _levels(family: Sequence[Features]) -> list[Tempo]:
    """The different tempi of a family with what supports each, the strongest first."""
    levels: list[Tempo] = []
    for one in family:
        assert one.bpm is not None
        support = _UNSURE if one.bpm_sure is False else 1.0
        same = next((at for at, level in enumerate(levels) if abs(one.bpm / level.bpm - 1) <= SAME_TEMPO), None)
        if same is None:
            levels.append(Tempo(one.bpm, support))
        else:
            levels[same] = Tempo(levels[same].bpm, levels[same].weight + support)
    return sorted(levels, key=lambda level: -level.weight)


def _settled(one: Features, levels: Sequence[Tempo]) -> Features:
    """One window, counted at the strongest level where that has a majority."""
    assert one.bpm is not None
    total = sum(level.weight for level in levels)
    ratio = ratio_between(one.bpm, levels[0].bpm)
    if ratio is None:
        return one
    if levels[0].weight < max(_FEWEST, _MAJORITY * total):
        exact = [(level, ratio_between(one.bpm, level.bpm)) for level in levels]
        tempi = [Tempo(round(one.bpm * times, 1), round(level.weight / total, 3)) for level, times in exact if times]
        return replace(one, bpm_sure=False, bpm_candidates=tempi)
    one = counted_at(one, ratio)
    return replace(one, bpm_sure=True, bpm_candidates=[Tempo(one.bpm or 0.0, 1.0)])
