"""Spectra as madmom's networks were trained on, whole stretches at a time instead of frame by frame.

F frames, B bands. The sound streams through once: every magnitude spectrum is computed once, shared by the networks
that need it, and only what the networks see of it stays in memory (0.35 GB an hour).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from j2a.features.madmom_door import FPS, SAMPLE_RATE, madmom

Array = NDArray[np.float32]
RHYTHM_FRAME_SIZES = (1024, 2048, 4096)
DOWNBEAT_BANDS = (3, 6, 12)  # bands an octave, one figure a frame size
BEAT_BANDS = (6, 6, 6)
TONAL_FRAME_SIZE, KEY_FPS, CHORD_FPS = 8192, 5, 10
_STRETCH = 20 * SAMPLE_RATE  # samples transformed at once: a whole number of hops of every kind, 30 MB of spectra
_MARGIN = TONAL_FRAME_SIZE // 2  # what the longest frames reach beyond their centres

_Bank = tuple[int, int, int, int, int]  # frame size, frames a second, bands an octave, lowest and highest frequency
_KEY: _Bank = (TONAL_FRAME_SIZE, CHORD_FPS, 24, 65, 2100)
_CHORDS: _Bank = (TONAL_FRAME_SIZE, CHORD_FPS, 24, 60, 2600)


class RhythmInput:
    """What a rhythm network takes, made as it is asked for: log magnitudes and their rises, for three frame sizes.

    Behaves as an array (F, I) that can only be sliced along time.
    """

    def __init__(self, spectra: Sequence[Array]) -> None:
        self._spectra = spectra
        # How many frames before a rise is measured from: more for long windows, which overlap more.
        frames = madmom().audio.spectrogram._diff_frames
        self._steps = [int(frames(0.5, SAMPLE_RATE / FPS, size)) for size in RHYTHM_FRAME_SIZES]
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


def listen(blocks: Iterable[Array]) -> Spectra:
    """All spectra of a sound: its samples in blocks of any size, float32 (n,), mono, 44,100 Hz; none may be empty."""
    downbeats, beats = (
        [(size, FPS, bands, 30, 17_000) for size, bands in zip(RHYTHM_FRAME_SIZES, figures, strict=True)]
        for figures in (DOWNBEAT_BANDS, BEAT_BANDS)
    )
    parts: dict[_Bank, list[Array]] = {bank: [] for bank in (*downbeats, *beats, _KEY, _CHORDS)}
    for stretch in _stretches(blocks):
        for size, fps in dict.fromkeys(bank[:2] for bank in parts):
            magnitudes = _magnitudes(stretch, size, SAMPLE_RATE // fps)
            for bank, spectra in parts.items():
                if bank[0] == size:
                    spectra.append(np.log10(magnitudes @ _filterbank(size, *bank[2:]) + np.float32(1)))
    whole = {bank: np.concatenate(parts.pop(bank)) for bank in list(parts)}
    return Spectra(
        RhythmInput([whole[bank] for bank in downbeats]),
        RhythmInput([whole[bank] for bank in beats]),
        np.ascontiguousarray(whole[_KEY][:: CHORD_FPS // KEY_FPS]),  # every second chord frame is a key frame
        whole[_CHORDS],
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


def _magnitudes(stretch: Array, frame_size: int, hop: int) -> Array:
    """Magnitude spectra of a stretch and its margins: (frames, frame_size / 2), without the Nyquist bin.

    Frame ``n`` is centred on sample ``n * hop`` behind the first margin.
    """
    frames = -(-(len(stretch) - 2 * _MARGIN) // hop)
    framed = np.lib.stride_tricks.sliding_window_view(stretch[_MARGIN - frame_size // 2 :], frame_size)[::hop][:frames]
    magnitudes: Array = np.abs(scipy.fft.rfft(framed * np.hanning(frame_size).astype(np.float32))[:, :-1])
    return magnitudes


def _rises(spectrum: Array, step: int, start: int, stop: int) -> Array:
    """Positive differences of the frames ``start`` to ``stop`` to those ``step`` before; zero where there are none."""
    rises = np.zeros((stop - start, spectrum.shape[1]), np.float32)
    first = max(start, step)
    if first < stop:
        np.subtract(spectrum[first:stop], spectrum[first - step : stop - step], out=rises[first - start :])
    return np.maximum(rises, 0, out=rises)


@functools.cache
def _filterbank(frame_size: int, bands_an_octave: int, low_hz: float, high_hz: float) -> Array:
    """madmom's triangular filters, spaced logarithmically, each of area 1: (frame_size / 2, B)."""
    frequencies = np.fft.rfftfreq(frame_size, 1 / SAMPLE_RATE)[:-1]
    bank = madmom().audio.filters.LogarithmicFilterbank(
        frequencies, num_bands=bands_an_octave, fmin=low_hz, fmax=high_hz, norm_filters=True, unique_filters=True
    )
    return np.ascontiguousarray(bank, np.float32)
