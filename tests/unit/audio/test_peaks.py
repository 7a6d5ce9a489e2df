"""Peaks for the waveform, against signals whose samples are known."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from j2a.audio import compute_peaks
from j2a.clip import Clip
from tests.unit.audio.tones import RATE, written


def test_peaks_are_rms_and_maximum_of_each_column(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).uniform(-0.9, 0.9, (123_457, 2)).astype(np.float32)
    path = written(tmp_path, "wav", "WAV", "FLOAT", samples, 8_000)
    for columns in (1, 7, 80, 1000):
        peaks = compute_peaks(Clip(path), columns)
        edges = np.linspace(0, len(samples), columns + 1).astype(int)
        parts = [samples[a:b] for a, b in itertools.pairwise(edges)]
        np.testing.assert_allclose(peaks.rms, [np.sqrt(np.mean(part.astype(float) ** 2)) for part in parts], rtol=1e-4)
        np.testing.assert_allclose(peaks.peak, [np.abs(part).max() for part in parts], rtol=1e-6)


def test_peaks_of_a_window_follow_the_window(tmp_path: Path) -> None:
    samples = np.zeros((10 * RATE, 1), np.float32)
    samples[5 * RATE:6 * RATE] = 0.5
    path = written(tmp_path, "flac", "FLAC", "PCM_16", samples)
    peaks = compute_peaks(Clip(path, 4.0, 8.0), 4)
    np.testing.assert_allclose(peaks.peak, [0, 0.5, 0, 0], atol=1e-3)
    np.testing.assert_allclose(peaks.rms, [0, 0.5, 0, 0], atol=1e-3)


def test_peaks_of_odd_samples_stay_between_zero_and_one(tmp_path: Path) -> None:
    samples = np.array([[np.nan], [np.inf], [-3.0], [0.25]], np.float32)
    path = written(tmp_path, "wav", "WAV", "FLOAT", samples)
    peaks = compute_peaks(Clip(path), 8)  # more columns than samples
    np.testing.assert_allclose(peaks.peak, [0, 0, 1, 1, 1, 1, 0.25, 0.25])
    assert peaks.rms.shape == (8,)
    with pytest.raises(ValueError, match="column"):
        compute_peaks(Clip(path), 0)
