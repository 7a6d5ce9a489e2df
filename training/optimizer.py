"""What every training here asks of its optimizer and its processor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch.nn import Parameter

_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")  # the instructions, as torch names them


def decayed(parameters: Iterable[Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Parameter groups for AdamW: matrices decay, norms and biases do not."""
    every = list(parameters)
    groups = [
        {"params": [one for one in every if one.ndim >= 2], "weight_decay": weight_decay},
        {"params": [one for one in every if one.ndim < 2], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def quick_bfloat16(device: str) -> bool:
    """Whether matrix products in bfloat16 are the quick ones: on processors without instructions for them they take
    ten times as long as those in float32."""
    if not device.startswith("cpu"):
        return True
    found = torch.cpu.get_capabilities()
    return any(found.get(name) for name in _BFLOAT16)
