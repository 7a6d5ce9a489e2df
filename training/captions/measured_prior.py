"""Random ``Features`` records, as varied as measurements of real music, for the language model to learn from."""

from __future__ import annotations

import random

from j2a.features.record import Chord, Features, Genre, Tempo
from j2a.music import FLAT_NAMES, SHARP_NAMES, pitch_class

# The ten classes of GTZAN, which the genre model knows.
GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
# Scale degree in semitones and quality of the triads that are usual in each mode.
_TRIADS = {
    "major": (
        (0, "maj"),
        (2, "min"),
        (4, "min"),
        (5, "maj"),
        (7, "maj"),
        (9, "min"),
        (10, "maj"),
        (4, "maj"),
        (5, "min"),
    ),
    "minor": ((0, "min"), (3, "maj"), (5, "min"), (7, "min"), (8, "maj"), (10, "maj"), (7, "maj"), (5, "maj")),
}
_TONICS = sorted({*SHARP_NAMES, *FLAT_NAMES})


def random_features(rng: random.Random) -> Features:
    """One record. Every feature is sometimes missing; chords follow the key most of the time."""
    features = Features()
    duration_s = rng.choice((10.0, 10.0, 10.0, rng.uniform(3, 30)))
    features.key = f"{rng.choice(_TONICS)} {rng.choice(('major', 'minor'))}"
    features.key_probability = rng.uniform(0.15, 1.0) if rng.random() < 0.7 else 0.95
    features.bpm = round(rng.uniform(40, 215), 2) if rng.random() < 0.3 else round(rng.triangular(55, 180, 112), 2)
    features.meter = "4/4" if rng.random() < 0.6 else "3/4"
    features.beats = _random_beats(features.bpm, duration_s, rng)
    features.chords = _random_chords(features, duration_s, rng)
    if rng.random() < 0.25:
        features.genre = Genre(rng.choice(GENRES), rng.uniform(0.3, 1.0))
    _forget_some(features, rng)
    if features.bpm is not None:
        _weigh_tempi(features, rng)
    return features


def _weigh_tempi(features: Features, rng: random.Random) -> None:
    """Half or double of the tempo as another candidate, which is sometimes as likely."""
    assert features.bpm is not None
    other = features.bpm * rng.choice((0.5, 2.0, 2 / 3, 1.5))
    features.bpm_sure = rng.random() < 0.8
    weight = 0.85 if features.bpm_sure else 0.5
    features.bpm_candidates = [Tempo(features.bpm, weight), Tempo(round(other, 2), 1 - weight)]


def _random_beats(bpm: float, duration_s: float, rng: random.Random) -> list[float]:
    period_s, beats, time_s = 60.0 / bpm, [], rng.uniform(0, 0.5)
    spread = rng.choice((0.0, 0.01, 0.05, 0.12))
    while time_s < duration_s:
        beats.append(round(time_s, 2))
        time_s += max(0.1, period_s * rng.gauss(1.0, spread))
    return beats


def _random_chords(features: Features, duration_s: float, rng: random.Random) -> list[Chord]:
    assert features.key is not None and features.bpm is not None and features.meter is not None
    tonic, mode = features.key.split()
    length = rng.choice((1, 2, 2, 3, 3, 4, 4, 4, 5, 6))
    loop = [_random_chord(pitch_class(tonic), mode, rng) for _ in range(length)]
    bar_s = int(features.meter[0]) * 60.0 / features.bpm
    silent_share = rng.choice((0.02, 0.02, 0.02, 0.02, 0.02, 0.05, 0.3, 0.6))
    chord_s = bar_s * rng.choice((0.3, 0.5, 1.0, 1.0, 1.0, 2.0, 4.0))
    chords, start_s, index, wanders = [], 0.0, 0, rng.random() < 0.4
    while start_s < duration_s:
        end_s = min(duration_s, start_s + chord_s * rng.choice((1.0, 1.0, rng.uniform(0.5, 1.5))))
        label = _random_chord(pitch_class(tonic), mode, rng) if wanders else loop[index % length]
        chords.append(Chord(round(start_s, 2), round(end_s, 2), "N" if rng.random() < silent_share else label))
        start_s, index = end_s, index + 1
    return chords


def _random_chord(tonic: int, mode: str, rng: random.Random) -> str:
    if rng.random() < 0.2:
        return f"{rng.choice(SHARP_NAMES)}:{rng.choice(('maj', 'min'))}"
    degree, quality = rng.choice(_TRIADS[mode])
    return f"{SHARP_NAMES[(tonic + degree) % 12]}:{quality}"


def _forget_some(features: Features, rng: random.Random) -> None:
    """Leave features out of the record, as the extractors do when they are not sure."""
    draw = rng.random()
    if draw < 0.02:  # nothing at all
        features.bpm = features.meter = features.key = features.genre = None
        features.beats, features.chords = [], []
        return
    if rng.random() < 0.12:
        features.bpm, features.meter, features.beats = None, None, []
    if rng.random() < 0.08:
        features.meter = None
    if rng.random() < 0.12:
        features.key = features.key_probability = None
    if rng.random() < 0.12:
        features.chords = []
