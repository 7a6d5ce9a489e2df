"""The tag networks as their authors' code reads, layer by layer in torch: what our fast ones are held against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import conv1d, conv2d, pad, relu

Array = NDArray[np.float32]


class PlainNetwork:
    """One network, from its checkpoint's tensors."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        self._tensors = {name: torch.from_numpy(np.array(value)) for name, value in tensors.items()}

    @torch.inference_mode()
    def __call__(self, patches: Array) -> tuple[Array, Array]:
        """Probabilities (B, 50) and the values before the last layer (B, 200) of log-mel patches (B, 187, 96)."""
        x = self._norm(torch.from_numpy(patches)[:, None], 0)
        timbral = pad(x, (0, 0, 3, 3))
        parts = [self._first(timbral, number) for number in (0, 1)]
        for number, taps in ((2, 128), (3, 64), (4, 32)):
            parts.append(self._first(pad(x, (0, 0, (taps - 1) // 2, taps // 2)), number))
        h = torch.cat(parts, 1)
        y1 = self._middle(h, 5)
        y2 = self._middle(y1, 6) + y1
        y3 = self._middle(y2, 7) + y2
        f = torch.cat([h, y1, y2, y3], 1)
        pooled = torch.stack([f.amax(2), f.mean(2)], 2).flatten(1)
        hidden = relu(self._norm(pooled, 9) @ self._tensors["dense/kernel"] + self._tensors["dense/bias"])
        hidden = self._norm(hidden, 10)
        logits = hidden @ self._tensors["dense_1/kernel"] + self._tensors["dense_1/bias"]
        return torch.sigmoid(logits).numpy(), hidden.numpy()

    def _first(self, x: torch.Tensor, number: int) -> torch.Tensor:
        """Convolution, ReLU, batch norm, maximum over the bands: (B, C, T)."""
        name = "conv2d" + (f"_{number}" if number else "")
        kernel = self._tensors[f"{name}/kernel"].permute(3, 2, 0, 1)
        return self._norm(relu(conv2d(x, kernel, self._tensors[f"{name}/bias"])), number + 1).amax(3)

    def _middle(self, x: torch.Tensor, number: int) -> torch.Tensor:
        kernel = self._tensors[f"conv2d_{number}/kernel"][:, :, 0].permute(2, 1, 0)
        return self._norm(relu(conv1d(pad(x, (3, 3)), kernel, self._tensors[f"conv2d_{number}/bias"])), number + 1)

    def _norm(self, x: torch.Tensor, number: int) -> torch.Tensor:
        name = "batch_normalization" + (f"_{number}" if number else "")
        parts = (self._tensors[f"{name}/{part}"] for part in ("gamma", "beta", "moving_mean", "moving_variance"))
        gamma, beta, mean, variance = (part.reshape(1, -1, *[1] * (x.ndim - 2)) for part in parts)
        return (x - mean) / torch.sqrt(variance + 1e-3) * gamma + beta
