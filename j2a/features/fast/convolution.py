"""madmom's convolutional networks in torch, with batch normalisation folded into the convolutions.

Inference only; data is (1, channels, time, frequency).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float32]
_Step = Callable[[torch.Tensor], torch.Tensor]
_ACTIVATIONS: dict[str, _Step] = {"elu": torch.nn.functional.elu, "relu": torch.relu, "linear": lambda x: x}


class ConvolutionalNetwork:
    """Built from a madmom ``NeuralNetwork`` of convolutions, batch norms, paddings, poolings and averages."""

    def __init__(self, network: Any) -> None:
        self._steps: list[_Step] = []
        layers = list(network.layers)
        while layers:
            layer = layers.pop(0)
            norm = layers.pop(0) if layers and type(layers[0]).__name__ == "BatchNormLayer" else None
            self._steps.append(_step(layer, norm))

    @torch.inference_mode()
    def __call__(self, spectrum: Array) -> Array:
        """Apply to a float32 spectrum (F, B); the result has madmom's axes: (F', B', channels), or (channels,)."""
        data = torch.from_numpy(np.ascontiguousarray(spectrum, np.float32))[None, None]
        for step in self._steps:
            data = step(data)
        return np.ascontiguousarray((data[0].permute(1, 2, 0) if data.ndim == 4 else data[0]).numpy())


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
    if kind == "AverageLayer" and layer.axis == (0, 1):
        return lambda x: x.mean(dim=(2, 3))
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
