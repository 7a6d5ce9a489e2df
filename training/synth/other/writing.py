"""A plan becomes notes: every part by its role, then breaks, entries and the end."""

from __future__ import annotations

import dataclasses
import random

from training.synth.other.bass import BASSES
from training.synth.other.drums import drumming
from training.synth.other.figures import FIGURES
from training.synth.other.harmony import close_to
from training.synth.other.plan import Part, Plan
from training.synth.other.score import Note
from training.synth.other.tunes import beside, counter, inner, tune

Score = dict[str, list[Note]]  # name of a part -> its notes


def write(plan: Plan, seed: int) -> Score:
    """All notes of a piece; the same for the same plan and seed."""
    score: Score = {}
    inner_parts = [part.name for part in plan.parts if part.role == "inner"]
    for part in plan.parts:
        rng = random.Random(f"other notes {seed} {part.name}")
        if part.role in ("double", "thirds"):
            sung = next((score[one.name] for one in plan.parts if one.role == "tune" and one.name in score), [])
            notes = beside(sung, plan, part, part.role == "thirds")
        elif part.role == "inner":
            notes = inner(plan, part, inner_parts.index(part.name), rng)
        elif part.role == "drums":
            assert plan.groove is not None
            bars = int(plan.beats) // plan.beats_per_bar
            notes = drumming(plan.groove, plan.meter, plan.beats_per_bar, bars, rng)
        else:
            notes = {"tune": tune, "counter": counter, **BASSES, **FIGURES}[part.role](plan, part, rng)
        score[part.name] = _shaped(plan, part, notes)
    return score


def _shaped(plan: Plan, part: Part, notes: list[Note]) -> list[Note]:
    """Without what lies before the part enters, within a break or behind the end."""
    enters = plan.entry - (plan.upbeat if part.role in ("tune", "double", "thirds") else 0)
    first, end = plan.gap
    kept = []
    for note in notes:
        if note.at < enters - 1e-6 or (plan.last is not None and note.at >= plan.last - 1e-6):
            continue
        if plan.gap_keeps != part.name and first < end:
            if first - 1e-6 <= note.at < end - 1e-6:
                continue
            if note.at < first < note.at + note.lasts:
                note = dataclasses.replace(note, lasts=first - note.at)
        if plan.last is not None and note.at + note.lasts > plan.last:
            note = dataclasses.replace(note, lasts=plan.last - note.at)
        kept.append(note)
    return kept if plan.last is None else kept + _close(plan, part, plan.last)


def _close(plan: Plan, part: Part, last: float) -> list[Note]:
    """The last chord, held by all as long as it takes."""
    lasts = max(1.0, plan.beats - last)
    if part.role == "drums":
        return [Note(last, 0.2, key, 0.85) for key in (36, 49)]
    chord = plan.chord_span(last).chord
    if part.role in ("tune", "counter", "double", "thirds", "inner", *BASSES, "oompah"):
        low = part.role in BASSES or part.role == "oompah"
        tone = chord.bass if low else chord.tones[1 if part.role == "inner" else 0]
        return [Note(last, lasts, close_to(tone, (part.low + part.high) // 2, part.low, part.high), 0.8)]
    return [Note(last, lasts, close_to(tone, (part.low + part.high) // 2, part.low, part.high), 0.72)
            for tone in chord.tones[:3]]  # fmt: skip
