"""Random beliefs about clips, as varied as what is heard in real music, for the language model to learn from."""

from __future__ import annotations

import random
from dataclasses import replace

from j2a.features.record import Chord, Features, Sound, Tag, TagKind
from j2a.models.heard import FAMILIES, Heard
from j2a.music import SHARP_NAMES, pitch_class
from training.captions.measured_prior import random_features

_STYLES = ("metal", "rock", "electronic", "dance", "ambient")
_INSTRUMENTS = ("electric guitar", "synthesizer", "flute", "piano")
_ALONE = 0.15  # share of clips in which one instrument plays by itself
_NUMBER_OF = (0.15, 0.28, 0.27, 0.18, 0.08, 0.04)  # shares of clips with so many families
# Bounds between which the measured values of sound lie: each of their words is drawn about as often as none.
_SOUND = {
    "loudness_dbfs": (-26.0, -8.0), "crest_db": (8.0, 20.0), "dynamics_db": (0.5, 12.0),
    "centroid_hz": (400.0, 3500.0), "onsets_per_s": (1.0, 8.0),
}  # fmt: skip
# Values that have no word.
_ORDINARY = {
    "loudness_dbfs": -16.0, "crest_db": 12.0, "dynamics_db": 5.0, "centroid_hz": 1500.0, "onsets_per_s": 4.0,
}  # fmt: skip


def random_beliefs(rng: random.Random) -> tuple[Features, Heard]:
    """What was measured and what the heads on an encoder are sure of; everything is sometimes missing."""
    features = random_features(rng)
    if features.chords and rng.random() < 0.55:
        _hold_chords(features, rng)
    if features.key and rng.random() < 0.55:
        _make_key_sure(features, rng)
    if rng.random() < 0.9:
        features.tags, features.absent = _tags(rng)
    if rng.random() < 0.7:
        marked = {name: rng.uniform(*bounds) for name, bounds in _SOUND.items() if rng.random() < 0.55}
        features.sound = Sound(**{**_ORDINARY, **marked})
    heard = _heard(features, rng) if rng.random() < 0.7 else Heard()
    return features, _by_itself(features, heard, rng) if rng.random() < _ALONE else heard


def _by_itself(features: Features, heard: Heard, rng: random.Random) -> Heard:
    """One instrument, no drums, mostly no voice: a stem, or somebody who practises."""
    features.tags = [tag for tag in features.tags or () if tag.kind not in ("percussion", "instrument", "voice")]
    features.absent = [label for label in ("voice", "drums") if rng.random() < 0.5]
    return replace(
        heard, instruments=(rng.choice(FAMILIES),), drums=False, no_bass=rng.random() < 0.7, alone=rng.random() < 0.8
    )


def _hold_chords(features: Features, rng: random.Random) -> None:
    """Make the chords last as long as those that are told."""
    shortest = min(chord.end_s - chord.start_s for chord in features.chords)
    slower = max(1.0, rng.uniform(1.5, 3.0) / max(shortest, 0.1))
    features.chords = [Chord(one.start_s * slower, one.end_s * slower, one.label) for one in features.chords]


def _make_key_sure(features: Features, rng: random.Random) -> None:
    """Likely, and its own triad the one that sounds longest."""
    assert features.key is not None
    tonic, mode = features.key.split()
    features.key_probability = rng.uniform(0.95, 1.0)
    if features.chords:
        own = f"{SHARP_NAMES[pitch_class(tonic)]}:{'min' if mode == 'minor' else 'maj'}"
        longest = max(features.chords, key=lambda one: one.end_s - one.start_s).label
        features.chords = [replace(one, label=own) if one.label == longest else one for one in features.chords]


def _tags(rng: random.Random) -> tuple[list[Tag], list[str]]:
    tags: list[Tag] = []
    absent: list[str] = []

    def claimed(label: str, kind: TagKind) -> None:
        tags.append(Tag(label, kind, round(rng.uniform(0.3, 0.99), 4)))

    for label, kind in (("voice", "voice"), ("drums", "percussion")):
        drawn = rng.random()
        if drawn < 0.35:
            claimed(label, "voice" if kind == "voice" else "percussion")
        elif drawn < 0.65:
            absent.append(label)
    for label in rng.sample(_STYLES, rng.choices((0, 1, 2), (0.4, 0.45, 0.15))[0]):
        claimed(label, "style")
    for label in rng.sample(_INSTRUMENTS, rng.choices((0, 1, 2), (0.5, 0.4, 0.1))[0]):
        claimed(label, "instrument")
    return tags, absent


def _heard(features: Features, rng: random.Random) -> Heard:
    families = tuple(sorted(rng.sample(FAMILIES, rng.choices(range(len(_NUMBER_OF)), _NUMBER_OF)[0])))
    return Heard(
        families,
        "guitar" in families and rng.random() < 0.35,
        rng.choice((None, True, False)),
        rng.choice((None, None, "calm", "energetic")),
        features.bpm if rng.random() < 0.5 else None,
        rng.choice((None, features.meter, features.meter, "6/8")),
        rng.random() < 0.6,
        rng.random() < 0.5,
    )
