"""What every training here asks of its optimizer and its processor."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable
from typing import Any

import torch
from torch.nn import Parameter

_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")  # the instructions, as torch names them

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4  # malloc.h of glibc


def use_processor(threads: int) -> None:
    """So many threads; and with glibc memory that a step frees stays for the next one, and with the process.

    It hands large pieces back to the kernel otherwise, which clears them again when they are wanted: a fifth of the
    processor's time in the encoder's steps.
    """
    torch.set_num_threads(threads)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, -1)
        mallopt(_M_TOP_PAD, 256 << 20)


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
