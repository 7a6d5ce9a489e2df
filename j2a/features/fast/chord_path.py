"""The most likely chords behind madmom's learned features: its conditional random field (Korzeniowski, MLSP 2016)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHORD_FPS = 10
_ROOTS = ("A", "A#", "B", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#")
LABELS = (*(f"{root}:maj" for root in _ROOTS), *(f"{root}:min" for root in _ROOTS), "N")
_CHECKED_FRAMES = 1024


class ChordPath:
    """Built from madmom's ``ConditionalRandomField``."""

    def __init__(self, field: Any) -> None:
        self._first, self._last, self._bias = field.pi, field.tau, field.c  # (25,) each
        self._steps, self._weights = field.A, field.W  # (25 before, 25), (128, 25)

    def path(self, features: NDArray[np.float32], check: Callable[[], None] = lambda: None) -> NDArray[np.int64]:
        """The number of each frame's chord in ``LABELS``, (F,), of features (F, 128). ``check`` may raise."""
        scores = self._first.copy()
        before = np.empty((len(features), len(scores)), np.int64)
        for frame, seen in enumerate(features):
            if frame % _CHECKED_FRAMES == 0:
                check()
            steps = self._steps + scores[:, None]
            before[frame] = steps.argmax(axis=0)
            scores = self._bias + np.dot(seen, self._weights) + steps.max(axis=0)
        path = np.empty(len(features), np.int64)
        chord = int(np.argmax(scores + self._last))
        for frame in range(len(features) - 1, -1, -1):
            path[frame] = chord
            chord = int(before[frame, chord])
        return path


def segments(path: NDArray[np.int64]) -> list[tuple[float, float, str]]:
    """(start, end, label) in seconds of the stretches of one chord, without gaps."""
    if not len(path):
        return []
    changes = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist()]
    frame_s = 1.0 / CHORD_FPS
    starts = [frame * frame_s for frame in changes]
    ends = [*starts[1:], (len(path) - 1) * frame_s + frame_s]
    return [(start, end, LABELS[path[frame]]) for start, end, frame in zip(starts, ends, changes, strict=True)]
