"""Melodies of the second composer: a motif with a contour from a Markov chain, developed bar by bar; and its company.

The motif is stated, repeated, moved, turned upside down, cut short, and answered. It walks on the ladder of the scale
over the chord of the moment; strong and long notes go to the nearest tone of the chord.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from training.synth.other.harmony import close_to, pitches, scale_over
from training.synth.other.plan import Part, Plan
from training.synth.other.score import Note

# Chance of the next move on the ladder after the last one: up, down and leaps tend to be answered.
_NEXT = {
    0: {1: 4, -1: 4, 0: 1, 2: 2, -2: 2, 4: 1}, 1: {1: 4, -1: 2, 2: 1, 0: 1, -2: 1},
    -1: {-1: 4, 1: 2, -2: 1, 0: 1, 2: 1}, 2: {-1: 4, 1: 1, 2: 1, 0: 1}, -2: {1: 4, -1: 1, -2: 1, 0: 1},
    4: {-1: 5, -2: 2, 0: 1},
}  # fmt: skip
_FORMS = (
    ("state", "repeat", "move", "answer"), ("state", "move", "move", "answer"), ("state", "answer", "state", "invert"),
    ("state", "cut", "state", "answer"), ("state", "invert", "move", "rest"), ("state", "state", "cut", "answer"),
)  # fmt: skip


@dataclass(frozen=True)
class Motif:
    """A bar of melody without its pitches: (beat, length) and the moves on the ladder from the first note on."""

    rhythm: tuple[tuple[float, float], ...]
    moves: tuple[int, ...]


def draw_motif(plan: Plan, rng: random.Random, sparse: bool) -> Motif:
    """One that has from one to about four notes a second."""
    bar = float(plan.beats_per_bar)
    unit = 1 / 3 if plan.meter == "6/8" else 0.5 if plan.beat_s < 0.75 else 0.25
    lengths = [unit * n for n in ((3, 4, 6) if sparse else (1, 1, 2, 2, 3, 4)) if unit * n * plan.beat_s > 0.11]
    at = rng.choice((0.0, 0.0, 0.0, unit, 2 * unit)) if not sparse else 0.0
    rhythm: list[tuple[float, float]] = []
    while at < bar - 1e-6:
        length = min(rng.choice(lengths), bar - at)
        if not rhythm or rng.random() < 0.86:
            rhythm.append((at, length))
        at += length
    moves, last = [], 0
    for _ in rhythm:
        last = rng.choices(list(_NEXT[last]), list(_NEXT[last].values()))[0]
        moves.append(last)
    return Motif(tuple(rhythm), tuple(moves))


def tune(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """The melody, with an upbeat if the piece has one."""
    return _Singer(plan, part, rng, sparse=rng.random() < 0.2).sing()


def counter(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """A second melody of long notes."""
    return _Singer(plan, part, rng, sparse=True).sing()


class _Singer:
    def __init__(self, plan: Plan, part: Part, rng: random.Random, sparse: bool) -> None:
        self.plan, self.part, self.rng, self.sparse = plan, part, rng, sparse
        self.motif = draw_motif(plan, rng, sparse)
        self.pitch = (part.low + part.high) // 2 + rng.randint(-3, 3)
        self.ending = rng.choice((0.4, 0.6, 1.0))
        self.detached = rng.choice((0.55, 0.92, 0.98))

    def sing(self) -> list[Note]:
        form = self.rng.choice(_FORMS)
        notes: list[Note] = []
        for number in range(int(self.plan.beats) // self.plan.beats_per_bar):
            what = form[number % 4]
            if what == "state" and number % 8 == 4 and self.rng.random() < 0.3:
                self.motif = draw_motif(self.plan, self.rng, self.sparse)
            notes += self._bar(number * self.plan.beats_per_bar, what)
        return notes + self._upbeat()

    def _bar(self, start: int, what: str) -> list[Note]:
        if what == "rest":
            return []
        rhythm, moves = self.motif.rhythm, self.motif.moves
        if what == "invert":
            moves = tuple(-move for move in moves)
        if what == "move":
            self.pitch += self.rng.choice((-4, -3, 3, 4))
        if what == "cut":
            rhythm = rhythm[: max(1, len(rhythm) // 2)]
        if what == "answer":  # ends on a long note
            kept = [one for one in rhythm if one[0] <= self.plan.beats_per_bar * (1 - self.ending)] or [(0.0, 1.0)]
            rhythm = (*kept[:-1], (kept[-1][0], self.plan.beats_per_bar - kept[-1][0]))
        return [self._note(start + at, length, move) for (at, length), move in zip(rhythm, moves, strict=False)]

    def _note(self, at: float, length: float, move: int) -> Note:
        chord = self.plan.chord_span(at).chord
        ladder = pitches(scale_over(chord, self.plan.tonic, self.plan.mode), self.part.low, self.part.high)
        place = min(range(len(ladder)), key=lambda index: abs(ladder[index] - self.pitch)) + move
        if not 0 <= place < len(ladder):
            place -= 2 * move
        self.pitch = ladder[max(0, min(len(ladder) - 1, place))]
        if (at % 1 < 1e-6 and self.rng.random() < 0.7) or length >= 1:
            tones = pitches(chord.tones, self.part.low, self.part.high)
            self.pitch = min(tones, key=lambda pitch: (abs(pitch - self.pitch), self.rng.random()))
        accent = 0.08 if at % self.plan.beats_per_bar < 1e-6 else 0.0
        return Note(at, length * self.detached, self.pitch, self.rng.uniform(0.72, 0.86) + accent)

    def _upbeat(self) -> list[Note]:
        plan = self.plan
        if not plan.upbeat:
            return []
        step = 1 / 3 if plan.meter == "6/8" else 0.5
        count = round(plan.upbeat / step)
        return [self._note(plan.entry - (count - n) * step, step * 0.9, 1) for n in range(count)]


def inner(plan: Plan, part: Part, number: int, rng: random.Random) -> list[Note]:
    """One of the middle voices: the first has the third of every chord, the second its fifth, seventh or root."""
    bar, meter = plan.beats_per_bar, plan.meter
    figures = {"4/4": ((0,), (0, 2), (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5), (0.5, 1.5, 2.5, 3.5), (0, 1, 2, 3)),
               "3/4": ((0,), (1, 2), (0, 1, 2)),
               "6/8": ((0,), (1 / 3, 2 / 3, 4 / 3, 5 / 3), (0, 1))}[meter]  # fmt: skip
    figure, pitch, notes = rng.choice(figures), (part.low + part.high) // 2, []
    for start in range(0, int(plan.beats), bar):
        changes = {span.start - start for span in plan.spans if 0 < span.start - start < bar}
        places = sorted({*figure, *changes})
        for place, at in enumerate(places):
            chord = plan.chord_span(start + at).chord
            other = chord.tones[-1] if chord.bass == chord.root else chord.root
            pitch = close_to(chord.tones[1] if number == 0 else other, pitch, part.low, part.high)
            later = places[place + 1] if place + 1 < len(places) else bar
            notes.append(Note(start + at, (later - at) * 0.92, pitch, 0.64))
    return notes


def beside(notes: list[Note], plan: Plan, part: Part, third: bool) -> list[Note]:
    """The tune a third below, or in another octave: as the part's range asks."""
    found = []
    for note in notes:
        scale = scale_over(plan.chord_span(note.at).chord, plan.tonic, plan.mode)
        pitch = note.pitch
        if third:
            pitch = pitches(scale, pitch - 5, pitch - 3)[-1]
        found.append(Note(note.at, note.lasts, close_to(pitch % 12, pitch, part.low, part.high), note.force * 0.9))
    return found
