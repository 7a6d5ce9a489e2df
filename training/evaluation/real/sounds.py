"""Sound for the windows: where a file sounds at all, voices mixed over beds, stems summed, silence and noise.

All arrays are float32 (T,), mono, at ``RATE`` Hz, full scale 1.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from j2a import audio
from j2a.clip import Clip

RATE = 44_100
Sound = NDArray[np.float32]
_FRAME_S = 0.5
_AUDIBLE_DB = -50.0  # of full scale, RMS of a frame
_MOSTLY = 0.8  # of a window's frames must be audible
_ACTIVE_DB = 30.0  # below the loudest frame a voice pauses
_PEAK, _RMS = 0.95, 0.1


def audible_starts(path: Path, window_s: float) -> list[float]:
    """The whole seconds at which a window may begin that sounds for most of its length. Raises ``AudioError``."""
    rate = 8_000
    sound = audio.load(Clip(path), rate)
    loud = frame_levels_db(sound, rate) > _AUDIBLE_DB
    wide = round(window_s / _FRAME_S)
    per_s = round(1 / _FRAME_S)
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


def frame_levels_db(sound: Sound, rate: int) -> NDArray[np.float64]:
    """RMS of each whole half second, in dB of full scale."""
    wide = round(_FRAME_S * rate)
    frames = sound[: len(sound) // wide * wide].reshape(-1, wide).astype(np.float64)
    levels: NDArray[np.float64] = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    return levels


def piece(path: Path, start_s: float, length_s: float) -> Sound:
    """A section of a file; silence behind its end. Raises ``AudioError``."""
    return fitted(audio.load(Clip(path, start_s, start_s + length_s), RATE), length_s)


def fitted(sound: Sound, length_s: float) -> Sound:
    """Cut, or filled up with silence."""
    wanted = round(length_s * RATE)
    return np.pad(sound[:wanted], (0, max(0, wanted - len(sound))))


def over(voice: Sound, bed: Sound, level_db: float) -> Sound:
    """A voice over a bed, so many dB louder where it sounds than the bed is."""
    levels = frame_levels_db(voice, RATE)
    active = levels[levels > levels.max() - _ACTIVE_DB]
    voice_db = 10 * np.log10((10 ** (active / 10)).mean())
    gain = 10 ** ((_rms_db(bed) + level_db - voice_db) / 20)
    return unclipped(bed + np.float32(gain) * voice)


def unclipped(sound: Sound) -> Sound:
    """Softer where it would not fit into a file."""
    peak = float(np.abs(sound).max(initial=0.0))
    return sound if peak <= _PEAK else (sound * np.float32(_PEAK / peak)).astype(np.float32)


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


def _rms_db(sound: Sound) -> float:
    return float(10 * np.log10((sound.astype(np.float64) ** 2).mean() + 1e-12))
