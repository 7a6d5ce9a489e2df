"""Sound for the windows: where a file sounds at all, pieces of it, silence and noise.

All arrays are float32 (T,), mono, at ``RATE`` Hz, full scale 1.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from j2a import audio
from j2a.clip import Clip
from training.datasets.mixing import FRAME_S, Sound, frame_levels_db, unclipped

RATE = 44_100
_AUDIBLE_DB = -50.0  # of full scale, RMS of a frame
_MOSTLY = 0.8  # of a window's frames must be audible
_RMS = 0.1  # of noise


def audible_starts(path: Path, window_s: float) -> list[float]:
    """The whole seconds at which a window may begin that sounds for most of its length. Raises ``AudioError``."""
    rate = 8_000
    sound = audio.load(Clip(path), rate)
    loud = frame_levels_db(sound, rate) > _AUDIBLE_DB
    wide = round(window_s / FRAME_S)
    per_s = round(1 / FRAME_S)
    starts = range(0, len(loud) - wide + 1, per_s)
    return [start / per_s for start in starts if loud[start : start + wide].mean() >= _MOSTLY]


def spread(starts: list[float], count: int, window_s: float, rng: np.random.Generator) -> list[float]:
    """Up to ``count`` of the starts, one from each equal part of the file, that do not overlap."""
    if not starts:
        return []
    edges = np.linspace(starts[0], starts[-1] + 1, count + 1)
    chosen: list[float] = []
    for low, high in itertools.pairwise(edges):
        free_from = max(low, chosen[-1] + window_s) if chosen else low
        open_ = [start for start in starts if free_from <= start < high]
        if open_:
            chosen.append(float(rng.choice(open_)))
    return chosen


def piece(path: Path, start_s: float, length_s: float) -> Sound:
    """A section of a file; silence behind its end. Raises ``AudioError``."""
    return fitted(audio.load(Clip(path, start_s, start_s + length_s), RATE), length_s)


def fitted(sound: Sound, length_s: float) -> Sound:
    """Cut, or filled up with silence."""
    wanted = round(length_s * RATE)
    return np.pad(sound[:wanted], (0, max(0, wanted - len(sound))))


def made(sound: str, length_s: float, rng: np.random.Generator) -> Sound:
    """ "silence", "white noise" or "pink noise". Raises ``ValueError`` for anything else."""
    length = round(length_s * RATE)
    if sound == "silence":
        return np.zeros(length, np.float32)
    white = rng.standard_normal(length)
    if sound == "white noise":
        noise = white
    elif sound == "pink noise":
        spectrum = np.fft.rfft(white)
        noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), length)
    else:
        raise ValueError(f"{sound!r} cannot be made")
    return unclipped((noise * (_RMS / noise.std())).astype(np.float32))

