"""What any listener says of sound, as numbers: loudness, dynamics, brightness, density of onsets, tuning.

The spectral ones are librosa's (McFee et al., SciPy 2015) with its default settings, computed here without it: a test
holds them to librosa's own. n samples at 22,050 Hz, F frames of 512 samples.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from j2a.audio import decode
from j2a.audio.silence import SILENCE_PEAK
from j2a.clip import Clip
from j2a.features import mel
from j2a.features.fast import spectra
from j2a.features.median import median
from j2a.features.record import Sound

Array = NDArray[np.float32]
SAMPLE_RATE = 22_050
_FRAME, _HOP, _BANDS = 2048, 512, 128
_BLOCK = 1024  # frames at a time
_PARTS, _PART_S = 10, 30.0  # of a section of more than ten minutes
_FLOOR = 1e-4  # -80 dBFS: moments below it are silent
_SHORT_S = 0.4  # in which loudness is felt (momentary, EBU Tech 3341)
# Onsets are peaks of the rising energy, by librosa's settings: over 30 ms, and 0.07 above the mean of 100 ms around.
_NEAR, _AROUND, _ABOVE, _DYNAMIC_DB = 1, 4, 0.07, 80.0
_LOWEST_HZ, _HIGHEST_HZ, _PEAK_SHARE = 150.0, 4000.0, 0.1  # of the spectral peaks that tell the tuning
# Share of those peaks within ten cents of the commonest place between two semitones; evenly spread, it would be 0.2.
_IN_TUNE_TOGETHER = 0.3


def measure_sound(clip: Clip) -> tuple[Sound | None, float | None]:
    """(the sound of a clip, its tuning in cents from A = 440 Hz). ``None`` for what cannot be told. ``AudioError``."""
    level = _Level()
    parts = decode.spread(clip, _PARTS, _PART_S)
    blocks = [block for part in parts for block in decode.stream(part, SAMPLE_RATE, on_block=level.add)]
    samples = np.concatenate([np.zeros(0, np.float32), *blocks])
    if level.loudness_dbfs is None or len(samples) < _FRAME:
        return None, None
    if not SILENCE_PEAK <= np.abs(samples).max() < np.inf:  # ultrasound alone, or what is no number
        return None, None
    spectrum = _Spectrum(samples)
    seconds = len(samples) / SAMPLE_RATE
    sound = Sound(
        loudness_dbfs=round(level.loudness_dbfs, 1),
        crest_db=round(level.crest_db, 1),
        dynamics_db=round(_dynamics_db(samples), 1),
        centroid_hz=round(spectrum.centroid_hz),
        onsets_per_s=round(len(spectrum.onsets()) / seconds, 2),
    )
    return sound, spectrum.tuning_cents()


class _Level:
    """Loudness and peak of blocks at the file's own rate, all channels."""

    def __init__(self) -> None:
        self._energy, self._count, self._peak = 0.0, 0, 0.0

    def add(self, block: Array) -> None:
        """(n, channels)."""
        self._energy += float(np.square(block, dtype=np.float64).sum())
        self._count += block.size
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))

    @property
    def _rms(self) -> float:
        return math.sqrt(self._energy / max(1, self._count))

    @property
    def loudness_dbfs(self) -> float | None:
        """RMS, against a full-scale square wave; ``None`` for silence, and for what is no number."""
        return 20 * math.log10(self._rms) if self._peak >= SILENCE_PEAK and math.isfinite(self._rms) else None

    @property
    def crest_db(self) -> float:
        """Peak over RMS."""
        return 20 * math.log10(self._peak / self._rms)


def _dynamics_db(samples: Array) -> float:
    """Between the tenth and the ninetieth of a hundred momentary loudnesses, of those that are no silence."""
    size = round(_SHORT_S * SAMPLE_RATE)
    moments = samples[: len(samples) // size * size].reshape(-1, size)
    rms = np.sqrt(np.square(moments).mean(axis=1))
    levels = 20 * np.log10(rms[rms > _FLOOR])
    if not len(levels):
        return 0.0
    # np.percentile would import numpy.ma, which takes as long as all of this.
    high, low = np.interp([0.9, 0.1], np.linspace(0, 1, len(levels)), np.sort(levels))
    return float(high - low)


class _Spectrum:
    """What is read from magnitude spectra, a block of frames after the other."""

    def __init__(self, samples: Array) -> None:
        padded = np.pad(samples, _FRAME // 2)
        centroids, mels, peaks = [], [], []
        for first in range(0, len(padded) - _FRAME + 1, _BLOCK * _HOP):
            some = padded[first : first + (_BLOCK - 1) * _HOP + _FRAME]
            magnitude = spectra.magnitudes(some, _FRAME, _HOP, mel.hann(_FRAME))
            centroids.append(_centroids(magnitude))
            mels.append(np.square(magnitude) @ mel.filters(SAMPLE_RATE, _FRAME, _BANDS))
            peaks.append(_peaks(magnitude))
        self.centroid_hz = float(np.mean(np.concatenate(centroids)))
        self._mel = np.concatenate(mels)  # (F, bands)
        self._peaks = np.concatenate(peaks, axis=1)  # (2, peaks): Hz, magnitude

    def onsets(self) -> list[int]:
        """Frames at which something begins."""
        strength = self._onset_strength()
        strength -= strength.min()
        strength /= max(float(strength.max()), 1e-30)
        found: list[int] = []
        for frame in np.flatnonzero(strength >= _ABOVE).tolist():
            near = strength[max(0, frame - _NEAR) : frame + 1]
            around = strength[max(0, frame - _AROUND) : frame + _AROUND + 1]
            waits = bool(found) and frame <= found[-1] + _NEAR
            if not waits and strength[frame] == near.max() and strength[frame] >= around.mean() + _ABOVE:
                found.append(frame)
        return found

    def _onset_strength(self) -> NDArray[np.float64]:
        """(F,): the mean rise of the mel bands' level in dB, placed in the middle of the frames."""
        decibels = 10 * np.log10(np.maximum(self._mel, 1e-10))
        decibels = np.maximum(decibels, decibels.max() - _DYNAMIC_DB)
        rising = np.maximum(0.0, np.diff(decibels, axis=0)).mean(axis=1)
        return np.pad(rising.astype(np.float64), (1 + _FRAME // (2 * _HOP), 0))[: len(decibels)]

    def tuning_cents(self) -> float | None:
        """Where between two semitones the stronger peaks lie, -50 to 50; ``None`` where they do not agree."""
        hertz, magnitude = self._peaks
        if not len(hertz):
            return None
        hertz = hertz[magnitude >= median(magnitude)]
        residual = np.mod(12 * np.log2(hertz / 27.5), 1.0)  # A0; in semitones
        residual[residual >= 0.5] -= 1.0
        counts, edges = np.histogram(residual, np.linspace(-0.5, 0.5, 101))
        tuning = float(edges[counts.argmax()])
        away = np.abs(np.mod(residual - tuning + 0.5, 1.0) - 0.5)
        return round(100 * tuning, 1) if np.mean(away <= 0.1) >= _IN_TUNE_TOGETHER else None


def _centroids(magnitude: Array) -> Array:
    """Hz of each frame that sounds."""
    total = magnitude.sum(axis=1)
    heard = total > 1e-6
    hertz = np.fft.rfftfreq(_FRAME, 1 / SAMPLE_RATE).astype(np.float32)
    centroids: Array = magnitude[heard] @ hertz / total[heard]
    return centroids


def _peaks(magnitude: Array) -> Array:
    """(2, peaks): frequency in Hz and magnitude of the local maxima, by a parabola through their neighbours."""
    here, before, after = magnitude[:, 1:-1], magnitude[:, :-2], magnitude[:, 2:]
    hertz = np.arange(1, magnitude.shape[1] - 1) * SAMPLE_RATE / _FRAME
    threshold = _PEAK_SHARE * magnitude.max(axis=1, keepdims=True)
    loud = here > threshold
    high = np.where(before > threshold, before, 0) < here
    peak = loud & high & (np.where(after > threshold, after, 0) <= here) & (hertz >= _LOWEST_HZ) & (hertz < _HIGHEST_HZ)
    frames, bins = np.nonzero(peak)
    left, middle, right = before[frames, bins], here[frames, bins], after[frames, bins]
    slope, curve = (right - left) / 2, left + right - 2 * middle
    shift = np.where(np.abs(slope) < np.abs(curve), -slope / np.where(curve == 0, 1, curve), 0)
    found: Array = np.stack([(bins + 1 + shift) * SAMPLE_RATE / _FRAME, middle + slope * shift / 2]).astype(np.float32)
    return found
