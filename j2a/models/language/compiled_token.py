"""A whole token of a small model on a CPU in one compiled call: what is left between the products is next to nothing.

In single operations of torch a token of the built-in model is some two hundred calls, which take longer than its
products. Weights are those of :mod:`j2a.models.language.bfloat16_weights`. Sums are in an order of their own: logits
differ by rounding.

L layers, W width, H heads, K key-value heads, D width of a head, I width inside an MLP, V vocabulary, C positions.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numba
import numpy as np
import torch
from numpy.typing import NDArray

from j2a.models.language.bfloat16_weights import bfloat16_weights_of, matrix_vector_product

Half = NDArray[np.uint16]
Array = NDArray[np.float32]


class Weights(NamedTuple):
    """Of all layers, one behind the other."""

    attention: Half  # (L, (H + 2 K) * D, W): queries, keys, values
    out: Half  # (L, W, H * D)
    inside: Half  # (L, 2 I, W): gate, up
    down: Half  # (L, W, I)
    head: Half  # (V, W)
    norms: Array  # (L, 2, W)
    last: Array  # (W,)
    eps: float


_known: WeakKeyDictionary[torch.nn.Module, tuple[int, Weights | None]] = WeakKeyDictionary()


def weights_of(model: Any) -> Weights | None:
    """A supported model's weights in 16 bits; None for a model that is large or was not saved as bfloat16.

    They are kept until the model's change.
    """
    version = sum(weights._version for weights in model.parameters())
    known = _known.get(model)
    if known is None or known[0] != version:
        known = _known[model] = version, _stacked(model)
    return known[1]


def _stacked(model: Any) -> Weights | None:
    half = bfloat16_weights_of(model)
    if not half:
        return None
    attention = [layer.self_attn for layer in model.model.layers]
    mlps = [layer.mlp for layer in model.model.layers]
    norms = [(layer.input_layernorm.weight, layer.post_attention_layernorm.weight) for layer in model.model.layers]
    return Weights(
        np.stack([np.concatenate([half[a.q_proj], half[a.k_proj], half[a.v_proj]]) for a in attention]),
        np.stack([half[a.o_proj] for a in attention]),
        np.stack([np.concatenate([half[m.gate_proj], half[m.up_proj]]) for m in mlps]),
        np.stack([half[m.down_proj] for m in mlps]),
        half[model.lm_head],
        np.stack([np.stack([norm.detach().numpy() for norm in pair]) for pair in norms]),
        model.model.norm.weight.detach().numpy(),
        model.config.rms_norm_eps,
    )


@numba.njit(cache=True, fastmath={"contract", "reassoc", "nsz"})
def token(
    hidden: Array, weights: Weights, keys: Array, values: Array, end: int, cos: Array, sin: Array, logits: Array
) -> None:
    """One position, from its embedding (W,), which is overwritten, to ``logits`` (V,).

    It is written into ``keys`` and ``values`` (L, K, C, D) at ``end``, and looks at all up to there. ``cos`` and
    ``sin`` (D,) turn it; the first half of ``sin`` is negated.
    """
    layers, groups, _, width = keys.shape
    rows, inner = weights.attention.shape[1], weights.out.shape[2]
    normed, added = np.empty_like(hidden), np.empty_like(hidden)
    projected, attended = np.empty(rows, np.float32), np.empty(inner, np.float32)
    inside = np.empty(weights.inside.shape[1], np.float32)
    activated = np.empty(weights.down.shape[2], np.float32)
    for layer in range(layers):
        _norm(hidden, weights.norms[layer, 0], weights.eps, normed)
        matrix_vector_product(weights.attention[layer], normed, projected)
        heads = projected.reshape(-1, width)
        for head in range(inner // width + groups):
            _turn(heads[head], cos, sin)
        for group in range(groups):
            keys[layer, group, end] = heads[inner // width + group]
            values[layer, group, end] = heads[inner // width + groups + group]
        _attend(heads[: inner // width], keys[layer, :, : end + 1], values[layer, :, : end + 1], attended)
        matrix_vector_product(weights.out[layer], attended, added)
        hidden += added
        _norm(hidden, weights.norms[layer, 1], weights.eps, normed)
        matrix_vector_product(weights.inside[layer], normed, inside)
        for place in range(len(activated)):
            gate = inside[place]
            activated[place] = gate / (np.float32(1.0) + np.exp(-gate)) * inside[len(activated) + place]
        matrix_vector_product(weights.down[layer], activated, added)
        hidden += added
    _norm(hidden, weights.last, weights.eps, normed)
    matrix_vector_product(weights.head, normed, logits)


@numba.njit(inline="always", fastmath={"contract", "reassoc", "nsz"})
def _norm(hidden: Array, weight: Array, eps: float, out: Array) -> None:
    total = np.float32(0.0)
    for value in hidden:
        total += value * value
    scale = np.float32(1.0 / math.sqrt(total / len(hidden) + eps))
    for place in range(len(hidden)):
        out[place] = hidden[place] * scale * weight[place]


@numba.njit(inline="always")
def _turn(head: Array, cos: Array, sin: Array) -> None:
    """Rotary position embedding (Su et al., 2021), in place."""
    half = len(head) // 2
    for place in range(half):
        first, second = head[place], head[place + half]
        head[place] = first * cos[place] + second * sin[place]
        head[place + half] = second * cos[place + half] + first * sin[place + half]


@numba.njit(inline="always", fastmath={"contract", "reassoc", "nsz"})
def _attend(queries: Array, keys: Array, values: Array, out: Array) -> None:
    """(H, D) queries over (K, C, D) keys and values to (H * D,)."""
    heads, width = queries.shape
    shared, scale = heads // len(keys), np.float32(1.0 / math.sqrt(width))
    scores = np.empty(keys.shape[1], np.float32)
    for head in range(heads):
        group = head // shared
        for place in range(len(scores)):
            total = np.float32(0.0)
            for index in range(width):
                total += queries[head, index] * keys[group, place, index]
            scores[place] = total * scale
        highest, whole = scores.max(), np.float32(0.0)
        mixed = out[head * width : (head + 1) * width]
        mixed[:] = 0.0
        for place in range(len(scores)):
            share = np.exp(scores[place] - highest)
            whole += share
            for index in range(width):
                mixed[index] += share * values[group, place, index]
        mixed /= whole
