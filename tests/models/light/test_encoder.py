"""The encoder, the projectors and the heads without torch: what torch's give."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from j2a import audio, paths
from j2a.clip import Clip
from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.heads import load_heads
from j2a.models.audio.mwmae import MWMAE, load_encoder
from j2a.models.audio.projector import load_projector, pool_long
from j2a.models.light import encoder, heads, projector
from tests.places import DEMO

RATE = 16_000
STEMS = [
    MWMAEConfig(width=32, depth=1, heads=2, mlp_width=64, chunk_frames=1024, patch_frames=64, patch_bins=80, stem=4),
    MWMAEConfig(width=24, depth=2, heads=3, mlp_width=50, chunk_frames=200, patch_frames=8, patch_bins=80, stem=3),
    MWMAEConfig(
        width=20, depth=1, heads=4, mlp_width=33, chunk_frames=96, patch_frames=16, mel_bins=37, patch_bins=37, stem=5
    ),
]


@pytest.fixture(scope="module")
def both():
    folder = paths.builtin_model_dir() / "encoder"
    return encoder.load(folder), load_encoder(folder)


def sound(seconds: float, start: float = 0.0) -> np.ndarray:
    return audio.load(Clip(DEMO / "Night Bus.ogg", start, start + seconds), RATE)


@pytest.mark.parametrize("seconds", [0.02, 0.5, 3.0, 9.99, 10.0, 10.5, 10.99])
def test_clips_are_encoded_alike(both, seconds):
    ours, torchs = both
    samples = sound(seconds)
    (found,), (expected,) = ours.encode_long([samples]), torchs.encode_long([samples])
    assert found.dtype == np.float32 and found.shape == expected.shape
    np.testing.assert_allclose(found, expected.numpy(), atol=2e-4)


def test_long_sound_is_encoded_in_the_same_sections(both):
    samples = np.concatenate([sound(12), sound(12, 3)])
    blocks = np.array_split(samples, 7)
    found, expected = (list(one.encode_long(iter(blocks), 5.0)) for one in both)
    assert [one.shape for one in found] == [one.shape for one in expected] and len(found) > 3
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other.numpy(), atol=2e-4)


def test_what_cannot_be_encoded_is_refused_alike(both):
    for samples in (np.zeros(100, np.float32), np.full(RATE, np.nan, np.float32)):
        said = []
        for one in both:
            with pytest.raises(ValueError, match=r"least|NaN") as caught:
                list(one.encode_long([samples]))
            said.append(str(caught.value))
        assert said[0] == said[1]
    with pytest.raises(ValueError, match="too short"):
        list(both[0].encode_long([sound(1)], 0.5))


@pytest.mark.parametrize("config", STEMS)
@pytest.mark.parametrize("half", [False, True])
def test_stems_of_other_sizes(tmp_path, config, half):
    torch.manual_seed(0)
    made = MWMAE(config)
    for name, buffer in made.named_buffers():  # as after training
        if name.endswith(("running_mean", "running_var")):
            buffer.uniform_(0.5, 1.5)
    made.save(tmp_path, half=half)
    ours, torchs = encoder.load(tmp_path), load_encoder(tmp_path)
    assert ours is not None
    samples = sound(2.5)
    (found,), (expected,) = ours.encode_long([samples]), torchs.encode_long([samples])
    np.testing.assert_allclose(found, expected.numpy(), atol=2e-4)


def test_an_encoder_without_a_stem_is_left_to_torch(tmp_path):
    MWMAE(MWMAEConfig(width=16, depth=1, heads=2, mlp_width=32)).save(tmp_path)
    assert encoder.load(tmp_path) is None


@pytest.mark.parametrize("version", ["2.0", "2.1", "3.0"])
def test_soft_tokens_are_torchs(both, version):
    folder = paths.builtin_model_dir() / f"projector-{version}"
    ours, torchs = projector.load(folder), load_projector(folder)
    features = [list(one.encode_long([sound(10, 2)])) for one in both]
    found = ours.soft_tokens(ours.pooled(features[0]))
    expected = torchs.soft_tokens(torchs.pooled(features[1])).numpy()
    assert found.shape == expected.shape
    assert np.linalg.norm(found - expected) <= 2e-5 * np.linalg.norm(expected)


@pytest.mark.parametrize("lengths", [(1,), (3, 4), (16,) * 70, (1000, 25), (700,) * 30, (1024,), (5000,) * 9])
@pytest.mark.parametrize("tokens", [1, 16, 90])
def test_pooling_is_torchs(lengths, tokens):
    generator = np.random.default_rng(0)
    sections = [generator.normal(0, 1, (length, 3)).astype(np.float32) for length in lengths]
    expected = pool_long(map(torch.from_numpy, sections), tokens)[0].numpy()
    np.testing.assert_allclose(projector.pool_long(sections, tokens), expected, atol=2e-6)


def test_no_sound_is_nothing_to_pool():
    with pytest.raises(ValueError, match="no sound"):
        projector.pool_long([], 4)


def test_heads_hear_what_torchs_hear():
    folder = paths.builtin_model_dir() / "projector-3.0" / "heads"
    ours, torchs = heads.load(folder), load_heads(folder)
    generator, heard = np.random.default_rng(0), set()
    for spread in (0.3, 1, 3, 10):
        for _ in range(20):
            pooled = (generator.normal(0, spread, (16, 512)) + generator.normal(0, spread, 512)).astype(np.float32)
            found, expected = ours.heard(pooled), torchs.heard(torch.from_numpy(pooled)[None])
            assert (found.bpm is None) == (expected.bpm is None)
            assert found.bpm is None or found.bpm == pytest.approx(expected.bpm, rel=1e-5)
            assert [getattr(found, name) for name in ("instruments", "distortion", "drums", "energy", "meter")] == [
                getattr(expected, name) for name in ("instruments", "distortion", "drums", "energy", "meter")
            ]
            heard.add((found.drums, found.meter, found.instruments))
    assert len(heard) > 5
