"""Written notes as they are played: swung, a little off, softer and harder, each part with habits of its own."""

from __future__ import annotations

import math
import random

from training.synth.other.plan import Part, Plan
from training.synth.other.score import Note, Played
from training.synth.other.writing import Score

_SHORTEST_S, _DRUM_S = 0.05, 0.15
_STEADIEST_S = 0.0015  # a machine's hands, nearly


def perform(plan: Plan, score: Score, seed: int) -> dict[str, list[Played]]:
    """The notes that sound in the clip, by part; times are those of the clip. Parts without a note are left out."""
    played = {part.name: _play(plan, part, score[part.name], seed) for part in plan.parts}
    return {name: notes for name, notes in played.items() if notes}


def _play(plan: Plan, part: Part, notes: list[Note], seed: int) -> list[Played]:
    rng = random.Random(f"other hands {seed} {part.name}")
    loose_s = _STEADIEST_S if part.role in ("arp", "octaves", "offbeats") else plan.loose_s
    behind_s = rng.gauss(0.0, 0.5 * loose_s)
    swell, phase = rng.uniform(0.0, 0.1), rng.uniform(0, 2 * math.pi)  # louder and softer over some bars
    found = []
    for note in sorted(notes, key=lambda one: (one.at, one.pitch)):
        wave = 1 + swell * math.sin(phase + note.at * math.pi / (2 * plan.beats_per_bar))
        velocity = round(127 * note.force * plan.touch * wave + rng.gauss(0, 4))
        start_s = seconds(plan, note.at) + note.late_s + behind_s + rng.gauss(0, loose_s)
        lasts_s = _DRUM_S if part.role == "drums" else seconds(plan, note.at + note.lasts) - seconds(plan, note.at)
        end_s = start_s + max(_SHORTEST_S, lasts_s - note.late_s)
        if end_s > 0 and start_s < plan.duration_s - _SHORTEST_S:
            found.append(Played(start_s, end_s, note.pitch, max(8, min(127, velocity))))
    return found


def seconds(plan: Plan, beat: float) -> float:
    """Where a beat lies in the clip. Swing moves what is between beats, beats themselves stay."""
    whole, part = divmod(beat, 1.0)
    swung = part * 2 * plan.swing if part <= 0.5 else plan.swing + (part - 0.5) * 2 * (1 - plan.swing)
    return (whole + swung) * plan.beat_s - plan.cut_s
