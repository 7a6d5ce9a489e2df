"""Long sounds out of the short clips that are committed, so that long ones need not be."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import soundfile

from j2a import audio
from j2a.clip import Clip
from tests.places import CLIPS, DEMO

SAMPLE_RATE = 44_100


def clips() -> list[Path]:
    """The demo clips and those rendered for the tests."""
    return sorted([*DEMO.glob("*.ogg"), *CLIPS.glob("*.ogg")])


def write_medley(path: Path, seconds: float, seed: int) -> Clip:
    """Clips one after the other in an order and with starts given by the seed; 16 bit, so the same everywhere."""
    draw = random.Random(seed)
    parts: list[np.ndarray] = []
    missing = round(seconds * SAMPLE_RATE)
    while missing > 0:
        source = draw.choice(clips())
        samples = audio.load(Clip(source, round(draw.uniform(0, 3), 2)), SAMPLE_RATE)[:missing]
        parts.append(samples * np.float32(draw.uniform(0.3, 1.0)))
        missing -= len(samples)
    soundfile.write(path, np.concatenate(parts), SAMPLE_RATE, subtype="PCM_16")
    return Clip(path)
