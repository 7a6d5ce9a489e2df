"""Accompaniment of the second composer: chords struck, strummed, broken or held."""

from __future__ import annotations

import random
from collections.abc import Callable

from training.synth.other.harmony import close_to, pitches, voice
from training.synth.other.plan import Part, Plan
from training.synth.other.score import Note

# Rhythms of struck chords, two bars of them or one: (beat, length).
_Rhythm = tuple[tuple[float, float], ...]
_STRUCK: dict[str, dict[str, tuple[_Rhythm, ...]]] = {
    "comp": {
        "4/4": (((0, 0.9), (1.5, 0.4)), ((0.5, 0.4), (2.5, 1.0)), ((0, 1.4), (1.5, 2.2)), ((0, 1.9), (2, 1.9)),
                ((1, 0.5), (2.5, 0.4), (3.5, 0.4)), ((0, 0.7), (0.75, 0.2), (1.5, 0.4), (2.75, 1.0))),
        "3/4": (((0, 1.4), (1.5, 1.4)), ((1, 0.5), (2.5, 0.4)), ((0, 0.9), (1, 0.9), (2, 0.9)), ((0, 2.8),)),
        "6/8": (tuple((n / 3, 0.3) for n in range(6)), ((0, 0.9), (1, 0.6), (5 / 3, 0.3)),
                ((1 / 3, 0.6), (4 / 3, 0.6))),
    },
    "stabs": {
        "4/4": (((0, 0.3), (1.5, 0.3)), ((0.75, 0.2), (2.5, 0.6)), ((1.5, 0.3), (3.5, 0.3)),
                ((0, 0.2), (0.75, 0.2), (1.5, 0.2), (2.25, 0.2), (3, 0.4)),
                ((0.5, 0.3), (1.5, 0.3), (2.5, 0.3), (3.5, 0.3))),
        "3/4": (((0, 0.3), (1.5, 0.6)),), "6/8": (((0, 0.3), (2 / 3, 0.3), (4 / 3, 0.3)),),
    },
    "skank": {"4/4": (((1, 0.25), (3, 0.25)), ((0.5, 0.2), (1.5, 0.2), (2.5, 0.2), (3.5, 0.2)))},
    "scratch": {"4/4": (tuple((n / 4, 0.12 if n % 3 else 0.25) for n in range(16) if n not in (2, 6, 9, 13)),
                        ((0.5, 0.2), (0.75, 0.15), (1.5, 0.2), (2.25, 0.2), (2.75, 0.2), (3.5, 0.3)))},
    "bossa": {"4/4": (((0, 0.9), (1.5, 0.9), (3, 0.8)), ((0.5, 0.4), (1.5, 0.9), (2.5, 0.4), (3.5, 0.4)))},
}  # fmt: skip
_STRUMMED = {
    "4/4": ((0, 1, 1.5, 2.5, 3, 3.5), (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5), (0, 2, 2.5, 3)),
    "3/4": ((0, 1, 2), (0, 1, 1.5, 2, 2.5)),
    "6/8": ((0, 2 / 3, 1, 5 / 3), (0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3)),
}


def struck(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Chords in a rhythm of the role, at times another one."""
    rhythms = _STRUCK[part.role].get(plan.meter) or _STRUCK["comp"][plan.meter]
    mine, other = rng.choice(rhythms), rng.choice(rhythms)
    size = rng.choice((3, 4, 4)) if part.role == "comp" else 3
    notes: list[Note] = []
    before: tuple[int, ...] = ()
    for number in range(int(plan.beats) // plan.beats_per_bar):
        start = number * plan.beats_per_bar
        rhythm = other if number % 4 == 3 or rng.random() < 0.15 else mine
        for at, length in rhythm:
            span = plan.chord_span(start + at)
            before = voice(span.chord, size, part.low, part.high, before, rng)
            force = rng.uniform(0.62, 0.82) + (0.1 if part.role == "stabs" else 0.0)
            notes += [Note(start + at, length, pitch, force) for pitch in before]
    return notes


def strum(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Down and up strokes whose strings come one after the other; ups are weaker and leave low strings out."""
    rhythm, spread = rng.choice(_STRUMMED[plan.meter]), rng.uniform(0.008, 0.022)
    notes: list[Note] = []
    before: tuple[int, ...] = ()
    for start in range(0, int(plan.beats), plan.beats_per_bar):
        for place, at in enumerate(rhythm):
            span = plan.chord_span(start + at)
            before = voice(span.chord, 4, part.low, part.high, before, rng)
            later = rhythm[place + 1] if place + 1 < len(rhythm) else plan.beats_per_bar
            up = at % 1 > 0.3
            strings = tuple(reversed(before))[:3] if up else before
            notes += [Note(start + at, (later - at) * 0.95, pitch, 0.6 if up else 0.76, index * spread)
                      for index, pitch in enumerate(strings)]  # fmt: skip
    return notes


def broken(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """The tones of a chord one after the other, in an order that the piece keeps; the hand's pedal holds them."""
    step = _step(plan, rng)
    order = rng.choice(((0, 1, 2, 3, 2, 1), (0, 2, 1, 2), (0, 1, 2, 3), (3, 2, 1, 0, 1, 2), (0, 2, 3, 1), (0, 3, 1, 2)))
    if part.role == "left":
        order = rng.choice(((0, 2, 1, 2), (0, 1, 2, 1), (0, 2, 3, 2, 1, 2), (0, 2, 1, 3)))
    rings = rng.choice((1.0, 1.0, 2.5))
    notes: list[Note] = []
    before: tuple[int, ...] = ()
    for span in plan.spans:
        before = voice(span.chord, 4, part.low, part.high, before, rng)
        for number in range(max(1, round((span.end - span.start) / step))):
            at = span.start + number * step
            pitch = before[order[number % len(order)] % len(before)]
            if number == 0 and part.role in ("left", "picked"):
                pitch = close_to(span.chord.bass, part.low + 4, part.low, part.high)
            notes.append(Note(at, min(step * rings, span.end - at) * 0.95, pitch, 0.74 if number == 0 else 0.58))
    return notes


def arp(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """A machine's sixteenths or eighths through the chord over two octaves, with holes that stay where they are."""
    step = 1 / 3 if plan.meter == "6/8" else 0.25 if plan.bpm < 132 else 0.5
    holes = [rng.random() < 0.18 for _ in range(16)]
    turn = rng.choice((1, 2, 3, -1))
    notes = []
    for number in range(int(plan.beats / step)):
        at = number * step
        span = plan.chord_span(at)
        ladder = pitches(span.chord.tones, part.low, min(part.high, part.low + 24))
        if not holes[number % 16] or abs(at - span.start) < 1e-6:
            notes.append(Note(at, step * 0.85, ladder[number * turn % len(ladder)], 0.78 if number % 4 == 0 else 0.62))
    return notes


def pads(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Held chords that lead on smoothly."""
    size = rng.choice((3, 4))
    notes: list[Note] = []
    before: tuple[int, ...] = ()
    for span in plan.spans:
        before = voice(span.chord, size, part.low, part.high, before, rng)
        notes += [Note(span.start, (span.end - span.start) * 0.99, pitch, 0.6) for pitch in before]
    return notes


def block(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Hymn-like: the chord anew on every beat or two, in changing positions."""
    step = rng.choice((1.0, 1.0, 2.0)) if plan.beats_per_bar == 4 else 1.0
    notes: list[Note] = []
    before: tuple[int, ...] = ()
    for span in plan.spans:
        for number in range(max(1, round((span.end - span.start) / step))):
            at = span.start + number * step
            before = voice(span.chord, 3, part.low, part.high, () if rng.random() < 0.3 else before, rng)
            notes += [Note(at, min(step, span.end - at) * 0.95, pitch, 0.66) for pitch in before]
    return notes


def repeat(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """One chord again and again, in eighths with accents that cross the bar, or quarters."""
    step = 1 / 3 if plan.meter == "6/8" else rng.choice((0.5, 0.5, 1.0))
    accent = rng.choice((2, 3, 4))
    notes: list[Note] = []
    before: tuple[int, ...] = ()
    for number in range(int(plan.beats / step)):
        at = number * step
        before = voice(plan.chord_span(at).chord, 3, part.low, part.high, before, rng)
        notes += [Note(at, step * 0.7, pitch, 0.8 if number % accent == 0 else 0.52) for pitch in before]
    return notes


def power(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Chords of a distorted guitar with their thirds, held over the bar or struck before the beat."""
    rhythm = rng.choice({"4/4": ((0, 1.5), (0, 1.5, 2.5), (0, 0.5, 1.5, 2, 3), (0,)), "3/4": ((0,), (0, 1.5)),
                         "6/8": ((0, 1), (0,))}[plan.meter])  # fmt: skip
    return _riffed(plan, part, rhythm, 3, 0.98)


def chug(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Short eighths or sixteenths on root and fifth, with gaps."""
    step = 1 / 3 if plan.meter == "6/8" else 0.25 if plan.bpm < 120 else 0.5
    places = [n * step for n in range(round(plan.beats_per_bar / step)) if n == 0 or rng.random() < 0.75]
    return _riffed(plan, part, tuple(places), 2, 0.6)


def _riffed(plan: Plan, part: Part, rhythm: tuple[float, ...], size: int, held: float) -> list[Note]:
    notes = []
    for start in range(0, int(plan.beats), plan.beats_per_bar):
        for place, at in enumerate(rhythm):
            root, third, fifth = plan.chord_span(start + at).chord.tones[:3]
            later = rhythm[place + 1] if place + 1 < len(rhythm) else plan.beats_per_bar
            low = close_to(root, part.low + 5, part.low, part.high)
            chosen = [low, low + (fifth - low) % 12, low + 12 + (third - low) % 12][:size]
            notes += [Note(start + at, (later - at) * held, pitch, 0.88) for pitch in chosen]
    return notes


def oompah(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Bass on the strong beats, alternating with the fifth."""
    strong = {"4/4": (0, 2), "3/4": (0,), "6/8": (0, 1)}[plan.meter]
    notes = []
    for number, start in enumerate(range(0, int(plan.beats), plan.beats_per_bar)):
        for place, at in enumerate(strong):
            span = plan.chord_span(start + at)
            fifth = (place + number * (len(strong) == 1)) % 2 and abs(span.start - start - at) > 1e-6
            wanted = span.chord.tones[2] if fifth else span.chord.bass
            pitch = close_to(wanted, part.low + 8, part.low, part.high)
            notes.append(Note(start + at, rng.uniform(0.5, 0.8), pitch, 0.84))
    return notes


def montuno(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Broken octaves and thirds around the beat, two bars long."""
    places = rng.choice(((0, 0.5, 1.5, 2.5, 3.5), (0, 1, 1.5, 2, 2.5, 3.5), (0.5, 1, 1.5, 2.5, 3, 3.5)))
    notes = []
    for start in range(0, int(plan.beats), plan.beats_per_bar):
        for number, at in enumerate(places):
            tones = plan.chord_span(start + at).chord.tones
            low = close_to(tones[number % 3], part.low + 9, part.low, part.high - 12)
            notes += [Note(start + at, 0.4, low + above, 0.78) for above in (0, 12)]
    return notes


def _step(plan: Plan, rng: random.Random) -> float:
    """How long the notes of a broken chord are, from 0.12 to 0.5 s."""
    choices = (1 / 3, 2 / 3) if plan.meter == "6/8" else (0.25, 0.5, 1.0)
    able = [one for one in choices if 0.12 <= one * plan.beat_s <= 0.5]
    return rng.choice(able or [choices[-2]])


FIGURES: dict[str, Callable[[Plan, Part, random.Random], list[Note]]] = {
    "comp": struck, "stabs": struck, "skank": struck, "scratch": struck, "bossa": struck, "strum": strum,
    "left": broken, "broken": broken, "picked": broken, "arp": arp, "pads": pads, "harmony": pads, "block": block,
    "repeat": repeat, "power": power, "chug": chug, "oompah": oompah, "montuno": montuno,
}  # fmt: skip
