"""Spectra as madmom's networks were trained on, whole stretches at a time instead of frame by frame.

F frames, B bands. The sound streams through once: every magnitude spectrum is computed once, in C, shared by the
networks that need it, and only what the networks see of it stays in memory (0.35 GB an hour).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from j2a.compiled import LONG, POINTER, kernel
from j2a.features.fast.filters import filterbank, rise_frames
from j2a.features.madmom_door import FPS, SAMPLE_RATE
from j2a.records import dataclass

Array = NDArray[np.float32]
RHYTHM_FRAME_SIZES = (1024, 2048, 4096)
DOWNBEAT_BANDS = (3, 6, 12)  # bands an octave, one figure a frame size
BEAT_BANDS = (6, 6, 6)
TONAL_FRAME_SIZE, KEY_FPS, CHORD_FPS = 8192, 5, 10
_STRETCH = 20 * SAMPLE_RATE  # samples looked at in one call of each frame size: a whole number of hops of every kind
_MARGIN = TONAL_FRAME_SIZE // 2  # what the longest frames reach beyond their centres

_Bank = tuple[int, float, float]  # bands an octave, lowest and highest frequency
_KEY, _CHORDS = (24, 65, 2100), (24, 60, 2600)
_RHYTHM_HZ = (30, 17_000)


class RhythmInput:
    """What a rhythm network takes, made as it is asked for: log magnitudes and their rises, for three frame sizes.

    Behaves as an array (F, I) that can only be sliced along time.
    """

    def __init__(self, spectra: Sequence[Array]) -> None:
        self._spectra = spectra
        self._steps = [rise_frames(size, SAMPLE_RATE / FPS) for size in RHYTHM_FRAME_SIZES]
        self._made: tuple[tuple[int, int], Array] | None = None

    def __len__(self) -> int:
        return len(self._spectra[0])

    def __getitem__(self, frames: slice, /) -> Array:
        start, stop, _ = frames.indices(len(self))
        if self._made is None or self._made[0] != (start, stop):  # a clip is one block, asked for once a network
            parts = []
            for spectrum, step in zip(self._spectra, self._steps, strict=True):
                parts += [spectrum[start:stop], _rises(spectrum, step, start, stop)]
            self._made = (start, stop), np.hstack(parts)
        return self._made[1]


@dataclass(frozen=True, slots=True)
class Spectra:
    """What the four networks take."""

    downbeats: RhythmInput  # (F at 100 a second, 314)
    beats: RhythmInput  # (F at 100 a second, 266)
    key: Array  # (F at 5 a second, 105): log magnitudes in quarter-tone bands
    chords: Array  # (F at 10 a second, 113)


@dataclass(frozen=True, slots=True)
class _Frames:
    """Frames of one size, so many a second, and the filter banks that look at them side by side."""

    size: int
    fps: int
    banks: tuple[_Bank, ...]
    tables: tuple[Array, Array, Array]  # window, turns, halves: see spectra.c
    starts: NDArray[np.int64]  # (B,): the first bin of each band
    lengths: NDArray[np.int64]  # (B,): how many it has
    weights: Array  # of all bands, one behind the other

    @classmethod
    def of(cls, size: int, fps: int, *banks: _Bank) -> _Frames:
        bank = np.hstack([filterbank(size, *one) for one in banks])
        starts, lengths = (bank > 0).argmax(axis=0), np.count_nonzero(bank, axis=0)
        weights = bank.T[bank.T > 0]
        tables = (np.hanning(size).astype(np.float32), *_tables(size))
        return cls(size, fps, banks, tables, starts.astype(np.int64), lengths.astype(np.int64), weights)

    def spectra(self, stretch: Array) -> dict[_Bank, Array]:
        """What each bank sees of a stretch and its margins: log magnitudes (frames, bands).

        Frame n is centred n hops behind the first margin.
        """
        hop = SAMPLE_RATE // self.fps
        frames = -(-(len(stretch) - 2 * _MARGIN) // hop)
        seen = np.ascontiguousarray(stretch[_MARGIN - self.size // 2 :], np.float32)
        out, work = np.empty((frames, len(self.starts)), np.float32), np.empty(3 * self.size, np.float32)
        _band_spectra()(
            seen.ctypes.data, frames, hop, self.size, *(table.ctypes.data for table in self.tables),
            int((self.starts + self.lengths).max()), len(self.starts), self.starts.ctypes.data,
            self.lengths.ctypes.data, self.weights.ctypes.data, work.ctypes.data, out.ctypes.data,
        )  # fmt: skip
        ends = np.cumsum([filterbank(self.size, *bank).shape[1] for bank in self.banks])[:-1]
        return {bank: np.array(part) for bank, part in zip(self.banks, np.split(out, ends, axis=1), strict=True)}


def magnitudes(samples: Array, size: int, hop: int, window: Array) -> Array:
    """Magnitude spectra of the frames of ``size`` samples, a power of two and 32 or more, that lie wholly in
    ``samples``, float32 (n,), one every ``hop``: float32 (frames, size / 2 + 1). ``window``: float32 (size,)."""
    samples, frames = np.ascontiguousarray(samples, np.float32), 1 + (len(samples) - size) // hop
    out, work = np.empty((frames, size // 2 + 1), np.float32), np.empty(2 * size, np.float32)
    tables = _tables(size)  # held as long as they are read: another thread may put its own into the cache
    kernel("magnitude_spectra", POINTER, *[LONG] * 3, *[POINTER] * 5)(
        samples.ctypes.data, frames, hop, size, window.ctypes.data, *(table.ctypes.data for table in tables),
        work.ctypes.data, out.ctypes.data,
    )  # fmt: skip
    return out


@functools.cache
def _tables(size: int) -> tuple[Array, Array]:
    """What the transform of ``size`` samples turns numbers by: see spectra.c."""
    quarter, half = np.arange(size // 8), np.arange(size // 4 + 1)
    return np.stack([_turns(number * quarter, size // 2) for number in (1, 2, 3)]), _turns(half, size)


def _turns(numbers: NDArray[np.int64], whole: int) -> Array:
    """(2, ...): the real and the imaginary parts of e^(-2 pi i n / whole)."""
    angles = -2 * np.pi * numbers / whole
    return np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def _band_spectra() -> Callable[..., None]:
    return kernel("band_spectra", POINTER, *[LONG] * 3, *[POINTER] * 3, LONG, LONG, *[POINTER] * 5)


@functools.cache
def _kinds() -> tuple[_Frames, ...]:
    """Those of the rhythm networks, the shortest first, and those of the tonal ones."""
    rhythm = [
        _Frames.of(size, FPS, *dict.fromkeys((bands, *_RHYTHM_HZ) for bands in both))
        for size, *both in zip(RHYTHM_FRAME_SIZES, DOWNBEAT_BANDS, BEAT_BANDS, strict=True)
    ]
    return (*rhythm, _Frames.of(TONAL_FRAME_SIZE, CHORD_FPS, _KEY, _CHORDS))


def listen(blocks: Iterable[Array]) -> Spectra:
    """All spectra of a sound: its samples in blocks of any size, float32 (n,), mono, 44,100 Hz; none may be empty."""
    parts: dict[tuple[int, _Bank], list[Array]] = {}
    for stretch in _stretches(blocks):
        for kind in _kinds():
            for bank, spectra in kind.spectra(stretch).items():
                parts.setdefault((kind.size, bank), []).append(spectra)
    whole = {place: np.concatenate(parts.pop(place)) for place in list(parts)}
    downbeats, beats = (
        [whole[size, (figure, *_RHYTHM_HZ)] for size, figure in zip(RHYTHM_FRAME_SIZES, figures, strict=True)]
        for figures in (DOWNBEAT_BANDS, BEAT_BANDS)
    )
    return Spectra(
        RhythmInput(downbeats),
        RhythmInput(beats),
        np.ascontiguousarray(whole[TONAL_FRAME_SIZE, _KEY][:: CHORD_FPS // KEY_FPS]),  # every second is a key frame
        whole[TONAL_FRAME_SIZE, _CHORDS],
    )


def _stretches(blocks: Iterable[Array]) -> Iterator[Array]:
    """The same sound in stretches of 20 s, each with the samples around it (``_MARGIN`` on both sides).

    There is silence before the first and after the last sample.
    """
    kept = [np.zeros(_MARGIN, np.float32)]
    length = _MARGIN
    for block in blocks:
        kept.append(block)
        length += len(block)
        while length >= _MARGIN + _STRETCH + _MARGIN:
            together = np.concatenate(kept)
            yield together[: _MARGIN + _STRETCH + _MARGIN]
            kept = [together[_STRETCH:]]
            length -= _STRETCH
    together = np.concatenate([*kept, np.zeros(_MARGIN, np.float32)])
    for start in range(0, length - _MARGIN, _STRETCH):
        yield together[start : start + _MARGIN + _STRETCH + _MARGIN]


def _rises(spectrum: Array, step: int, start: int, stop: int) -> Array:
    """Positive differences of the frames ``start`` to ``stop`` to those ``step`` before; zero where there are none."""
    rises = np.zeros((stop - start, spectrum.shape[1]), np.float32)
    first = max(start, step)
    if first < stop:
        np.subtract(spectrum[first:stop], spectrum[first - step : stop - step], out=rises[first - start :])
    return np.maximum(rises, 0, out=rises)
