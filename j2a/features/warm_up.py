"""Making the networks ready before the first clip."""

from __future__ import annotations

import numpy as np

from j2a.features import chords, genre, key, rhythm, tags
from j2a.features.madmom_door import SAMPLE_RATE
from j2a.features.networks import FastNetworks


def warm_up() -> None:
    """Load every network, and compile what numba compiles (kept in its cache): the first clip is as fast as the next.

    ``make setup`` fills the cache with it; the engine calls it when it loads a model.
    """
    heard = FastNetworks([np.random.default_rng(0).normal(0, 0.1, 3 * SAMPLE_RATE).astype(np.float32)])
    rhythm.track_beats(heard)
    rhythm.tempo_candidates(heard)
    key.measure_key(heard)
    chords.measure_chords(heard)
    genre.find_weights()
    tags.listen(np.random.default_rng(0).normal(0, 0.1, 3 * 16_000).astype(np.float32))
