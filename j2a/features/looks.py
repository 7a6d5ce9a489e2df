"""A clip as a picture: which pitches sound when. Mel spectrogram and chromagram, a block at a time.

An hour takes no more memory than ten seconds: of each block only the columns that it falls into are kept.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from j2a import cache
from j2a.audio.decode import frames_of, probe, read_blocks
from j2a.audio.recent import mono_of
from j2a.clip import Clip
from j2a.errors import AudioError
from j2a.features import chroma, mel
from j2a.features.record import LookKind
from j2a.records import dataclass

LOOKS: tuple[LookKind, ...] = get_args(LookKind)
ROWS = {"mel": 48, "chroma": 12}
MOST_COLUMNS = 480
RATE = 22_050
_FFT = {"mel": 2048, "chroma": 4096}  # samples; pitch classes need the finer one
_HOPS_A_COLUMN = 2  # at least; a picture of a minute has more
_MOST_HOP, _LEAST_HOP = 2048, 64
_BLOCK_S = 10.0
_RANGE_DB = 70.0
_QUIET = 1e-10  # power below which nothing is seen
_VERSION = 2  # goes up whenever a value may change


@dataclass(frozen=True, slots=True)
class LookOf:
    """Levels from 0 to 255, uint8 (rows, columns): row 0 is the lowest mel band, or the pitch class C."""

    kind: LookKind
    levels: NDArray[np.uint8]

    def to_json(self) -> dict[str, Any]:
        """JSON types; the levels row by row in base64."""
        rows, columns = self.levels.shape
        data = base64.b64encode(self.levels.tobytes()).decode()
        return {"kind": self.kind, "rows": rows, "columns": columns, "levels": data}


def look(clip: Clip, kind: LookKind, columns: int, cancelled: Callable[[], bool] = lambda: False) -> LookOf | None:
    """Draw a clip in at most ``MOST_COLUMNS`` columns; ``None`` when it was cancelled, which is asked for each block.

    Raises ``AudioError``, and ``ValueError`` for another kind or no columns.
    """
    if kind not in LOOKS or columns < 1:
        raise ValueError(f"nothing is drawn as {kind!r} in {columns} columns")
    columns = min(columns, MOST_COLUMNS)
    info = probe(clip.path)
    first, end = frames_of(clip, info)
    samples = max(1.0, (end - first) / info.sample_rate * RATE)
    hop = int(min(max(samples / columns / _HOPS_A_COLUMN, _LEAST_HOP), _MOST_HOP))
    power = np.zeros((ROWS[kind], columns), np.float64)
    counts = np.zeros(columns, np.int64)
    frames = 0
    for block in _blocks(clip, hop, _FFT[kind]):
        if cancelled():
            return None
        bands = _bands(block, kind, hop)
        places = (frames + np.arange(len(bands))) * hop / samples * columns
        at = np.minimum(places.astype(int), columns - 1)
        np.add.at(power.T, at, bands)
        np.add.at(counts, at, 1)
        frames += len(bands)
    if not frames:
        raise AudioError(f"{clip.path.name}: there is no sound to draw.")
    filled = np.flatnonzero(counts)
    nearest = filled[np.minimum(np.searchsorted(filled, np.arange(columns)), len(filled) - 1)]
    return LookOf(kind, _levels(power[:, nearest] / counts[nearest], kind))


def remembered_look(
    clip: Clip, kind: LookKind, columns: int, kept: cache.Cache, cancelled: Callable[[], bool] = lambda: False
) -> LookOf | None:
    """As :func:`look`, from the cache on disk where it was drawn before."""
    columns = min(columns, MOST_COLUMNS)
    key = _key(clip, kind, columns)
    found = np.frombuffer((kept.get(key) if key else None) or b"", np.uint8)
    if kind in LOOKS and found.size == ROWS[kind] * columns:
        return LookOf(kind, found.reshape(ROWS[kind], columns))
    drawn = look(clip, kind, columns, cancelled)
    if drawn is not None and key and key == _key(clip, kind, columns):
        kept.put(key, drawn.levels.tobytes())
    return drawn


def _key(clip: Clip, kind: LookKind, columns: int) -> str | None:
    return cache.key_of(f"look {kind}", clip, version=_VERSION, columns=columns)


def _blocks(clip: Clip, hop: int, fft: int) -> Iterator[NDArray[np.float32]]:
    """Mono float32 at ``RATE`` in blocks that begin whole hops apart, each with the ``fft - hop`` samples behind it."""
    import soxr

    rate = probe(clip.path).sample_rate
    resampler = soxr.ResampleStream(rate, RATE, 1, dtype="float32") if rate != RATE else None
    step = max(1, int(_BLOCK_S * RATE) // hop) * hop
    rest = np.zeros(fft // 2, np.float32)  # so that the first frame is about the first sample
    for block in read_blocks(clip):
        mono = np.nan_to_num(mono_of(block), nan=0.0, posinf=1.0, neginf=-1.0)
        rest = np.concatenate([rest, resampler.resample_chunk(mono) if resampler is not None else mono])
        while len(rest) >= step + fft - hop:
            yield rest[: step + fft - hop]
            rest = rest[step:]
    if resampler is not None:
        rest = np.concatenate([rest, resampler.resample_chunk(np.zeros(0, np.float32), last=True)])
    yield np.concatenate([rest, np.zeros(fft // 2, np.float32)]) if len(rest) > fft // 2 else np.zeros(fft, np.float32)


def _bands(samples: NDArray[np.float32], kind: LookKind, hop: int) -> NDArray[np.floating[Any]]:
    """Power of each band or pitch class: (frames, rows)."""
    fft = _FFT[kind]
    if len(samples) < fft:
        samples = np.pad(samples, (0, fft - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, fft)[::hop]
    window = np.hanning(fft + 1)[:-1].astype(np.float32)
    spectrum = np.abs(np.fft.rfft(frames * window)) ** 2
    return spectrum @ _filters(kind)


def _filters(kind: LookKind) -> NDArray[np.float32]:
    """(frequencies, rows)."""
    return mel.filters(RATE, _FFT[kind], ROWS[kind], 30.0) if kind == "mel" else chroma.filters(RATE, _FFT[kind])


def _levels(power: NDArray[np.float64], kind: LookKind) -> NDArray[np.uint8]:
    """Decibels below the strongest for mel; for chroma each column beside its own strongest pitch class."""
    strongest = float(power.max(initial=0.0))
    if strongest <= _QUIET:
        return np.zeros(power.shape, np.uint8)
    if kind == "mel":
        decibels = 10 * np.log10(np.maximum(power, _QUIET) / strongest)
        return np.asarray(np.clip(1 + decibels / _RANGE_DB, 0, 1) * 255, np.uint8)
    peaks = power.max(axis=0)
    heard = peaks > strongest * 10 ** (-_RANGE_DB / 10)
    share = np.sqrt(power / np.where(heard, peaks, np.inf))
    return np.asarray(share * 255, np.uint8)
