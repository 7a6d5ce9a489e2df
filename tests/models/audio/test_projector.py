"""The projectors: what they compute, how large, what they are kept with, and what they refuse."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from j2a import paths
from j2a.errors import ModelError, ModelMissingError
from j2a.models.audio import projector as module
from j2a.models.audio.projector import Projector, load_projector, load_projector_2024, pool, pool_long
from j2a.models.audio.projector_config import Part, ProjectorConfig
from tests.places import DATA

GOLDEN = DATA / "mwmae" / "golden.npz"
MEAN = ProjectorConfig("2.0", 1, "ears", "aaaa", 12, "words", "bbbb", 8, data="our clips", licence="CC BY")
POOL = replace(MEAN, version="2.1", soft_tokens=5)
ENCODER, LLM = Part("ears", "aaaa", 12), Part("words", "bbbb", 8)


def random_projector(config: ProjectorConfig) -> Projector:
    torch.manual_seed(0)
    projector = Projector(config)
    for weight in projector.parameters():
        torch.nn.init.normal_(weight)
    return projector


def by_hand(projector: Projector, pooled: torch.Tensor) -> torch.Tensor:
    centred = pooled - pooled.mean(dim=-1, keepdim=True)
    normed = centred / (centred.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt()
    return (normed * projector.norm.weight + projector.norm.bias) @ projector.linear.weight.T


def test_version_2_0_is_one_token_from_the_mean():
    projector, features = random_projector(MEAN), torch.randn(3, 251, 12)
    out = projector(features)
    assert out.shape == (3, 1, 8)
    assert torch.allclose(out[:, 0], by_hand(projector, features.mean(dim=1)), atol=1e-4)


def test_version_2_1_keeps_time():
    projector, features = random_projector(POOL), torch.randn(3, 10, 12)
    out = projector(features)
    assert out.shape == (3, 5, 8)
    assert torch.allclose(out[:, 3], by_hand(projector, features[:, 6:8].mean(dim=1)), atol=1e-4)


@pytest.mark.parametrize("config", [MEAN, POOL])
@pytest.mark.parametrize("steps", [[251, 3, 250, 1], [7, 7]])
def test_rows_of_different_lengths_equal_single_ones(config, steps):
    projector, features = random_projector(config), torch.randn(len(steps), 251, 12)
    for row, valid in enumerate(steps):
        features[row, valid:] = torch.nan
    together = projector(features, steps)
    for row, valid in enumerate(steps):
        assert torch.allclose(together[row], projector(features[row : row + 1, :valid])[0], atol=1e-5)


@pytest.mark.parametrize("steps", [[0, 5], [5], [5, 6], []])
def test_steps_must_fit(steps):
    with pytest.raises(ValueError, match="do not fit"):
        pool(torch.zeros(2, 5, 3), 1, steps)


@pytest.mark.parametrize("config", [MEAN, POOL])
def test_soft_tokens_begin_as_large_as_token_embeddings(config):
    """With the built-in language model's embeddings, and what an encoder makes of real and of flat sound."""
    embeddings = load_file(paths.builtin_model_dir() / "model.safetensors")["model.embed_tokens.weight"]
    with np.load(GOLDEN) as golden:
        heard = torch.from_numpy(
            np.concatenate([golden["ten_s__features_float32"], golden["noise_10s__features_float32"]])
        )
    projector = random_projector(replace(config, encoder_width=heard.shape[2], llm_width=embeddings.shape[1]))
    assert projector(heard).std() > 50 * embeddings.float().std()
    projector.match_scale(embeddings, torch.Generator().manual_seed(0))
    soft = projector(heard)
    assert abs(soft.std() / embeddings.float().std() - 1) < 0.1
    assert (soft.norm(dim=2) / soft.norm(dim=2).mean() - 1).abs().max() < 0.2


@pytest.mark.parametrize("config", [MEAN, POOL])
def test_what_is_saved_loads(tmp_path, config):
    projector, features = random_projector(config), torch.randn(2, 30, 12)
    projector.save(tmp_path / "p")
    loaded = load_projector(str(tmp_path / "p"))
    assert loaded.config == config
    assert torch.equal(loaded(features), projector(features))
    assert not any(weight.requires_grad for weight in loaded.parameters())
    assert load_file(tmp_path / "p" / "model.safetensors").keys() == {"norm.weight", "norm.bias", "linear.weight"}
    card = (tmp_path / "p" / "README.md").read_text()
    assert all(text in card for text in ("ears (weights aaaa, width 12)", "words (weights bbbb", "our clips", "CC BY"))


def change(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


BREAKS = {
    "no config": (lambda f: (f / "config.json").unlink(), r"config\.json cannot be read"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), r"model\.safetensors cannot be read"),
    "corrupt weights": (lambda f: (f / "model.safetensors").write_bytes(b"x" * 50), r"model\.safetensors is damaged"),
    "another model": (lambda f: change(f, model_type="mwmae"), "of another model"),
    "another width": (lambda f: change(f, llm_width=9), r"linear\.weight is \(8, 12\)"),
    "another version": (lambda f: change(f, version="2.2"), r"no version '2\.2'"),
    "no tokens": (lambda f: change(f, soft_tokens=0), "0 soft tokens"),
    "two means": (lambda f: change(f, version="2.0"), r"5 soft tokens cannot be in version 2\.0"),
    "no number": (lambda f: change(f, llm_width="8"), "llm_width is '8'"),
    "no truth": (lambda f: change(f, resampled=1), "resampled is 1"),
    "huge": (lambda f: change(f, encoder_width=10**12), "widths are 1000000000000"),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_broken_folders_are_one_clear_error(tmp_path, broken):
    Projector(POOL).save(tmp_path)
    damage, told = BREAKS[broken]
    damage(tmp_path)
    with pytest.raises(ModelError, match=told) as caught:
        load_projector(tmp_path)
    assert caught.value.hint


def test_no_folder_is_a_missing_model(tmp_path):
    with pytest.raises(ModelMissingError):
        load_projector(tmp_path / "nothing")


def test_its_own_encoder_and_llm_are_accepted():
    POOL.refuse_others(ENCODER, LLM)
    replace(POOL, encoder_weights="", llm_weights="").refuse_others(ENCODER, LLM)  # 2024: hashes not known


@pytest.mark.parametrize(
    ("encoder", "llm", "told"),
    [
        (Part("other", "cccc", 12), LLM, r"encoder ears \(weights aaaa, width 12\), not for other \(weights cccc"),
        (Part("ears", "aaaa", 13), LLM, r"encoder ears .*width 12\), not for ears .*width 13"),
        (ENCODER, Part("larger", "bbbb", 9), r"language model words .*, not for larger \(weights bbbb, width 9"),
        (ENCODER, Part("words", "dddd", 8), r"language model words \(weights bbbb.*, not for words \(weights dddd"),
    ],
)
def test_others_are_refused_with_both_named(encoder, llm, told):
    with pytest.raises(ModelError, match=told) as caught:
        POOL.refuse_others(encoder, llm)
    assert "j2a-train fit" in caught.value.hint


def weights_2024(dtype: torch.dtype = torch.bfloat16) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return {
        "proj.weight": torch.randn(8, 12).to(dtype),
        "ln1.weight": torch.randn(12).to(dtype),
        "ln1.bias": torch.randn(12).to(dtype),
    }


@pytest.mark.parametrize(("version", "tokens"), [("2.0", 1), ("2.1", 250)])
def test_projectors_of_2024_load_with_their_quirk(tmp_path, version, tokens):
    weights = weights_2024()
    torch.save(weights, tmp_path / "old.pth")
    old = load_projector_2024(tmp_path / "old.pth", version)
    assert (old.config.resampled, old.config.soft_tokens, old.config.llm_width) == (False, tokens, 8)
    features = torch.randn(1, 690, 12)
    normed = torch.nn.functional.layer_norm(
        pool(features, tokens), (12,), weights["ln1.weight"].float(), weights["ln1.bias"].float()
    )
    assert torch.allclose(old(features), normed @ weights["proj.weight"].float().T, atol=1e-5)
    old.save(tmp_path / "new")
    assert load_projector(tmp_path / "new").config == old.config
    assert "not resampled" in (tmp_path / "new" / "README.md").read_text()


class Trap:
    """Runs when it is unpickled by anything but a reader of weights."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_code_in_a_pth_file_does_not_run(tmp_path):
    torch.save(weights_2024() | {"trap": Trap(tmp_path / "ran")}, tmp_path / "old.pth")
    with pytest.raises(ModelError, match="never runs"):
        load_projector_2024(tmp_path / "old.pth", "2.0")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ({"proj.weight": torch.zeros(8, 12)}, "other weights"),
        (weights_2024() | {"more": torch.zeros(1)}, "other weights"),
        (weights_2024() | {"ln1.bias": 3}, "other weights"),
        ([1, 2], "other weights"),
        (weights_2024() | {"ln1.bias": torch.zeros(7)}, "shapes"),
        (weights_2024() | {"proj.weight": torch.zeros(96)}, "shapes"),
    ],
)
def test_other_pth_files_are_refused(tmp_path, stored, told):
    torch.save(stored, tmp_path / "old.pth")
    with pytest.raises(ModelError, match=told):
        load_projector_2024(tmp_path / "old.pth", "2.0")


@pytest.mark.parametrize("data", [b"", b"nonsense", b"PK\x03\x04" + bytes(100)], ids=["empty", "text", "zip"])
def test_damaged_pth_files_are_refused(tmp_path, data):
    (tmp_path / "old.pth").write_bytes(data)
    with pytest.raises(ModelError):
        load_projector_2024(tmp_path / "old.pth", "2.0")


def test_a_pth_file_that_is_not_there_or_has_no_version(tmp_path):
    with pytest.raises(ModelMissingError):
        load_projector_2024(tmp_path / "old.pth", "2.0")
    torch.save(weights_2024(), tmp_path / "old.pth")
    with pytest.raises(ValueError, match=r"no version '1\.0'"):
        load_projector_2024(tmp_path / "old.pth", "1.0")


@pytest.mark.parametrize("steps", [1, 251, 5_000])
def test_long_sound_pools_as_short_sound(steps):
    features = torch.randn(steps, 4)
    assert torch.allclose(pool_long(features.split(250), 25), pool(features[None], 25), atol=1e-5)


@pytest.mark.parametrize("steps", [16_385, 70_000, 90_001])
def test_very_long_sound_is_held_in_bounded_memory(monkeypatch, steps):
    largest = 0
    cat = torch.cat

    def watched(tensors, *args, **kwargs):
        nonlocal largest
        largest = max(largest, sum(map(len, tensors)))
        return cat(tensors, *args, **kwargs)

    monkeypatch.setattr(module.torch, "cat", watched)
    ramp = torch.arange(steps, dtype=torch.float32)[:, None]
    found = pool_long(ramp.split(250), 250)[0, :, 0]
    exact = pool(ramp[None], 250)[0, :, 0]
    assert (found - exact).abs().max() < 10  # steps, of several hundred
    assert largest <= 16_384 + 2 * 1024


def test_no_sound_is_not_pooled():
    with pytest.raises(ValueError, match="no sound"):
        pool_long([], 5)
