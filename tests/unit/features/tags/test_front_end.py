"""Log-mel patches, against an implementation by others."""

from __future__ import annotations

import numpy as np
import pytest
from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

from j2a.features.tags.front_end import BANDS, MAX_PATCHES, PATCH_FRAMES, SAMPLE_RATE, patches, power_of


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, round(seconds * SAMPLE_RATE)).astype(np.float32)


def librosa_like(samples: np.ndarray) -> np.ndarray:
    filters = mel_filter_bank(257, BANDS, 0, 8000, SAMPLE_RATE, norm="slaney", mel_scale="slaney")
    mel = spectrogram(samples, window_function(512, "hann"), 512, 256, power=2.0, mel_filters=filters, mel_floor=0)
    return np.log10(10_000 * mel.T + 1)


def test_ten_seconds_are_three_patches_of_the_whole_spectrum() -> None:
    samples = noise(10)
    found = patches(samples)
    assert found.shape == (3, PATCH_FRAMES, BANDS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.reshape(-1, BANDS), librosa_like(samples)[: 3 * PATCH_FRAMES], atol=1e-3)


def test_the_end_is_mirrored() -> None:
    samples = noise((PATCH_FRAMES - 1) * 256 / SAMPLE_RATE)  # the last frame is centred on the last sample
    np.testing.assert_allclose(patches(samples)[0], librosa_like(samples), atol=1e-3)


def test_of_a_song_ten_patches_are_spread_evenly() -> None:
    samples = noise(60)
    whole, found = librosa_like(samples), patches(samples)
    assert len(found) == MAX_PATCHES
    last = len(whole) - PATCH_FRAMES
    for number, patch in enumerate(found):
        start = round(number * last / (MAX_PATCHES - 1))
        np.testing.assert_allclose(patch, whole[start : start + PATCH_FRAMES], atol=1e-3)


def test_less_than_a_patch_is_repeated() -> None:
    found = patches(noise(1.0))
    assert found.shape == (1, PATCH_FRAMES, BANDS)
    np.testing.assert_array_equal(found[0, 63:126], found[0, :63])


def test_the_power_comes_back() -> None:
    found = patches(noise(3))
    np.testing.assert_allclose(np.log10(10_000 * power_of(found) + 1), found, atol=1e-4)


@pytest.mark.parametrize("length", [0, 1, 256])
def test_less_than_a_frame_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="less than a frame"):
        patches(np.zeros(length, np.float32))
