"""Making the networks ready before the first clip."""

from __future__ import annotations

import contextlib

import numpy as np

from j2a.compiled.blas import one_thread
from j2a.features import chords, genre, key, rhythm, tags
from j2a.features.madmom_door import SAMPLE_RATE
from j2a.features.networks import FastNetworks
from j2a.networks import NotBroughtError


def warm_up() -> None:
    """Load every network: the first clip is as fast as the next. The engine calls it when it loads a model."""
    with one_thread(), contextlib.suppress(NotBroughtError):  # what is missing is told with the first clip
        _warm_up()


def _warm_up() -> None:
    heard = FastNetworks([np.random.default_rng(0).normal(0, 0.1, 3 * SAMPLE_RATE).astype(np.float32)])
    rhythm.track_beats(heard)
    rhythm.tempo_candidates(heard)
    key.measure_key(heard)
    chords.measure_chords(heard)
    genre.find_weights()
    tags.listen(np.random.default_rng(0).normal(0, 0.1, 3 * 16_000).astype(np.float32))
