"""Loudness by column, for drawing a waveform."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from j2a import cache
from j2a.audio.decode import frames_of, probe, read_blocks
from j2a.clip import Clip
from j2a.records import dataclass

_VERSION = 1  # goes up whenever a value may change


@dataclass
class Peaks:
    """One value a column, linear from 0 to 1 (full scale), over all channels."""

    rms: NDArray[np.float32]  # (columns,)
    peak: NDArray[np.float32]  # (columns,)


def compute_peaks(clip: Clip, columns: int) -> Peaks:
    """RMS and highest absolute sample of each of ``columns`` equal parts of a clip, streamed.

    A clip of fewer samples than columns repeats samples. Raises ``AudioError``, and ``ValueError`` for no columns.
    """
    if columns < 1:
        raise ValueError(f"a waveform needs at least one column, not {columns}")
    first, end = frames_of(clip, probe(clip.path))
    parts = min(columns, end - first)
    edges = np.linspace(0, end - first, parts + 1).astype(np.int64)
    energy = np.zeros(parts, np.float64)
    peak = np.zeros(parts, np.float32)
    position = 0
    for block in read_blocks(clip):
        samples = np.nan_to_num(block[:edges[-1] - position], nan=0.0, posinf=1.0, neginf=-1.0)
        if not len(samples):
            break
        start = int(np.searchsorted(edges, position, "right")) - 1
        stop = int(np.searchsorted(edges, position + len(samples), "left"))
        offsets = np.maximum(edges[start:stop] - position, 0)
        energy[start:stop] += np.add.reduceat(np.square(samples, dtype=np.float64).mean(axis=1), offsets)
        peak[start:stop] = np.maximum(peak[start:stop], np.maximum.reduceat(np.abs(samples).max(axis=1), offsets))
        position += len(samples)
    rms = np.sqrt(energy / np.diff(edges)).astype(np.float32)
    chosen = np.arange(columns) * parts // columns
    return Peaks(np.clip(rms[chosen], 0, 1), np.clip(peak[chosen], 0, 1))


def remembered_peaks(clip: Clip, columns: int, kept: cache.Cache) -> Peaks:
    """As :func:`compute_peaks`, from the cache on disk where they were computed before."""
    key = cache.key_of("peaks", clip, version=_VERSION, columns=columns)
    found = np.frombuffer((kept.get(key) if key else None) or b"", "<f4")
    if len(found) == 2 * columns and np.isfinite(found).all():
        return Peaks(found[:columns].astype(np.float32), found[columns:].astype(np.float32))
    peaks = compute_peaks(clip, columns)
    if key and key == cache.key_of("peaks", clip, version=_VERSION, columns=columns):
        kept.put(key, np.concatenate([peaks.rms, peaks.peak]).astype("<f4").tobytes())
    return peaks
