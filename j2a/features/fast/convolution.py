"""madmom's convolutional networks in NumPy, with batch normalisation folded into the convolutions.

Inference only; data is (time, frequency, channels), so that what a kernel sees in a frame stands side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a.features.fast import fourier

Array = NDArray[np.float32]
_BLOCK_FRAMES = 512  # frames put through a network at once: some 30 MB of intermediate results
_COLUMNS = 1 << 18  # numbers gathered for one matrix product: they stay in the processor's cache
_WIDE = 8  # frequencies of a kernel from which it is applied to the Fourier transform along them
_Step = Callable[[Array], Array]


def _elu(x: Array) -> None:
    """In place: x, below zero exp(x) - 1."""
    below = np.exp(np.minimum(x, 0))
    below -= 1
    np.maximum(x, 0, out=x)
    x += below


def _relu(x: Array) -> None:
    np.maximum(x, 0, out=x)


_ACTIVATIONS: dict[str, Callable[[Array], None]] = {"elu": _elu, "relu": _relu, "linear": lambda x: None}


class ConvolutionalNetwork:
    """Built from a madmom ``NeuralNetwork`` of convolutions, batch norms, paddings, poolings and averages."""

    def __init__(self, network: Any) -> None:
        layers = list(network.layers)
        self._averaged = layers[-1].kind == "AverageLayer" and layers.pop().axis == (0, 1)
        self._before, self._after, self._pooled = _reach(layers)
        self._steps: list[_Step] = []
        while layers:
            layer = layers.pop(0)
            norm = layers.pop(0) if layers and layers[0].kind == "BatchNormLayer" else None
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

    def _run(self, spectrum: Array) -> Array:
        data: Array = np.asarray(spectrum, np.float32)[:, :, None]
        for step in self._steps:
            data = step(data)
        return data


def _reach(layers: list[Any]) -> tuple[int, int, int]:
    """How many frames before and after its own a result depends on, and how many frames are its own (pooling).

    The frames before are rounded up to a multiple of the pooling, so that a block's pools are those of the whole.
    """
    before, after, pooled = 0, 0, 1
    for layer in reversed(layers):
        if layer.kind == "ConvolutionalLayer":
            after += layer.weights.shape[2] - 1
        elif layer.kind == "PadLayer":
            before, after = before + layer.width, after - layer.width
        elif layer.kind == "MaxPoolLayer":
            before, after, pooled = before * layer.size[0], after * layer.size[0], pooled * layer.size[0]
    return -(-before // pooled) * pooled, after, pooled


def _step(layer: Any, norm: Any) -> _Step:
    if layer.kind == "ConvolutionalLayer":
        return _convolution(layer, norm)
    if layer.kind == "PadLayer" and layer.axes == (0, 1):
        around = ((layer.width,) * 2, (layer.width,) * 2, (0, 0))
        value = layer.value
        return lambda x: np.pad(x, around, constant_values=value)
    if layer.kind == "MaxPoolLayer" and layer.size == layer.stride:
        return lambda x: _max_pool(x, *layer.size)
    raise ValueError(f"madmom's {layer.kind} in this form is not known here")


def _max_pool(x: Array, frames: int, bands: int) -> Array:
    x = x[: len(x) // frames * frames, : x.shape[1] // bands * bands]
    for axis, size in ((0, frames), (1, bands)):
        parts = [np.moveaxis(x, axis, 0)[start::size] for start in range(size)]
        largest = parts[0]
        for part in parts[1:]:
            largest = np.maximum(largest, part)
        x = np.moveaxis(largest, 0, axis)
    return x


def _convolution(layer: Any, norm: Any) -> _Step:
    """madmom convolves (flips its kernels), and keeps weights as (in, out, time, frequency)."""
    kernel = np.asarray(layer.weights, np.float32)[:, :, ::-1, ::-1].transpose(2, 3, 0, 1)  # (time, frequency, in, out)
    bias = np.broadcast_to(np.asarray(layer.bias, np.float32), kernel.shape[-1:])
    activation = layer.activation_fn
    if norm is not None:
        if activation != "linear":
            raise ValueError("a batch norm behind an activation cannot be folded")
        scale = np.asarray(norm.gamma * norm.inv_std, np.float32)
        kernel = kernel * scale
        bias = (bias - np.asarray(norm.mean, np.float32)) * scale + np.asarray(norm.beta, np.float32)
        activation = norm.activation_fn
    convolve = _Wide(kernel) if kernel.shape[1] >= _WIDE else _Narrow(kernel)
    return lambda x: convolve(x, np.ascontiguousarray(bias), _ACTIVATIONS[activation])


class _Narrow:
    """A convolution as matrix products of what each result sees, side by side, and the kernel."""

    def __init__(self, kernel: Array) -> None:
        self._frames, self._bands = kernel.shape[:2]
        self._kernel = np.ascontiguousarray(kernel.reshape(-1, kernel.shape[-1]))

    def __call__(self, x: Array, bias: Array, activate: Callable[[Array], None]) -> Array:
        seen = np.lib.stride_tricks.sliding_window_view(x, (self._frames, self._bands), axis=(0, 1))
        seen = seen.transpose(0, 1, 3, 4, 2)  # (time, frequency, time seen, frequency seen, channels)
        size, channels = self._kernel.shape
        found = np.empty((*seen.shape[:2], channels), np.float32)
        step = max(1, _COLUMNS // (size * seen.shape[1]))
        for start in range(0, len(seen), step):
            some = found[start : start + step].reshape(-1, channels)
            np.matmul(seen[start : start + step].reshape(-1, size), self._kernel, out=some)
            some += bias
            activate(some)
        return found


class _Wide:
    """A convolution by a kernel of many frequencies: a product for each frequency of the Fourier transform along them.

    A kernel of 12 frequencies gives 13 results from 24: 156 products of each pair of channels, and as a product of
    complex numbers 46.
    """

    def __init__(self, kernel: Array) -> None:
        self._kernel = kernel
        self._made: tuple[int, Array, list[Array], Array] | None = None

    def __call__(self, x: Array, bias: Array, activate: Callable[[Array], None]) -> Array:
        bands = x.shape[1]
        if self._made is None or self._made[0] != bands:
            self._made = (bands, *self._products(bands))
        _, there, products, back = self._made
        frames, channels = self._kernel.shape[0], self._kernel.shape[-1]
        # (numbers of the transform, time, channels)
        transformed = np.matmul(there, x.transpose(1, 0, 2).reshape(bands, -1)).reshape(bands, *x.shape[::2])
        seen = np.lib.stride_tricks.sliding_window_view(transformed, frames, axis=1).transpose(0, 1, 3, 2)
        results = np.empty((bands, seen.shape[1], channels), np.float32)
        place = 0
        for product in products:
            numbers = product.shape[1] // channels  # one that is real, or the parts of a complex one
            columns = seen[place : place + numbers].transpose(1, 0, 2, 3).reshape(seen.shape[1], -1)
            found = (columns @ product).reshape(-1, numbers, channels)
            results[place : place + numbers] = found.transpose(1, 0, 2)
            place += numbers
        flat = np.matmul(back, results.reshape(bands, -1)).reshape(-1, seen.shape[1], channels)
        answers: Array = flat.transpose(1, 0, 2) + bias
        activate(answers)
        return answers

    def _products(self, bands: int) -> tuple[Array, list[Array], Array]:
        """(the transform of the input, what its numbers are multiplied with, the way back), for so many frequencies."""
        width, channels = self._kernel.shape[1], self._kernel.shape[3]
        size = self._kernel.size // (width * channels)  # what a result sees in a band
        there, back = fourier.along(bands)
        columns = self._kernel.transpose(1, 0, 2, 3).reshape(width, -1)
        transformed = (there[:, :width] @ columns).reshape(bands, size, channels)
        products, place = [], 0
        while place < bands:
            if place in (0, bands - 1) and (place == 0 or bands % 2 == 0):  # real: of no turn, and of bands / 2
                products.append(transformed[place])
                place += 1
                continue
            real, imaginary = transformed[place], -transformed[place + 1]  # of the conjugate: nothing is turned round
            product = np.empty((2, size, 2, channels), np.float32)
            product[0, :, 0], product[0, :, 1] = real, imaginary
            product[1, :, 0], product[1, :, 1] = -imaginary, real
            products.append(product.reshape(2 * size, -1))
            place += 2
        return there, products, np.ascontiguousarray(back[: bands - width + 1])
