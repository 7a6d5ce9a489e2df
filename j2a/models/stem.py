"""A convolutional stem: what small encoders have in place of MW-MAE's linear patches.

A transformer that cuts its input into patches at once needs far more clips to learn from than one whose patches come
out of a few small convolutions (Xiao et al., "Early Convolutions Help Transformers See Better", NeurIPS 2021,
https://arxiv.org/abs/2106.14881). The patches are the same: one vector for each ``patch_frames x patch_bins``.

C chunks, K time steps x M patches across the mel bins, D width.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

_GROUPS = 8  # of the normalisation


class ConvStem(nn.Module):
    """Convolutions of 3 x 3, each halving time and frequency and doubling the channels, then one of 1 x 1."""

    def __init__(self, channels: int, width: int, patch_frames: int, patch_bins: int) -> None:
        """``channels`` of the first convolution, a multiple of 8; patches must be square, and a power of two wide."""
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 1
        for index in range(check_stem(channels, patch_frames, patch_bins)):
            outputs = channels << index
            layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.GroupNorm(_GROUPS, outputs), nn.GELU()]
            inputs = outputs
        self.layers = nn.Sequential(*layers, nn.Conv2d(inputs, width, 1))

    def forward(self, chunks: Tensor) -> Tensor:
        """(C, frames, bins) standardised log-mel chunks to (C, K * M, D), time by time."""
        return self.layers(chunks[:, None]).flatten(2).transpose(1, 2)  # type: ignore[no-any-return]


def check_stem(channels: int, patch_frames: int, patch_bins: int) -> int:
    """How many times a stem halves its input. Raises ``ValueError`` for sizes that do not fit."""
    halvings = int(math.log2(patch_frames))
    if patch_frames != patch_bins or patch_frames != 1 << halvings or halvings == 0:
        raise ValueError(f"a stem needs square patches of 2, 4, 8, ... , not {patch_frames} x {patch_bins}")
    if channels % _GROUPS:
        raise ValueError(f"stem is {channels}, not a multiple of {_GROUPS}")
    return halvings
