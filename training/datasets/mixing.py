"""Voices mixed over beds. All sounds are float32 (T,), mono, full scale 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
FRAME_S = 0.5
_ACTIVE_DB = 30.0  # below the loudest frame a voice pauses
_PEAK = 0.95


def frame_levels_db(sound: Sound, rate: int) -> NDArray[np.float64]:
    """RMS of each whole half second at ``rate`` Hz, in dB of full scale."""
    wide = round(FRAME_S * rate)
    frames = sound[: len(sound) // wide * wide].reshape(-1, wide).astype(np.float64)
    levels: NDArray[np.float64] = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    return levels


def over(voice: Sound, bed: Sound, level_db: float, rate: int) -> Sound:
    """A voice over a bed of the same length, so many dB louder where it sounds than the bed is."""
    levels = frame_levels_db(voice, rate)
    active = levels[levels > levels.max() - _ACTIVE_DB]
    voice_db = 10 * np.log10((10 ** (active / 10)).mean())
    gain = 10 ** ((_rms_db(bed) + level_db - voice_db) / 20)
    return unclipped(bed + np.float32(gain) * voice)


def unclipped(sound: Sound) -> Sound:
    """Softer where it would not fit into a file."""
    peak = float(np.abs(sound).max(initial=0.0))
    return sound if peak <= _PEAK else (sound * np.float32(_PEAK / peak)).astype(np.float32)


def _rms_db(sound: Sound) -> float:
    return float(10 * np.log10((sound.astype(np.float64) ** 2).mean() + 1e-12))
