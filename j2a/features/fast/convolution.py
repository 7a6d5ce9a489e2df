"""madmom's convolutional networks in torch, with batch normalisation folded into the convolutions.

Inference only; data is (1, channels, time, frequency).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float32]
_BLOCK_FRAMES = 512  # frames put through a network at once: some 30 MB of intermediate results
_Step = Callable[[torch.Tensor], torch.Tensor]
_ACTIVATIONS: dict[str, _Step] = {"elu": torch.nn.functional.elu, "relu": torch.relu, "linear": lambda x: x}


class ConvolutionalNetwork:
    """Built from a madmom ``NeuralNetwork`` of convolutions, batch norms, paddings, poolings and averages."""

    def __init__(self, network: Any) -> None:
        layers = list(network.layers)
        self._averaged = type(layers[-1]).__name__ == "AverageLayer" and layers.pop().axis == (0, 1)
        self._before, self._after, self._pooled = _reach(layers)
        self._steps: list[_Step] = []
        while layers:
            layer = layers.pop(0)
            norm = layers.pop(0) if layers and type(layers[0]).__name__ == "BatchNormLayer" else None
            self._steps.append(_step(layer, norm))

    def __call__(self, spectrum: Array, check: Callable[[], None] = lambda: None) -> Array:
        """Apply to a float32 spectrum (F, B); the result has madmom's axes: (F', B', channels), or (channels,).

        ``check`` is called before each block; it may raise.
        """
        if not self._averaged:
            return np.concatenate(list(self.blocks(spectrum)))
        total, count = np.float64(0), 0
        for block in self.blocks(spectrum):
            check()
            total, count = total + block.sum(axis=(0, 1), dtype=np.float64), count + block.shape[0] * block.shape[1]
        return np.asarray(total / count, np.float32)

    def blocks(self, spectrum: Array, frames: int = _BLOCK_FRAMES) -> Iterator[Array]:
        """The result before any average, (F' in all, B', channels), by ``frames`` of the spectrum at a time.

        Each block is computed with as many frames around it as its results depend on, so that the borders between
        blocks are nowhere to be seen.
        """
        results = (len(spectrum) - (self._after if self._before == 0 else 0)) // self._pooled
        step = max(1, frames // self._pooled)
        for first in range(0, results, step):
            last = min(first + step, results)
            start = max(0, first * self._pooled - self._before)
            end = len(spectrum) if last == results else min(last * self._pooled + self._after, len(spectrum))
            skipped = first - start // self._pooled
            yield self._run(spectrum[start:end])[skipped:skipped + last - first]

    @torch.inference_mode()
    def _run(self, spectrum: Array) -> Array:
        data = torch.from_numpy(np.ascontiguousarray(spectrum, np.float32))[None, None]
        for step in self._steps:
            data = step(data)
        return np.ascontiguousarray(data[0].permute(1, 2, 0).numpy())


def _reach(layers: list[Any]) -> tuple[int, int, int]:
    """How many frames before and after its own a result depends on, and how many frames are its own (pooling).

    The frames before are rounded up to a multiple of the pooling, so that a block's pools are those of the whole.
    """
    before, after, pooled = 0, 0, 1
    for layer in reversed(layers):
        kind = type(layer).__name__
        if kind == "ConvolutionalLayer":
            after += layer.weights.shape[2] - 1
        elif kind == "PadLayer":
            before, after = before + layer.width, after - layer.width
        elif kind == "MaxPoolLayer":
            before, after, pooled = before * layer.size[0], after * layer.size[0], pooled * layer.size[0]
    return -(-before // pooled) * pooled, after, pooled


def _step(layer: Any, norm: Any) -> _Step:
    kind = type(layer).__name__
    if kind == "ConvolutionalLayer":
        return _convolution(layer, norm)
    if kind == "PadLayer" and layer.axes == (0, 1):
        width, value = layer.width, layer.value
        return lambda x: torch.nn.functional.pad(x, (width,) * 4, value=value)
    if kind == "MaxPoolLayer" and layer.size == layer.stride:
        size = tuple(layer.size)
        return lambda x: torch.nn.functional.max_pool2d(x, size)
    raise ValueError(f"madmom's {kind} in this form is not known here")


def _convolution(layer: Any, norm: Any) -> _Step:
    """madmom convolves (flips its kernels) and keeps weights as (in, out, time, frequency); torch does neither."""
    weights = torch.tensor(np.asarray(layer.weights, np.float32)).permute(1, 0, 2, 3).flip(2, 3)
    bias = torch.tensor(np.asarray(layer.bias, np.float32)).expand(weights.shape[0])
    activation = _ACTIVATIONS[layer.activation_fn.__name__]
    if norm is not None:
        if layer.activation_fn.__name__ != "linear":
            raise ValueError("a batch norm behind an activation cannot be folded")
        scale = torch.tensor(np.asarray(norm.gamma * norm.inv_std, np.float32))
        weights = weights * scale[:, None, None, None]
        bias = (bias - torch.tensor(np.asarray(norm.mean, np.float32))) * scale + torch.tensor(
            np.asarray(norm.beta, np.float32)
        )
        activation = _ACTIVATIONS[norm.activation_fn.__name__]
    weights, bias = weights.contiguous(), bias.contiguous()
    return lambda x: activation(torch.nn.functional.conv2d(x, weights, bias))
