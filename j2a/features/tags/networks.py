"""The networks of musicnn (Pons and Serra, 2019, https://arxiv.org/abs/1909.06654) in NumPy, inference only.

B patches of T = 187 frames and M = 96 mel bands, all side by side: S = B T frames. C channels.

    x (B, T, M) -> normalised
      timbral   kernels of 7 frames x 38 or 67 bands, the largest answer of all band positions
      temporal  kernels of 128, 64 or 32 frames on each band, the largest answer of all bands   -> h (561, B, T)
      middle    three convolutions over time with residual connections                         -> y1, y2, y3 (64, B, T)
      pooled    largest and mean value over time of h, y1, y2, y3 -> dense (200) -> dense (50 tags)

Every convolution is followed by ReLU and a batch norm, in that order. Three things make it fast:

* Training emptied most of the kernels of the first layer (two thirds and more of the wide ones). An empty kernel's
  channel is the same number everywhere, and goes into the biases of what follows.
* Of the wide convolutions only the largest answer matters. ReLU and batch norm rise or fall all along, so the largest
  is sought before them, kernels of falling ones turned upside down.
* A kernel of many bands is applied to the Fourier transform along them: a third to a half of the products.
* The rest are few large matrix products: a temporal kernel gives 11 results at once.
* Answers of which only the largest matters never leave the processor's cache.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from j2a.features.fast import fourier
from j2a.features.tags.front_end import BANDS
from j2a.records import dataclass

Array = NDArray[np.float32]
_EPSILON = 1e-3  # of every batch norm
_TIMBRAL, _TEMPORAL, _MIDDLE = (0, 1), (2, 3, 4), (5, 6, 7)  # the numbers of the convolutions in a checkpoint
_TAPS = 7  # frames of the timbral and the middle kernels
_PIECE = 11  # results of a temporal convolution that one matrix product gives at once: 187 = 17 x 11
_BANDS_TOGETHER, _CHANNELS_TOGETHER = 4, 6  # whose answers stay in the cache until the largest are found
_LARGEST_INPUT = 4.0  # a normalised log-mel is hardly ever larger
_EMPTY = 1e-2  # a kernel that cannot move its channel by more is taken for an empty one: 4e-6 in a probability


@dataclass(frozen=True, slots=True)
class Norm:
    """A batch norm: y = scale x + shift, a value for each channel."""

    scale: Array
    shift: Array

    @classmethod
    def read(cls, tensors: Mapping[str, Array], number: int) -> Norm:
        """The batch norm of that number in a checkpoint."""
        name = "batch_normalization" + (f"_{number}" if number else "")
        gamma, beta, mean, variance = (
            tensors[f"{name}/{part}"].astype(np.float64) for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        scale = gamma / np.sqrt(variance + _EPSILON)
        return cls(scale.astype(np.float32), (beta - mean * scale).astype(np.float32))


class _First:
    """A convolution of the first layer: its kernels that are not empty, and what is done with their largest answers."""

    def __init__(self, tensors: Mapping[str, Array], number: int) -> None:
        name = "conv2d" + (f"_{number}" if number else "")
        kernel, bias, norm = tensors[f"{name}/kernel"][:, :, 0], tensors[f"{name}/bias"], Norm.read(tensors, number + 1)
        reach = np.abs(kernel).sum((0, 1)) * np.abs(norm.scale) * _LARGEST_INPUT
        self.alive = reach > _EMPTY
        self.constant = np.maximum(bias, 0) * norm.scale + norm.shift  # what the empty ones answer
        self._sign = np.sign(norm.scale[self.alive])
        self._bias, self._scale = bias[self.alive], norm.scale[self.alive]
        self._shift = norm.shift[self.alive]
        self.kernel = kernel[:, :, self.alive] * self._sign  # (time, mel, C)

    def finish(self, largest: Array) -> Array:
        """Bias, ReLU and batch norm of the largest answers (C, S)."""
        answers: Array = largest * self._sign[:, None]
        answers += self._bias[:, None]
        np.maximum(answers, 0, out=answers)
        answers *= self._scale[:, None]
        answers += self._shift[:, None]
        return answers


def _seen(x: Array, there: Array) -> Array:
    """(numbers, 7, S) of the patches (B, T, M): what seven taps see of each number of their transform along the bands,
    zeros around each patch."""
    patches, frames, bands = x.shape
    half = _TAPS // 2
    padded = np.zeros((bands, patches, frames + 2 * half), np.float32)
    padded[:, :, half:-half] = (there @ x.reshape(-1, bands).T).reshape(bands, patches, frames)
    seen = np.lib.stride_tricks.sliding_window_view(padded, frames, axis=2)  # (numbers, B, 7, T)
    return np.ascontiguousarray(seen.transpose(0, 2, 1, 3)).reshape(bands, _TAPS, -1)


class _Timbral(_First):
    """Kernels of 7 frames and many bands."""

    def __init__(self, tensors: Mapping[str, Array], number: int, there: Array, back: Array) -> None:
        super().__init__(tensors, number)
        taps, width, channels = self.kernel.shape
        numbers = np.einsum("nw,twc->nct", there[:, :width], self.kernel)
        self._ends = numbers[[0, -1]]  # (2, C, 7), real
        real, imaginary = numbers[1:-1:2], -numbers[2:-1:2]  # of the conjugate: nothing is turned round
        self._inner = np.empty((len(real), 2, channels, 2, taps), np.float32)
        self._inner[:, 0, :, 0], self._inner[:, 0, :, 1] = real, -imaginary
        self._inner[:, 1, :, 0], self._inner[:, 1, :, 1] = imaginary, real
        self._back = back[: len(back) - width + 1]

    def __call__(self, seen: Array) -> Array:
        """(C, S) of what :func:`_seen` gives."""
        (numbers, taps, frames), channels = seen.shape, self._ends.shape[1]
        ends, inner = seen[[0, -1]], seen[1:-1].reshape(-1, 2 * taps, frames)
        largest = np.empty((channels, frames), np.float32)
        for first in range(0, channels, _CHANNELS_TOGETHER):
            some = slice(first, first + _CHANNELS_TOGETHER)
            count = len(largest[some])
            answers = np.empty((numbers, count, frames), np.float32)
            answers[[0, -1]] = self._ends[:, some] @ ends
            weights = self._inner[:, :, some].reshape(len(inner), 2 * count, 2 * taps)
            np.matmul(weights, inner, out=answers[1:-1].reshape(len(inner), 2 * count, frames))
            positions = self._back @ answers.reshape(numbers, -1)
            positions.max(axis=0, out=largest[some].reshape(-1))
        return self.finish(largest)


class _Temporal(_First):
    """Kernels of many frames and one band."""

    def __init__(self, tensors: Mapping[str, Array], number: int) -> None:
        super().__init__(tensors, number)
        taps, _, channels = self.kernel.shape
        self._taps, self._channels = taps, channels
        # A product of a stretch of taps + 10 frames with this gives 11 results of each channel.
        self._weights = np.zeros((channels, _PIECE, taps + _PIECE - 1), np.float32)
        for result in range(_PIECE):
            self._weights[:, result, result : result + taps] = self.kernel[:, 0].T
        self._weights = self._weights.reshape(channels * _PIECE, -1)

    def __call__(self, x: Array) -> Array:
        """(C, S) of the normalised patches (B, T, M)."""
        patches, frames, bands = x.shape
        before = (self._taps - 1) // 2
        padded = np.pad(x, ((0, 0), (before, self._taps - 1 - before), (0, 0)))
        stretches = np.lib.stride_tricks.sliding_window_view(padded, self._weights.shape[1], axis=1)[:, ::_PIECE]
        # (B, pieces, M, stretch) -> (M / 4, stretch, 4 B pieces)
        columns = stretches.reshape(patches, -1, bands // _BANDS_TOGETHER, _BANDS_TOGETHER, self._weights.shape[1])
        columns = columns.transpose(2, 4, 3, 0, 1).reshape(bands // _BANDS_TOGETHER, self._weights.shape[1], -1)
        largest = np.full((len(self._weights), columns.shape[2]), -np.inf, np.float32)
        answers = np.empty_like(largest)
        for some in columns:
            np.matmul(self._weights, some, out=answers)
            np.maximum(largest, answers, out=largest)
        found = largest.reshape(self._channels, _PIECE, _BANDS_TOGETHER, -1).max(axis=2)  # (C, 11, B pieces)
        return self.finish(found.transpose(0, 2, 1).reshape(self._channels, patches * frames))


class _Middle:
    """A convolution over time, 7 taps, zeros before and after each patch."""

    def __init__(self, tensors: Mapping[str, Array], number: int, alive: NDArray[np.bool_], constant: Array) -> None:
        """``alive``: which of the input's channels change at all; ``constant`` is what the others are."""
        kernel = tensors[f"conv2d_{number}/kernel"][:, :, 0]  # (7, channels in, channels out)
        self._weights = np.ascontiguousarray(kernel[:, alive].transpose(0, 2, 1).reshape(-1, int(alive.sum())))
        self._constant = np.einsum("kio,i->ko", kernel[:, ~alive], constant[~alive]).reshape(-1, 1)
        self._bias, self._norm = tensors[f"conv2d_{number}/bias"], Norm.read(tensors, number + 1)

    def __call__(self, inputs: Array, patches: int) -> Array:
        """(64, S) of the changing channels (C, S)."""
        answers = (self._weights @ inputs + self._constant).reshape(_TAPS, len(self._bias), patches, -1)
        frames = answers.shape[-1]
        total = np.zeros(answers.shape[1:], np.float32)
        for tap in range(_TAPS):
            shift = tap - _TAPS // 2  # this tap sees the frame so far ahead
            to, seen = slice(max(0, -shift), frames - max(0, shift)), slice(max(0, shift), frames - max(0, -shift))
            total[..., to] += answers[tap, ..., seen]
        total += self._bias[:, None, None]
        np.maximum(total, 0, out=total)
        total *= self._norm.scale[:, None, None]
        total += self._norm.shift[:, None, None]
        return total.reshape(len(self._bias), -1)


class Network:
    """One of the two networks, made of its checkpoint's tensors. Threads may share it."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        """Raises ``KeyError`` or ``ValueError`` where the tensors are not those of such a network."""
        self._input = Norm.read(tensors, 0)
        self._there, back = fourier.along(BANDS)
        self._timbral = [_Timbral(tensors, number, self._there, back) for number in _TIMBRAL]
        self._temporal = [_Temporal(tensors, number) for number in _TEMPORAL]
        first: list[_First] = [*self._timbral, *self._temporal]
        alive, constant = np.concatenate([one.alive for one in first]), np.concatenate([one.constant for one in first])
        self._first_middle = _Middle(tensors, _MIDDLE[0], alive, constant)
        changing = np.ones(len(tensors[f"conv2d_{_MIDDLE[0]}/bias"]), bool)
        none = np.zeros(len(changing), np.float32)
        self._middle = [_Middle(tensors, number, changing, none) for number in _MIDDLE[1:]]
        self._dense(tensors, np.concatenate([alive, np.tile(changing, 3)]), constant)

    def _dense(self, tensors: Mapping[str, Array], alive: NDArray[np.bool_], constant: Array) -> None:
        """The last two layers, with the batch norm before, and what the constant channels add to the bias."""
        before, self._hidden_norm = Norm.read(tensors, 9), Norm.read(tensors, 10)
        kernel = tensors["dense/kernel"]
        weights = (kernel * before.scale[:, None]).reshape(len(alive), 2, -1)  # largest and mean of each channel
        self._largest, self._mean = (np.ascontiguousarray(weights[alive, kind]) for kind in range(2))
        same = ~alive[: len(constant)]
        self._hidden_bias = (
            tensors["dense/bias"] + before.shift @ kernel + constant[same] @ weights[: len(constant)][same].sum(1)
        )
        self._output, self._output_bias = tensors["dense_1/kernel"], tensors["dense_1/bias"]

    def __call__(self, patches: Array) -> tuple[Array, Array]:
        """Probabilities (B, 50) and the values before the last layer (B, 200) of log-mel patches (B, 187, 96)."""
        x = patches * self._input.scale + self._input.shift
        seen = _seen(x, self._there)
        h = np.concatenate([*(one(seen) for one in self._timbral), *(one(x) for one in self._temporal)])
        y = [self._first_middle(h, len(x))]
        for middle in self._middle:
            y.append(middle(y[-1], len(x)) + y[-1])
        pooled = np.concatenate([h, *y]).reshape(-1, *x.shape[:2])
        hidden = pooled.max(2).T @ self._largest + pooled.mean(2).T @ self._mean + self._hidden_bias
        hidden = np.maximum(hidden, 0) * self._hidden_norm.scale + self._hidden_norm.shift
        logits = hidden @ self._output + self._output_bias
        with np.errstate(over="ignore"):  # it is 0 then
            return 1 / (1 + np.exp(-logits)), hidden

