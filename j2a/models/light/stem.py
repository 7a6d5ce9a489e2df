"""The convolutional stem of :mod:`j2a.models.audio.stem`, for captioning.

Planes stand bin by bin, (channels, bins + 2, times + 2), with a rim of zeros for the convolutions of 3 x 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a.compiled import LONG, POINTER, kernel
from j2a.models.audio.encoder_config import FIRST_BINS, FIRST_FRAMES, MWMAEConfig, bins_left, check_stem
from j2a.models.files.saved import as_float32
from j2a.models.light.products import ROWS, Array, convolution, padded, product, side_by_side, usable

_EPS = 1e-5  # of a batch norm
_FIRST = 5  # size of the first convolution


def shapes(config: MWMAEConfig) -> dict[str, tuple[int, ...]]:
    """The shapes of a stem's weights."""
    halvings, channels = check_stem(config.patch_frames, config.mel_bins), config.stem
    found: dict[str, tuple[int, ...]] = _norm_shapes("bins", config.mel_bins)
    for index, (outs, ins, size) in enumerate(
        [(channels, 1, _FIRST), *((channels << at + 1, channels << at, 3) for at in range(halvings))]
    ):
        name = _name(index)
        found[f"{name}.0.weight"] = (outs, ins, size, size)
        found |= {f"{name}.1.weight": (outs,), f"{name}.1.bias": (outs,)} | _norm_shapes(f"{name}.1", outs)
    features = (channels << halvings) * bins_left(config.mel_bins, halvings)
    for name in ("here", "anywhere"):
        found |= {f"{name}.weight": (config.width, features), f"{name}.bias": (config.width,)}
    return found


def _name(index: int) -> str:
    return f"layers.{max(0, 2 * index - 1)}"  # behind all but the first stands a pooling


def _norm_shapes(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.running_mean": (width,), f"{name}.running_var": (width,), f"{name}.num_batches_tracked": ()}


class Stem:
    """Standardised log-mel chunks to what the transformer reads."""

    def __init__(self, config: MWMAEConfig, weights: Mapping[str, NDArray[Any]]) -> None:
        """``weights`` by the names of ``ConvStem``."""
        self._level = _scale_and_shift(weights, "bins")
        self._layers = [
            (usable(weights[f"{name}.0.weight"]), *_scale_and_shift(weights, f"{name}.1"))
            for name in map(_name, range(check_stem(config.patch_frames, config.mel_bins) + 1))
        ]
        self._here, self._anywhere = (usable(weights[f"{name}.weight"]) for name in ("here", "anywhere"))
        self._bias = as_float32(weights["here.bias"]) + as_float32(weights["anywhere.bias"])

    def __call__(self, chunk: Array) -> Array:
        """(frames, F) to (D, K)."""
        planes = self._first(chunk)
        for weights, scale, shift in self._layers[1:]:
            planes = _halved(weights, scale, shift, planes)
        heard = np.ascontiguousarray(planes[:, 1:-1, 1:-1]).reshape(-1, planes.shape[2] - 2)  # (channels * bins, K)
        steps = np.zeros((len(heard), padded(heard.shape[1])), np.float32)
        steps[:, : heard.shape[1]] = heard
        anywhere = product(self._anywhere, side_by_side([heard.max(axis=1)]))
        out: Array = product(self._here, steps, self._bias)[:, : heard.shape[1]] + anywhere
        return out

    def _first(self, chunk: Array) -> Array:
        """The mel bins levelled, and the convolution with a stride, by its 25 shifted copies of them."""
        weights, scale, shift = self._layers[0]
        frames, mel_bins = chunk.shape
        times, bins = -(-frames // FIRST_FRAMES), -(-mel_bins // FIRST_BINS)
        rim = _FIRST // 2
        levelled = np.zeros((mel_bins + 2 * rim, frames + 2 * rim), np.float32)
        levelled[rim:-rim, rim:-rim] = chunk.T * self._level[0][:, None] + self._level[1][:, None]
        copies = np.zeros((_FIRST * _FIRST, padded(bins * times)), np.float32)
        for place, copy in enumerate(copies):
            across, down = divmod(place, _FIRST)
            seen = levelled[down::FIRST_BINS, across::FIRST_FRAMES][:bins, :times]
            copy[: seen.size].reshape(seen.shape)[...] = seen
        return _pooled(product(weights.reshape(len(weights), -1), copies), scale, shift, 1, times, bins, times)


def _scale_and_shift(weights: Mapping[str, NDArray[Any]], name: str) -> tuple[Array, Array]:
    """A batch norm as what it multiplies by and what it adds."""
    mean, variance = (as_float32(weights[f"{name}.running_{one}"]) for one in ("mean", "var"))
    scale = 1 / np.sqrt(variance + np.float32(_EPS))
    if f"{name}.weight" not in weights:
        return scale, -mean * scale
    scale = scale * as_float32(weights[f"{name}.weight"])
    return scale, as_float32(weights[f"{name}.bias"]) - mean * scale


def _halved(weights: NDArray[Any], scale: Array, shift: Array, planes: Array) -> Array:
    """A convolution of 3 x 3 and all that follows it."""
    channels, bins, times = planes.shape  # with their rims
    rows = padded((bins - 2) * times)
    found = convolution(weights, planes.reshape(channels, -1), times, rows)
    return _pooled(found, scale, shift, 2, times, (bins - 2) // 2, (times - 2) // 2)


def _pooled(found: Array, scale: Array, shift: Array, pool: int, stride: int, bins: int, times: int) -> Array:
    """What a convolution gave, its lines ``stride`` long, as planes; of ``pool`` x ``pool`` values the maximum."""
    size = len(found) * (bins + 2) * (times + 2)
    room = np.zeros(size + 4 * ROWS + 3 * (times + 2), np.float32)  # convolutions read on behind the end
    line = np.empty(stride, np.float32)
    call = kernel("pooled", POINTER, LONG, LONG, LONG, POINTER, POINTER, LONG, LONG, LONG, POINTER, POINTER)
    call(
        found.ctypes.data, len(found), found.shape[1], stride, scale.ctypes.data, shift.ctypes.data, pool, bins, times,
        line.ctypes.data, room.ctypes.data,
    )  # fmt: skip
    return room[:size].reshape(len(found), bins + 2, times + 2)
