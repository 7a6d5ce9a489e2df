"""Spectra as madmom's networks were trained on, whole sections at a time instead of frame by frame.

F frames, B bands. Every magnitude spectrum is computed once and shared by the networks that need it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from j2a.features.madmom_door import FPS, SAMPLE_RATE, madmom

Array = NDArray[np.float32]
RHYTHM_FRAME_SIZES = (1024, 2048, 4096)
DOWNBEAT_BANDS = (3, 6, 12)  # bands an octave, one figure a frame size
BEAT_BANDS = (6, 6, 6)
TONAL_FRAME_SIZE, KEY_FPS, CHORD_FPS = 8192, 5, 10
_BLOCK_FRAMES = 2000  # frames transformed at once: about 30 MB of spectra


class RhythmSpectra(NamedTuple):
    """What the two rhythm networks take: log magnitudes and their rises, for three frame sizes side by side."""

    downbeats: Array  # (F, 314)
    beats: Array  # (F, 266)


class TonalSpectra(NamedTuple):
    """What the two tonal networks take: log magnitudes in quarter-tone bands."""

    key: Array  # (F at 5 a second, 105)
    chords: Array  # (F at 10 a second, 113)


def rhythm_spectra(samples: Array) -> RhythmSpectra:
    """Both inputs from one set of transforms; ``samples`` float32 (T,), mono, 44,100 Hz."""
    parts: tuple[list[Array], list[Array]] = ([], [])
    for index, frame_size in enumerate(RHYTHM_FRAME_SIZES):
        banks = [_filterbank(frame_size, bands[index], 30, 17_000) for bands in (DOWNBEAT_BANDS, BEAT_BANDS)]
        for part, spectrum in zip(parts, _log_spectra(samples, frame_size, FPS, banks), strict=True):
            part += [spectrum, _rises(spectrum, frame_size)]
    return RhythmSpectra(np.hstack(parts[0]), np.hstack(parts[1]))


def tonal_spectra(samples: Array) -> TonalSpectra:
    """Both inputs from one set of transforms: every second chord frame is a key frame."""
    banks = [_filterbank(TONAL_FRAME_SIZE, 24, 65, 2100), _filterbank(TONAL_FRAME_SIZE, 24, 60, 2600)]
    key, chords = _log_spectra(samples, TONAL_FRAME_SIZE, CHORD_FPS, banks)
    return TonalSpectra(np.ascontiguousarray(key[:: CHORD_FPS // KEY_FPS]), chords)


def _log_spectra(samples: Array, frame_size: int, fps: int, banks: Sequence[Array]) -> list[Array]:
    """log10(1 + filtered magnitudes), one array (F, B) a filterbank."""
    blocks = [
        [np.log10(magnitudes @ bank + np.float32(1)) for bank in banks]
        for magnitudes in _magnitudes(samples, frame_size, SAMPLE_RATE // fps)
    ]
    return [np.concatenate(spectra) for spectra in zip(*blocks, strict=True)]


def _magnitudes(samples: Array, frame_size: int, hop: int) -> Iterator[Array]:
    """Blocks of magnitude spectra (frames, frame_size / 2), without the Nyquist bin.

    Frame ``n`` is centred on sample ``n * hop``; there is silence before the first and after the last sample.
    """
    frames = -(-len(samples) // hop)
    padded = np.concatenate([np.zeros(frame_size // 2, np.float32), samples, np.zeros(frame_size, np.float32)])
    framed = np.lib.stride_tricks.sliding_window_view(padded, frame_size)[::hop][:frames]
    window = np.hanning(frame_size).astype(np.float32)
    for start in range(0, frames, _BLOCK_FRAMES):
        yield np.abs(scipy.fft.rfft(framed[start : start + _BLOCK_FRAMES] * window)[:, :-1])


def _rises(spectrum: Array, frame_size: int) -> Array:
    """Positive differences to the frame before (or a few before, for long windows); zero at the start."""
    frames = madmom().audio.spectrogram._diff_frames(0.5, SAMPLE_RATE / FPS, frame_size)
    rises = np.zeros_like(spectrum)
    np.subtract(spectrum[frames:], spectrum[:-frames], out=rises[frames:])
    return np.maximum(rises, 0, out=rises)


@functools.cache
def _filterbank(frame_size: int, bands_an_octave: int, low_hz: float, high_hz: float) -> Array:
    """madmom's triangular filters, spaced logarithmically, each of area 1: (frame_size / 2, B)."""
    frequencies = np.fft.rfftfreq(frame_size, 1 / SAMPLE_RATE)[:-1]
    bank = madmom().audio.filters.LogarithmicFilterbank(
        frequencies, num_bands=bands_an_octave, fmin=low_hz, fmax=high_hz, norm_filters=True, unique_filters=True
    )
    return np.ascontiguousarray(bank, np.float32)
