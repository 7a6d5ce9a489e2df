"""Small checkpoints in the format of the published one."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import torch

from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE

SIZES = MWMAEConfig(width=24, depth=2, heads=12, mlp_width=40)


def packed(value: Any) -> bytes:
    """msgpack as Flax writes it: tables, names, numbers, ``None``, arrays."""
    if isinstance(value, dict):
        return struct.pack(">BI", 0xDF, len(value)) + b"".join(packed(k) + packed(v) for k, v in value.items())
    if isinstance(value, str):
        return struct.pack(">BH", 0xDA, len(value.encode())) + value.encode()
    if value is None:
        return b"\xc0"
    if isinstance(value, int):
        return struct.pack(">BI", 0xCE, value)
    data = value.contiguous().view(torch.uint8).numpy().tobytes() if value.ndim else b"\0" * value.itemsize
    shape = bytes([0x90 + value.ndim]) + b"".join(packed(size) for size in value.shape)
    inner = (
        b"\x93" + shape + packed(str(value.dtype).removeprefix("torch.")) + struct.pack(">BI", 0xC6, len(data)) + data
    )
    return struct.pack(">BIB", 0xC9, len(inner), 1) + inner


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        *folders, leaf = name.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[leaf] = value
    return tree


def flax_params(encoder: MWMAE) -> dict[str, torch.Tensor]:
    """The encoder's weights under Flax's names, in Flax's layouts, with the decoder that a checkpoint has too."""
    weights, config = encoder.state_dict(), encoder.config
    params = {
        "pos_embed": weights["pos_embed"][None],
        "patch_embed/proj/kernel": weights["patch_embed.weight"].T.reshape(
            config.patch_frames, config.patch_bins, 1, config.width
        ),
        "patch_embed/proj/bias": weights["patch_embed.bias"],
        "encoder_norm/scale": weights["norm.weight"],
        "encoder_norm/bias": weights["norm.bias"],
        "mask_token": torch.zeros(1, 1, 8, dtype=torch.bfloat16),
        "decoder_block_00/wmha_block/qkv/kernel": torch.zeros(8, 24),
        "decoder_pos_embed": torch.zeros(1, 250, 8),
    }
    parts = {
        "qkv": "Attention_0/Dense_0",
        "proj": "Attention_0/Dense_1",
        "fc1": "Mlp_0/Dense_0",
        "fc2": "Mlp_0/Dense_1",
    }
    for block in range(config.depth):
        ours, theirs = f"blocks.{block}", f"encoder_block_{block:02d}"
        for part, name in parts.items():
            params[f"{theirs}/{name}/kernel"] = weights[f"{ours}.{part}.weight"].T
            params[f"{theirs}/{name}/bias"] = weights[f"{ours}.{part}.bias"]
        for index in (0, 1):
            params[f"{theirs}/LayerNorm_{index}/scale"] = weights[f"{ours}.norm{index + 1}.weight"]
            params[f"{theirs}/LayerNorm_{index}/bias"] = weights[f"{ours}.norm{index + 1}.bias"]
    return params


def encoder(config: MWMAEConfig = SIZES) -> MWMAE:
    torch.manual_seed(0)
    model = MWMAE(config)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return model


def write(path: Path, params: dict[str, Any], before: dict[str, Any] | None = None) -> Path:
    state = {
        "batch_stats": {},
        "dynamic_scale": None,
        "opt_state": {
            "0": {"count": torch.zeros((), dtype=torch.int32), "mu": nested({"pos_embed": torch.ones(1, 9)})}
        },
        **(before or {}),
        "params": nested(params),
        "step": 7,
    }
    path.write_bytes(packed(state))
    return path
