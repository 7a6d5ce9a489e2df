"""Drumming of the second composer: strokes with chances, fills, and bars that leave the kit alone.

A groove is lanes. A lane has strokes by their beat in the bar ("2.5"), of which those with a "?" are played now and
then and those with a "'" are soft. Beats of 6/8 are dotted quarters: its eighths are thirds of a beat.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import NamedTuple

from training.synth.other.score import Note

_KEYS = {
    "kick": 36, "deep kick": 35, "stick": 37, "snare": 38, "snare 2": 40, "clap": 39, "hat": 42, "foot": 44, "open": 46,
    "crash": 49, "ride": 51, "bell": 53, "tambourine": 54, "splash": 55, "cowbell": 56, "bongo": 60, "conga": 63,
    "low conga": 64, "shaker": 82, "cabasa": 69, "clave": 75, "tom 1": 48, "tom 2": 45, "tom 3": 41, "maracas": 70,
}  # fmt: skip
_TOMS = ("snare", "tom 1", "tom 2", "tom 3")
_FORCE = {"kick": 0.95, "snare": 0.92, "clap": 0.9, "crash": 0.85, "tom 1": 0.85, "tom 2": 0.88, "tom 3": 0.9}
_EIGHTHS = "0 0.5 1 1.5 2 2.5 3 3.5"
_SIXTEENTHS = "0 0.25' 0.5 0.75' 1 1.25' 1.5 1.75' 2 2.25' 2.5 2.75' 3 3.25' 3.5 3.75'"
_SIXTHS = "0 1/3' 2/3' 1 4/3' 5/3'"

# Groove -> meter -> lane -> strokes.
GROOVES: dict[str, dict[str, dict[str, str]]] = {
    "rock": {"4/4": {"kick": "0 1.5? 2 2.5? 3.5?", "snare": "1 3", "hat": _EIGHTHS}},
    "halftime": {"4/4": {"kick": "0 0.75? 1.5? 2.75?", "snare": "2 3.75'?", "ride": _EIGHTHS}},
    "doubletime": {"4/4": {"kick": "0 1 1.75? 2 3", "snare": "0.5 1.5 2.5 3.5", "open": "0 1 2 3"}},
    "funk": {"4/4": {"kick": "0 0.75? 1.75? 2.5 3.25?", "snare": "1 1.75'? 2.25'? 3 3.75'?", "hat": _SIXTEENTHS}},
    "breakbeat": {"4/4": {"kick": "0 0.5? 2.5 3.25?", "snare": "1 1.75' 2.25'? 3 3.5?", "ride": _EIGHTHS}},
    "boom-bap": {"4/4": {"deep kick": "0 0.75? 2.25? 2.5", "snare 2": "1 3", "hat": "0 0.5' 1 1.5' 2 2.5' 3 3.5'"}},
    "trap": {"4/4": {"kick": "0 1.25? 2.5? 3.25?", "clap": "2", "hat": _SIXTEENTHS, "open": "3.5?"}},
    "disco": {"4/4": {"kick": "0 1 2 3", "clap": "1 3", "open": "0.5 1.5 2.5 3.5", "cabasa": _SIXTEENTHS}},
    "one drop": {"4/4": {"kick": "2", "stick": "2", "hat": "0' 0.5 1' 1.5 2' 2.5 3' 3.5", "tambourine": "3.5?"}},
    "ballad": {"4/4": {"kick": "0 2 2.5?", "stick": "1 3", "hat": _SIXTEENTHS}},
    "train": {"4/4": {"kick": "0 1 2 3", "snare 2": "0' 0.25' 0.5 0.75' 1' 1.25' 1.5 1.75' 2' 2.25' 2.5 2.75' 3' 3.5"}},
    "march": {"4/4": {"kick": "0 2", "snare": "0' 1 1.5' 1.75'? 2' 3 3.25' 3.5' 3.75'?", "crash": "0?"}},
    "bossa": {"4/4": {"kick": "0 1.5 2 3.5", "stick": "0 0.75? 1.5 2.5 3.25?", "shaker": _SIXTEENTHS}},
    "latin": {"4/4": {"kick": "1.5 3.5?", "conga": "0.5' 1 2.5'", "low conga": "1.5? 3 3.5", "cowbell": "0 1 2 3",
                      "clave": "0 0.75 1.5 2.5 3"},
              "6/8": {"kick": "0 5/3?", "conga": "1/3' 1 4/3'", "cowbell": "0 2/3 1 5/3", "clave": "0 2/3 4/3"}},
    "toms": {"4/4": {"deep kick": "0 2", "tom 3": "0 0.75 1.5 2.5 3.25?", "tom 2": "1? 3 3.5?", "snare": "3?"},
             "6/8": {"deep kick": "0", "tom 3": "0 2/3 4/3?", "tom 2": "1 5/3"},
             "3/4": {"deep kick": "0", "tom 3": "0 0.5? 1.5", "tom 2": "1 2 2.5?"}},
    "swing": {"4/4": {"ride": "0 1 1.5 2 3 3.5", "foot": "1 3", "snare": "0.5'? 1.5'? 2.5'? 3.5?",
                      "kick": "0' 2'? 2.5?"}},
    "brushes": {"4/4": {"snare": "0' 0.5'? 1 1.5' 2' 2.5'? 3 3.5'", "foot": "1 3", "kick": "0' 2'"}},
    "shuffle": {"4/4": {"kick": "0 1.5? 2 2.5?", "snare": "1 3 3.5'?", "ride": _EIGHTHS}},
    "jazz waltz": {"3/4": {"ride": "0 1 1.5 2 2.5?", "foot": "1", "snare": "1.5'? 2.5?", "kick": "0 1.5?"}},
    "waltz": {"3/4": {"kick": "0", "snare": "1' 2'", "hat": "0 1 1.5'? 2 2.5'?", "tambourine": "2?"}},
    "slow six": {"6/8": {"kick": "0 2/3?", "snare": "1 5/3'?", "hat": _SIXTHS}},
}  # fmt: skip


class Stroke(NamedTuple):
    """One stroke of a lane."""

    at: float
    chance: float
    force: float


def lane(strokes: str) -> list[Stroke]:
    """The strokes of a lane, as they are written above."""
    return [
        Stroke(float(Fraction(one.strip("?'"))), 0.5 if "?" in one else 1.0, 0.5 if "'" in one else 1.0)
        for one in strokes.split()
    ]


def drumming(groove: str, meter: str, bar: int, bars: int, rng: random.Random) -> list[Note]:
    """All strokes of some bars of ``bar`` beats: two bars of the groove, again and again, with fills now and then."""
    lanes = {name: lane(strokes) for name, strokes in GROOVES[groove][meter].items()}
    quiet = {name for name in lanes if name in ("tambourine", "cabasa", "shaker", "clave") and rng.random() < 0.4}
    pattern = [_bar(lanes, quiet, rng) for _ in range(2)]
    every = rng.choice((4, 4, 8))
    notes: list[Note] = []
    for number in range(bars):
        strokes = list(pattern[number % 2]) if rng.random() < 0.8 else _bar(lanes, quiet, rng)
        if number % every == every - 1 and rng.random() < 0.7:
            fill_from = bar - rng.choice((0.5, 1, 1, min(2, bar - 1)))
            strokes = [one for one in strokes if one[1] < fill_from] + _fill(fill_from, bar, meter, rng)
        if number % every == 0 and rng.random() < 0.5 and number:
            strokes.append(("crash", 0.0, _FORCE["crash"]))
        notes += [Note(number * bar + at, 0.2, _KEYS[name], force) for name, at, force in strokes]
    return notes


def _bar(lanes: dict[str, list[Stroke]], quiet: set[str], rng: random.Random) -> list[tuple[str, float, float]]:
    return [
        (name, one.at, _FORCE.get(name, 0.68) * one.force)
        for name, strokes in lanes.items() if name not in quiet
        for one in strokes if rng.random() < one.chance
    ]  # fmt: skip


def _fill(start: float, end: float, meter: str, rng: random.Random) -> list[tuple[str, float, float]]:
    """Down the toms, harder and harder, with some strokes left out."""
    step = 1 / 3 if meter == "6/8" else 0.25
    count = max(1, round((end - start) / step))
    return [
        (_TOMS[min(3, 4 * index // count)], start + index * step, 0.6 + 0.35 * index / count)
        for index in range(count) if index == 0 or rng.random() < 0.8
    ]  # fmt: skip
