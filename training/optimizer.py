"""What every training here asks of its optimizer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch.nn import Parameter


def decayed(parameters: Iterable[Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Parameter groups for AdamW: matrices decay, norms and biases do not."""
    every = list(parameters)
    groups = [
        {"params": [one for one in every if one.ndim >= 2], "weight_decay": weight_decay},
        {"params": [one for one in every if one.ndim < 2], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
