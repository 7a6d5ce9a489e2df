"""What an encoder heard in a clip, as a projector takes it.

N soft tokens, E width of the encoder's features.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from j2a.errors import UsageError
from j2a.models.audio.projector import pool
from training.datasets.shards import Encoded


def refuse_pooled(encoded: Path | None, pooled: int, tokens: int) -> None:
    """Raise ``UsageError`` for clips that were kept as another number of soft tokens; 0: time was not pooled."""
    if pooled and pooled != tokens:
        raise UsageError(
            f"the clips in {encoded} were pooled to {pooled} soft tokens, which cannot become {tokens}.",
            f"Encode them with --pool {tokens}, or without --pool.",
        )


def pooled(encoded: Encoded, row_id: str, tokens: int) -> torch.Tensor:
    """What the encoder heard in a clip, as the projector gets it: float32 (N, E)."""
    heard = torch.from_numpy(encoded[row_id].astype(np.float32))
    return heard if len(heard) == tokens else pool(heard[None], tokens)[0]
