"""Music that is not tuned to A = 440 Hz, brought to the pitch that the networks for key and chords were trained on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from j2a.audio import decode
from j2a.clip import Clip
from j2a.features.madmom_door import SAMPLE_RATE
from j2a.music import TUNED_CENTS


def factor(tuning_cents: float | None) -> float:
    """By how much higher than theirs the music's pitches are; 1 where it is in tune, or nobody knows."""
    if tuning_cents is None or abs(tuning_cents) <= TUNED_CENTS:
        return 1.0
    return float(2.0 ** (tuning_cents / 1200))


def retuned(clip: Clip, higher: float) -> Iterator[NDArray[np.float32]]:
    """The clip played slower by a factor, so that its pitches fall by it: float32 blocks (n,), mono, 44,100 Hz."""
    return decode.stream(clip, round(SAMPLE_RATE * higher))
