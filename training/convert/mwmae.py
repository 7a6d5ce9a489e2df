"""``j2a-train convert-mwmae``: the published MW-MAE checkpoint (JAX, Flax) as a folder that ``load_encoder`` reads."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError

from j2a.errors import ModelError, UsageError
from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE
from j2a.models.files.saved import WEIGHTS_FILE
from training.convert.flax_checkpoint import StoredArray, find_params, read_array

# The number of heads is not in a checkpoint. The authors' configurations, by width:
HEADS = {192: 3, 384: 6, 512: 8, 768: 12, 1024: 16, 1280: 16}
HEADS_ELSE = 12

_MODULES = {
    "LayerNorm_0": "norm1",
    "Attention_0/Dense_0": "qkv",
    "Attention_0/Dense_1": "proj",
    "LayerNorm_1": "norm2",
    "Mlp_0/Dense_0": "fc1",
    "Mlp_0/Dense_1": "fc2",
}
_DECODER = re.compile(r"decoder_|mask_token$")  # serves pre-training only
_BLOCK = re.compile(r"encoder_block_(\d+)/")
_OTHER_CHECKPOINT = "Only encoders with global attention and without a class token can be converted (mwmae_*_200_4x16)."


def convert(checkpoint: Path, out: Path, heads: int | None = None) -> MWMAEConfig:
    """Write the encoder of a legacy Flax checkpoint to a new folder ``out``, and give its sizes.

    In memory are the encoder's weights only. ``out`` appears when it is whole. Raises ``UsageError`` when it exists,
    ``ModelError`` when the checkpoint is not what it should be or ``out`` cannot be written.
    """
    if out.exists():
        raise UsageError(f"{out} exists already.", "Give a folder that does not exist yet.")
    params = {name: array for name, array in find_params(checkpoint).items() if not _DECODER.match(name)}
    config = _config(checkpoint, params, heads)
    with torch.device("meta"):
        encoder = MWMAE(config)
    sources = _sources(config.depth)
    _check_shapes(checkpoint, params, sources, encoder)
    encoder.load_state_dict(_read(checkpoint, params, sources), assign=True)

    staging = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        staging.mkdir(parents=True)
        encoder.save(staging)
        (staging / "README.md").write_text(_card(checkpoint, staging / WEIGHTS_FILE, config), encoding="utf-8")
        _flush(staging)
        staging.rename(out)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{out} cannot be written: {getattr(error, 'strerror', None) or error}.",
            f"It needs a folder that you may write to, with {_megabytes(params)} MB of space.",
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return config


def _config(checkpoint: Path, params: dict[str, StoredArray], heads: int | None) -> MWMAEConfig:
    """Sizes, read off the shapes; everything that is not there is as in all published models."""
    _refuse_other_models(checkpoint, params)
    depth = len({match[1] for name in params if (match := _BLOCK.match(name))})
    wanted = _sources(max(1, depth))
    missing, unknown = sorted(wanted.keys() - params.keys()), sorted(params.keys() - wanted.keys())
    if missing or unknown:
        told = [f"{what}: {_some(names)}" for what, names in (("missing", missing), ("unknown", unknown)) if names]
        raise ModelError(f"{checkpoint} is not an MW-MAE encoder ({'; '.join(told)}).", _OTHER_CHECKPOINT)
    kernel, positions = params["patch_embed/proj/kernel"].shape, params["pos_embed"].shape
    if len(kernel) != 4 or len(positions) != 3 or 0 in kernel:
        raise ModelError(
            f"{checkpoint} has patch kernels {kernel} and positions {positions}, not (frames, bins, 1, width) and "
            "(1, patches, width).",
            _OTHER_CHECKPOINT,
        )
    frames, bins, _, width = kernel
    mel_bins = MWMAEConfig().mel_bins
    try:
        return MWMAEConfig(
            width=width,
            depth=depth,
            heads=heads or HEADS.get(width, HEADS_ELSE),
            mlp_width=params["encoder_block_00/Mlp_0/Dense_0/bias"].shape[0],
            patch_frames=frames,
            patch_bins=bins,
            chunk_frames=positions[1] // max(1, mel_bins // bins) * frames,
        )
    except (ValueError, IndexError) as error:
        raise ModelError(
            f"{checkpoint} cannot be an encoder: {error}.",
            "The number of heads is not in the file: give the right one as --heads.",
        ) from error


def _refuse_other_models(checkpoint: Path, params: dict[str, StoredArray]) -> None:
    for mark, model in (("cls_token", "a plain MAE with a class token"), ("head/kernel", "a classifier")):
        if mark in params:
            raise ModelError(f"{checkpoint} is {model}, not an MW-MAE encoder.", _OTHER_CHECKPOINT)
    if any("wmha_block" in name for name in params):
        raise ModelError(f"{checkpoint} has an encoder with attention in windows.", _OTHER_CHECKPOINT)


def _sources(depth: int) -> dict[str, str]:
    """The checkpoint's name of each weight -> ours."""
    names = {
        "pos_embed": "pos_embed",
        "patch_embed/proj/kernel": "patch_embed.weight",
        "patch_embed/proj/bias": "patch_embed.bias",
        "encoder_norm/scale": "norm.weight",
        "encoder_norm/bias": "norm.bias",
    }
    for block in range(depth):
        for theirs, ours in _MODULES.items():
            weight = "scale" if theirs.startswith("LayerNorm") else "kernel"
            names[f"encoder_block_{block:02d}/{theirs}/{weight}"] = f"blocks.{block}.{ours}.weight"
            names[f"encoder_block_{block:02d}/{theirs}/bias"] = f"blocks.{block}.{ours}.bias"
    return names


def _check_shapes(checkpoint: Path, params: dict[str, StoredArray], sources: dict[str, str], encoder: MWMAE) -> None:
    config, weights = encoder.config, encoder.state_dict()
    for theirs, ours in sources.items():
        wanted = tuple(weights[ours].shape)
        if theirs == "pos_embed":
            wanted = (1, *wanted)
        elif theirs == "patch_embed/proj/kernel":
            wanted = (config.patch_frames, config.patch_bins, 1, config.width)
        elif theirs.endswith("kernel"):
            wanted = wanted[::-1]
        if params[theirs].shape != wanted:
            raise ModelError(
                f"{checkpoint}: {theirs} is {params[theirs].shape}, where the other weights ask for {wanted}.",
                _OTHER_CHECKPOINT,
            )


def _read(checkpoint: Path, params: dict[str, StoredArray], sources: dict[str, str]) -> dict[str, torch.Tensor]:
    weights = {}
    try:
        with checkpoint.open("rb") as file:
            for theirs, ours in sources.items():
                weight = read_array(file, params[theirs]).float()
                if not weight.isfinite().all():
                    raise ModelError(f"{checkpoint}: {theirs} holds NaN or infinity.", "Download the checkpoint again.")
                # Flax multiplies from the right; the patch kernel's (frames, bins, 1) are one side of a matrix.
                weights[ours] = weight.flatten(0, -2).T.contiguous() if theirs.endswith("kernel") else weight.squeeze(0)
    except OSError as error:
        raise ModelError(f"{checkpoint} cannot be read: {error.strerror or error}.", "Download it again.") from error
    return weights


def _card(checkpoint: Path, weights: Path, config: MWMAEConfig) -> str:
    sizes = "\n".join(f"| {name} | {value} |" for name, value in asdict(config).items())
    return f"""---
license: unknown
pipeline_tag: feature-extraction
---
# MW-MAE encoder for J2A-2.x

Converted from a published checkpoint by `j2a-train convert-mwmae`; nothing was trained. The encoder alone: the decoder
of the pre-training and the optimizer's state were left out.

* **Paper**: Yadav et al., "Masked Autoencoders with Multi-Window Local-Global Attention Are Better Audio Learners",
  ICLR 2024, https://arxiv.org/abs/2306.00561
* **Code and weights of the authors**: https://github.com/SarthakYadav/mwmae-jax-official
* **Training data of the published models**: AudioSet
* **Licence**: that of the checkpoint. The authors' repository stated none when this was written; ask them before you
  pass these weights on.
* **Input**: mono at {config.sample_rate:,} Hz. **Output**: {config.features} numbers, \
{config.sample_rate / config.step:g} times a second.

| size | |
|---|---|
{sizes}

| file | sha256 |
|---|---|
| checkpoint it was made from | {_sha256(checkpoint)} |
| {weights.name} | {_sha256(weights)} |
"""


def _megabytes(params: dict[str, StoredArray]) -> int:
    return 1 + sum(array.size for array in params.values()) // 10**6


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(folder: Path) -> None:
    """Make sure that the files are on the disk before the folder gets its name."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
