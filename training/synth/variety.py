"""Plans for the training corpus: instruments, rhythm, tempo, key and texture are drawn independently of each other.

Real styles tie them together, and a model then learns the tie in place of the sound.
"""

from __future__ import annotations

import itertools
import math
import random

from training.captions.facts import ALL_KEYS, tempo_class
from training.synth import patterns
from training.synth.compose import Piece, Plan
from training.synth.orchestra import DISTORTED, DRUM_KITS, FAMILY_OF, PARTS, Voice
from training.synth.styles import PROGRESSIONS, Bar
from training.synth.theory import MODAL_KEYS, Key

SLOWEST_BPM, FASTEST_BPM = 50.0, 200.0
MODAL_SHARE = 0.15  # of the clips
CALM_BELOW, ENERGETIC_FROM = 2.8, 4.5  # moments a second at which something is struck
SIMULTANEOUS_S = 0.03  # notes that begin so close together are one moment
# What plays, and how often it is so.
_TEXTURES: dict[tuple[str, ...], float] = {
    ("chords",): 5, ("lead",): 4, ("drums",): 1.5, ("bass", "drums"): 2, ("low", "chords"): 4, ("low", "lead"): 3,
    ("chords", "lead"): 8, ("bass", "chords"): 5, ("bass", "lead"): 3, ("pad", "lead"): 6, ("chords", "drums"): 4,
    ("lead", "drums"): 3, ("bass", "chords", "lead"): 8, ("bass", "chords", "drums"): 9, ("bass", "lead", "drums"): 6,
    ("low", "chords", "lead"): 5, ("pad", "chords", "lead"): 6, ("bass", "pad", "lead", "drums"): 5,
    ("bass", "chords", "lead", "drums"): 13, ("bass", "pad", "chords", "drums"): 4,
    ("bass", "pad", "chords", "lead"): 5, ("bass", "pad", "chords", "lead", "drums"): 5, ("pad", "low"): 2,
}  # fmt: skip


_FAMILY_WEIGHTS = {"piano": 1.5, "guitar": 1.8, "strings": 1.3, "synth": 1.4, "harp": 0.5, "choir": 0.5}


def varied_plan(seed: int, duration_s: float = 10.0) -> Plan:
    """A plan for one clip; the same for the same seed."""
    rng = random.Random(f"variety {seed}")
    beats = rng.choices((4, 3, 2), (0.62, 0.23, 0.15))[0]
    bpm = round(math.exp(rng.uniform(math.log(SLOWEST_BPM), math.log(FASTEST_BPM if beats > 2 else 130.0))), 1)
    key = Key.parse(rng.choice(MODAL_KEYS if rng.random() < MODAL_SHARE else ALL_KEYS))
    texture = rng.choices(list(_TEXTURES), list(_TEXTURES.values()))[0]
    instruments: dict[str, str] = {}
    octaves: list[tuple[str, int]] = []
    taken: set[str] = set()
    for part in texture:
        if part == "drums":
            instruments["drums"] = "drums"
            continue
        family, voice = _voice(rng, part, taken)
        taken.add(family)
        part = "bass" if part == "low" else part
        instruments[part] = voice.name
        shift = voice.octaves + (rng.choice((-1, 0, 0, 0, 1)) if part == "lead" else 0)
        if shift:
            octaves.append((part, shift))
    bar = Bar(
        rng.choice(patterns.BASS[beats]),
        rng.choice(patterns.CHORDS[beats]),
        tuple(rng.sample(patterns.MELODY[beats], rng.choice((1, 2, 3)))),
        rng.choice(patterns.DRUMS[beats]),
    )
    bar_s = beats * 60 / bpm
    return Plan(
        "varied",
        bpm,
        beats,
        key.name,
        rng.choice(PROGRESSIONS[key.mode]),
        duration_s,
        instruments,
        bar,
        chords_per_bar=2 if beats == 4 and bar_s > 3.2 and rng.random() < 0.7 else 1,
        lead_in_s=round(rng.uniform(0.0, 0.5), 3),
        comp_near=rng.choice((50, 55, 60, 60, 64, 69)),
        octaves=tuple(octaves),
        touch=rng.uniform(0.45, 1.15),
        drum_kit=rng.choice(DRUM_KITS),
    )


def _voice(rng: random.Random, part: str, taken: set[str]) -> tuple[str, Voice]:
    """A family and an instrument of it, mostly of a family that does not play yet."""
    families = list(PARTS[part])
    fresh = [family for family in families if family not in taken]
    pool = fresh if fresh and rng.random() < 0.9 else families
    family = rng.choices(pool, [_FAMILY_WEIGHTS.get(name, 1.0) for name in pool])[0]
    return family, rng.choice(PARTS[part][family])


def facts(piece: Piece, heard: set[str]) -> dict[str, object]:
    """``Row.facts`` of a rendered piece; ``heard`` are the parts that were loud enough to be heard."""
    plan, truth = piece.plan, piece.truth()
    names = {name for part, name in plan.instruments.items() if part in heard and part != "drums"}
    drums = "drums" in heard
    return {
        "bpm": plan.bpm, "tempo": tempo_class(plan.bpm), "meter": plan.meter, "key": plan.key,
        "chords": truth["chords"] if heard & {"chords", "pad"} else [],
        "instruments": sorted({FAMILY_OF[name] for name in names}), "drums": drums, "vocals": False,
        "distortion": bool(names & {voice.name for voice in DISTORTED}),
        "energy": _energy(piece, heard, drums),
    }  # fmt: skip


def _energy(piece: Piece, heard: set[str], drums: bool) -> str:
    """By how often something is struck, and how hard; drums are never calm, and without them nothing is energetic."""
    starts = sorted(note.start_s for note in piece.notes if note.part in heard)
    moments = bool(starts) + sum(later - one > SIMULTANEOUS_S for one, later in itertools.pairwise(starts))
    rate = moments / piece.plan.duration_s
    if not drums and (rate < CALM_BELOW or (rate < 1.6 * CALM_BELOW and piece.plan.touch < 0.7)):
        return "calm"
    return "energetic" if drums and rate >= ENERGETIC_FROM and piece.plan.touch > 0.6 else "moderate"
