"""``Row.facts`` of a played piece, by the notes that sound in the clip."""

from __future__ import annotations

import itertools
from typing import Any

from training.captions.facts import tempo_class
from training.synth.other.performing import seconds
from training.synth.other.plan import Plan
from training.synth.other.score import Played

# What calm and energetic mean is what they mean in the first composer's corpus: moments a second at which something
# is struck, and how hard.
CALM_BELOW, CALM_BELOW_IF_SOFT, ENERGETIC_FROM = 2.8, 4.48, 4.5
SOFT_BELOW, HARD_ABOVE = 0.7, 0.6  # of the touch
SIMULTANEOUS_S = 0.03  # notes that begin so close together are one moment
_LINES = ("tune", "counter", "double", "thirds", "riff", "walk", "twofeel", "roots", "ground", "oompah", "held",
          "octaves", "offbeats", "tumbao")  # fmt: skip
_EDGE_S = 0.5  # of a chord so short is too little heard to be checked


def facts(plan: Plan, played: dict[str, list[Played]], heard: set[str]) -> dict[str, Any]:
    """``heard`` are the parts that are in the mix, all of them clearly."""
    parts = [part for part in plan.parts if part.name in heard]
    instruments = [part.instrument for part in parts if part.instrument is not None]
    drums = any(part.role == "drums" for part in parts)
    known: dict[str, Any] = {
        "bpm": plan.bpm, "tempo": tempo_class(plan.bpm), "meter": plan.meter, "key": plan.key,
        "chords": chords(plan, [note for part in parts if part.instrument for note in played[part.name]])
        if any(part.role not in (*_LINES, "drums") for part in parts) else [],
        "instruments": sorted({one.family for one in instruments}), "drums": drums, "vocals": False,
        "distortion": any(one.distorted for one in instruments),
        "energy": _energy(plan, [note for part in parts for note in played[part.name]], drums),
        "style": plan.idiom.style,
    }  # fmt: skip
    if not instruments or plan.key is None:
        del known["key"]
    return known


def chords(plan: Plan, notes: list[Played]) -> list[dict[str, Any]]:
    """The chords with their times, "N" where nothing with a pitch sounds; none at all if one of them is not there.

    A chord is there when its root and its third sound while it lasts.
    """
    first_s = seconds(plan, plan.entry)
    found: list[dict[str, Any]] = [{"start_s": 0.0, "end_s": round(first_s, 4), "label": "N"}] if first_s > 0 else []
    for span in plan.spans:
        if plan.last is not None and span.start > plan.last:
            break
        start_s, end_s = seconds(plan, span.start), seconds(plan, span.end)
        if plan.last is not None and span.start <= plan.last < span.end:
            end_s = plan.duration_s
        start_s, end_s = max(0.0, first_s, start_s), min(plan.duration_s, end_s)
        if end_s - start_s < SIMULTANEOUS_S:
            continue
        sounding = {note.pitch % 12 for note in notes if note.start_s < end_s - 0.05 and note.end_s > start_s + 0.05}
        root, third = span.chord.tones[:2]
        if sounding and not {root, third} <= sounding and end_s - start_s > _EDGE_S:
            return []
        label = span.chord.label if sounding else "N"
        if found and found[-1]["label"] == label:
            found[-1]["end_s"] = round(end_s, 4)
        else:
            found.append({"start_s": found[-1]["end_s"] if found else 0.0, "end_s": round(end_s, 4), "label": label})
    return [*found[:-1], {**found[-1], "end_s": plan.duration_s}] if found else []


def _energy(plan: Plan, notes: list[Played], drums: bool) -> str:
    """By how often something is struck, and how hard; drums are never calm, and without them nothing is energetic."""
    starts = sorted(note.start_s for note in notes if note.start_s >= 0)
    moments = bool(starts) + sum(later - one > SIMULTANEOUS_S for one, later in itertools.pairwise(starts))
    rate = moments / plan.duration_s
    if not drums and (rate < CALM_BELOW or (rate < CALM_BELOW_IF_SOFT and plan.touch < SOFT_BELOW)):
        return "calm"
    return "energetic" if drums and rate >= ENERGETIC_FROM and plan.touch > HARD_ABOVE else "moderate"
