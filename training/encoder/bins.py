"""Mel bins on one scale while the encoder learns, without a trace in the encoder that is saved.

Log-mels fall steeply from bass to treble and differ little from clip to clip: a linear patch embedding learns several
times faster from bins of zero mean and unit variance. Being linear itself, the scale goes into its weights in the end.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from j2a.models.mwmae import MWMAE, standardise

_CLIPS = 1000  # that the means are taken over


class ScaledPatches(nn.Module):
    """The linear patch embedding of an encoder, behind a fixed scale of each mel bin."""

    mean: Tensor
    std: Tensor

    def __init__(self, linear: nn.Linear, mean: Tensor, std: Tensor) -> None:
        """``mean`` and ``std``: (frames * bins,) of the values of a patch."""
        super().__init__()
        self.linear = linear
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)

    def forward(self, patches: Tensor) -> Tensor:
        """(..., frames * bins) to (..., D)."""
        out: Tensor = self.linear((patches - self.mean) / self.std)
        return out

    def plain(self) -> dict[str, Tensor]:
        """``weight`` and ``bias`` of the linear layer that does the same without a scale."""
        weight = self.linear.weight.detach() / self.std
        return {"weight": weight, "bias": self.linear.bias.detach() - weight @ self.mean}

    @torch.no_grad()
    def take(self, plain: dict[str, Tensor]) -> None:
        """The inverse of :meth:`plain`."""
        self.linear.weight.copy_(plain["weight"] * self.std)
        self.linear.bias.copy_(plain["bias"] + plain["weight"] @ self.mean)


def scale_patches(encoder: MWMAE, mels: NDArray[np.float16]) -> ScaledPatches:
    """Put the scale of the log-mels (rows, T, F) in front of an encoder's patch embedding, and return it."""
    config, linear = encoder.config, encoder.patch_embed
    assert isinstance(linear, nn.Linear)
    every = max(1, len(mels) // _CLIPS)
    some = standardise(torch.from_numpy(mels[::every].astype(np.float32)))
    std, mean = torch.std_mean(some, dim=(0, 1))  # (F,)
    if config.patch_bins != config.mel_bins:  # the bands of a patch share their embedding
        std, mean = std.mean().expand(config.patch_bins), mean.mean().expand(config.patch_bins)
    scaled = ScaledPatches(
        linear, mean.repeat(config.patch_frames), std.clamp(min=1e-3).repeat(config.patch_frames)
    )
    encoder.patch_embed = scaled
    return scaled
