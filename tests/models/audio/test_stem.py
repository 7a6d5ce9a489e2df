"""The stem of small encoders, and folders from before there was one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE, load_encoder

SIZES = {"chunk_frames": 1024, "patch_frames": 64, "patch_bins": 80, "stem": 4}
SMALL = MWMAEConfig(width=32, depth=1, heads=2, mlp_width=64, **SIZES)


def test_it_gives_a_vector_a_patch_and_comes_back_from_disk(tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = MWMAE(SMALL).eval()
    assert encoder.embed_patches(torch.randn(2, 1024, 80)).shape == (2, 16, 32)
    encoder.save(tmp_path)
    audio = torch.randn(1, 160_000) * 0.1
    with torch.inference_mode():
        heard, steps = encoder(audio)
        again, _ = load_encoder(tmp_path)(audio)
    assert heard.shape == (1, 16, 32) and steps == [16]
    assert torch.equal(heard, again)


def test_a_folder_that_names_no_stem_has_none(tmp_path: Path) -> None:
    MWMAE(MWMAEConfig(width=16, depth=1, heads=2, mlp_width=32)).save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    del config["stem"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert load_encoder(tmp_path).config.stem == 0


@pytest.mark.parametrize(
    "sizes",
    [{"patch_bins": 40}, {"stem": -8}, {"patch_frames": 4}, {"patch_frames": 512}, {"mel_bins": 16, "patch_bins": 16}],
)
def test_sizes_that_do_not_fit(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="stem"):
        MWMAEConfig(**{**SIZES, **sizes})
