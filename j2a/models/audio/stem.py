"""A convolutional stem: what small encoders have in place of MW-MAE's linear patches.

A transformer that cuts its input into patches at once needs far more clips to learn from than one whose patches come
out of a few small convolutions (Xiao et al., "Early Convolutions Help Transformers See Better", NeurIPS 2021,
https://arxiv.org/abs/2106.14881). The convolutions are those of the audio taggers (Kong et al., "PANNs: Large-Scale
Pretrained Audio Neural Networks for Audio Pattern Recognition", https://arxiv.org/abs/1912.10211), made small: batch
norms, the first of them over the mel bins, and max pooling.

C chunks, K time steps, D width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from j2a.models.audio.encoder_config import FIRST_BINS, FIRST_FRAMES, bins_left, check_stem


class ConvStem(nn.Module):
    """Convolutions that halve time and frequency and double the channels, then all bins of a time step as one vector.

    The first one has a stride of 4 frames and 2 bins; each of the others is followed by max pooling of 2 x 2. Every
    time step is also told the maximum over its chunk: an instrument is there when it was clearly heard once.
    """

    def __init__(self, channels: int, width: int, patch_frames: int, mel_bins: int) -> None:
        """``channels`` of the first convolution; ``patch_frames`` is 8 or a larger power of two."""
        super().__init__()
        halvings = check_stem(patch_frames, mel_bins)
        self.bins = nn.BatchNorm1d(mel_bins, affine=False)
        layers: list[nn.Module] = [_convolution(1, channels, 5, (FIRST_FRAMES, FIRST_BINS))]
        for index in range(halvings):
            layers += [_convolution(channels << index, channels << (index + 1), 3), nn.MaxPool2d(2)]
        self.layers = nn.Sequential(*layers)
        features = (channels << halvings) * bins_left(mel_bins, halvings)
        self.here, self.anywhere = nn.Linear(features, width), nn.Linear(features, width)

    def forward(self, chunks: Tensor) -> Tensor:
        """(C, frames, F) standardised log-mel chunks to (C, K, D)."""
        levelled = self.bins(chunks.transpose(1, 2)).transpose(1, 2)
        heard = self.layers(levelled[:, None].to(memory_format=torch.channels_last))  # (C, channels, K, bins)
        steps = heard.transpose(1, 2).flatten(2)
        out: Tensor = self.here(steps) + self.anywhere(steps.amax(dim=1, keepdim=True))
        return out


def _convolution(inputs: int, outputs: int, size: int, stride: tuple[int, int] = (1, 1)) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )

