"""Measured features as the cache keeps them, and the prompt that is made of them."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from bench.fuzz.target import Target
from j2a.cache import Cache
from j2a.exporting.csv import aspect_list
from j2a.features import remembered
from j2a.features.record import FEATURE_NAMES, Chord, Features, Genre
from j2a.grounding import claims
from j2a.models.prompts import build_prompt
from j2a_tui.display import feature_text

_KEY = "0" * 40


def attempt(data: bytes, folder: Path) -> None:
    """What is of another shape counts as not measured; what counts can be kept again."""
    cache = _cache(folder)
    cache.put(_KEY, data)
    found = remembered.find(cache, _KEY)
    if found is not None:
        again = Features.from_json(json.loads(json.dumps(found.to_json())))
        assert again == found
        used(found)


def used(features: Features) -> None:
    """Do with what counts as measured what the library and the app do."""
    text = build_prompt(features).text
    claims(f"{text} A waltz in A minor at 120 BPM, 4/4: Am, F and C.", features)
    aspect_list(features)
    for name in FEATURE_NAMES:
        feature_text(name, features)


@functools.cache
def _cache(folder: Path) -> Cache:
    return Cache(folder / "measured")


def seeds(folder: Path) -> list[bytes]:
    """Everything measured, and nothing."""
    chords = [Chord(0, 2, "A:min"), Chord(2, 4, "F:maj"), Chord(4, 5, "N")]
    genre, unknown = Genre("jazz", 0.8), {"bpm": "no beat"}
    whole = Features(120.0, [0.5, 1.0, 1.5, 2.0], [0.5], "4/4", "A minor", 0.9, chords, genre, unknown)
    return [json.dumps(one.to_json()).encode() for one in (whole, Features())]


TARGET = Target(attempt, seeds, (b'"chords"', b'"genre"', b'"label"', b"NaN", b"null"))
