"""Bass lines of the second composer: each takes a plan, its part and a source of chance, and writes the whole piece."""

from __future__ import annotations

import random
from collections.abc import Callable

from training.synth.other.harmony import close_to, scale_over
from training.synth.other.plan import Part, Plan
from training.synth.other.score import Note

# Bars of bass: (beat, length, "r" root, "f" fifth, "t" third, "o" octave above, "b" the chord's bass).
_Bar = tuple[tuple[float, float, str], ...]
_TWOFEEL: dict[str, tuple[_Bar, ...]] = {
    "4/4": (((0, 1.8, "b"), (2, 1.8, "f")), ((0, 1.4, "b"), (1.5, 0.5, "f"), (2, 1.4, "f"), (3.5, 0.5, "r"))),
    "3/4": (((0, 1.8, "b"), (2, 0.8, "f")), ((0, 0.9, "b"),)),
    "6/8": (((0, 0.9, "b"), (1, 0.9, "f")), ((0, 0.6, "b"), (2 / 3, 0.3, "r"), (1, 0.9, "f"))),
}
_ROOTS: dict[str, tuple[_Bar, ...]] = {
    "4/4": (
        tuple((n / 2, 0.45, "b") for n in range(8)),
        ((0, 1.4, "b"), (1.5, 0.5, "r"), (2.5, 0.5, "f"), (3, 0.9, "r")),
        ((0, 0.7, "b"), (0.75, 0.2, "r"), (2, 0.7, "r"), (2.75, 0.25, "o"), (3.5, 0.4, "f")),
        ((0, 2.4, "b"), (2.5, 1.4, "r")),
    ),
    "3/4": (
        ((0, 1.9, "b"), (2, 0.9, "f")),
        ((0, 1.4, "b"), (1.5, 1.4, "r")),
        ((0, 0.9, "b"), (1, 0.9, "r"), (2, 0.9, "t")),
    ),
    "6/8": (
        ((0, 0.9, "b"), (1, 0.6, "f"), (5 / 3, 0.3, "r")),
        ((0, 1.9, "b"),),
        ((0, 0.6, "b"), (2 / 3, 0.3, "r"), (1, 1, "r")),
    ),
}  # fmt: skip
_TUMBAO: tuple[_Bar, ...] = (
    ((0, 1.4, "b"), (1.5, 1.4, "f"), (3, 0.9, "r")),
    ((0, 1.4, "r"), (1.5, 1.0, "f"), (2.5, 1.2, "o")),
)


def walk(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """A note a beat: the bass on the chord's first, a neighbour of the next bass on its last, steps between."""
    notes: list[Note] = []
    pitch = close_to(plan.spans[0].chord.bass, part.low + 10, part.low, part.high)
    beat = 0.0
    while beat < plan.beats - 0.5:
        span = plan.chord_span(beat)
        goal = plan.after(span).chord.bass
        if beat - span.start < 0.5:
            pitch = close_to(span.chord.bass, pitch, part.low, part.high)
        elif span.end - beat < 1.5:
            target = close_to(goal, pitch, part.low, part.high)
            pitch = target + rng.choice([step for step in (-2, -1, 1, 7) if part.low <= target + step <= part.high])
        else:
            scale = scale_over(span.chord, plan.tonic, plan.mode)
            wanted = set(span.chord.tones) if rng.random() < 0.6 else scale
            reach = range(max(part.low, pitch - 5), min(part.high, pitch + 5) + 1)
            near = [p for p in reach if p % 12 in wanted and p != pitch]
            pitch = rng.choice(near) if near else pitch
        notes.append(Note(beat, 0.92, pitch, rng.uniform(0.74, 0.86)))
        if rng.random() < 0.12 and plan.meter != "6/8":
            notes.append(Note(beat + 0.5, 0.35, pitch, 0.5))
        beat += 1
    return notes


def twofeel(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Root and fifth."""
    return _barred(plan, part, (rng.choice(_TWOFEEL[plan.meter]),), rng)


def roots(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Mostly roots, in one of a few rhythms; two of them in turn in some pieces."""
    bars = _ROOTS[plan.meter]
    return _barred(plan, part, tuple(rng.sample(bars, rng.choice((1, 1, 2)))), rng)


def tumbao(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Fifths before the beat, as in Cuban music."""
    return _barred(plan, part, (rng.choice(_TUMBAO),), rng)


def octaves(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Root and octave in turn, in eighths or sixteenths."""
    step = 1 / 3 if plan.meter == "6/8" else 0.25 if plan.bpm < 105 and rng.random() < 0.5 else 0.5
    high = rng.choice(((0, 12), (0, 0, 12, 0), (0, 0, 12)))
    return _pulse(plan, part, step, 0.0, high)


def offbeats(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Between the beats, as house music has it."""
    return _pulse(plan, part, rng.choice((1.0, 1.0, 0.5)), 0.5, (0,))


def held(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Long low notes that are struck a second time before the bar is over."""
    bar, again = plan.beats_per_bar, rng.choice((0.625, 0.75, 0.875))
    return _barred(plan, part, (((0, bar * again - 0.1, "b"), (bar * again, bar * (1 - again), "r")),), rng)


def ground(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """The bass of every chord, held; passing notes lead to the next now and then."""
    notes: list[Note] = []
    pitch, moves = part.low + 9, rng.random() < 0.5
    for span in plan.spans:
        pitch = close_to(span.chord.bass, pitch, part.low, part.high)
        length, bar = span.end - span.start, plan.beats_per_bar
        passes = moves and length >= 2 and rng.random() < 0.6
        notes += _struck(span.start, span.end - passes, bar, pitch)
        if passes:
            goal = close_to(plan.after(span).chord.bass, pitch, part.low, part.high)
            scale = scale_over(span.chord, plan.tonic, plan.mode)
            between = [p for p in range(min(pitch, goal) + 1, max(pitch, goal)) if p % 12 in scale]
            notes.append(Note(span.end - 1, 0.95, between[len(between) // 2] if between else pitch, 0.62))
    return notes


def _struck(start: float, end: float, bar: int, pitch: int) -> list[Note]:
    """A note that is held no longer than two bars."""
    notes = []
    while start < end - 0.1:
        stop = min(end, start + 2 * bar)
        notes.append(Note(start, stop - start - 0.05, pitch, 0.72))
        start = stop
    return notes


def riff(plan: Plan, part: Part, rng: random.Random) -> list[Note]:
    """Two bars of pentatonic steps and rests on a fine grid, the same again over every chord."""
    bar, step = plan.beats_per_bar, 1 / 3 if plan.meter == "6/8" else 0.25 if plan.bpm < 128 else 0.5
    places = [n * step for n in range(round(2 * bar / step)) if n == 0 or rng.random() < (0.62 if n % 2 == 0 else 0.25)]
    figure = [(at, rng.choice((0, 0, 0, 7, 10, 12, 5)) if at else 0) for at in places]
    notes = []
    for number, (start, _) in enumerate(_bars(plan)):
        span = plan.chord_span(start)
        for index, (at, above) in enumerate(figure):
            if at // bar != number % 2:
                continue
            beat = start + at % bar
            span = plan.chord_span(beat)
            tones = span.chord.tones
            wanted = {0: span.chord.bass, 7: tones[2], 10: tones[-1], 12: tones[0], 5: tones[1]}[above]
            pitch = close_to(wanted, part.low + 9 + (above > 5) * 5, part.low, part.high)
            later = figure[index + 1][0] if index + 1 < len(figure) else 2.0 * bar
            notes.append(Note(beat, min(1.0, later - at) * rng.choice((0.5, 0.9)), pitch, 0.9 if at % 1 == 0 else 0.75))
    return notes


def _bars(plan: Plan) -> list[tuple[float, float]]:
    bar = plan.beats_per_bar
    return [(float(start), float(start + bar)) for start in range(0, int(plan.beats), bar)]


def _barred(plan: Plan, part: Part, bars: tuple[_Bar, ...], rng: random.Random) -> list[Note]:
    notes, before = [], part.low + 8
    for number, (start, _) in enumerate(_bars(plan)):
        figure = list(bars[number % len(bars)])
        changes = {span.start - start: "b" for span in plan.spans if 0 < span.start - start < plan.beats_per_bar}
        figure += [(at, 0.9, tone) for at, tone in changes.items() if all(abs(at - one[0]) > 0.1 for one in figure)]
        for at, length, tone in sorted(figure):
            span = plan.chord_span(start + at)
            root, third, fifth = span.chord.tones[:3]
            first = abs(start + at - span.start) < 1e-6
            wanted = span.chord.bass if first else {"b": span.chord.bass, "f": fifth, "t": third}.get(tone, root)
            pitch = close_to(wanted, before, part.low, min(part.high, part.low + 17))
            notes.append(Note(start + at, min(length, span.end - start - at), pitch + 12 * (tone == "o" and not first),
                              rng.uniform(0.72, 0.9)))  # fmt: skip
            before = pitch
    return notes


def _pulse(plan: Plan, part: Part, step: float, first: float, above: tuple[int, ...]) -> list[Note]:
    notes = []
    for number in range(int((plan.beats - first) / step)):
        beat = first + number * step
        pitch = close_to(plan.chord_span(beat).chord.bass, part.low + 7, part.low, part.high)
        notes.append(Note(beat, 0.8 * min(step, 0.5), pitch + above[number % len(above)], 0.88))
    return notes


BASSES: dict[str, Callable[[Plan, Part, random.Random], list[Note]]] = {
    "walk": walk, "twofeel": twofeel, "roots": roots, "tumbao": tumbao, "octaves": octaves, "offbeats": offbeats,
    "held": held, "ground": ground, "riff": riff,
}  # fmt: skip
