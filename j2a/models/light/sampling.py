"""The next token from logits: the most likely one, or drawn, as torch draws it on the processor."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from j2a.caption import Sampling
from j2a.models.light.products import Array


class Draws:
    """Random numbers of one row, the same for a seed as those of ``torch.Generator().manual_seed(seed)``."""

    def __init__(self, seed: int) -> None:
        self._seed = seed & 0xFFFF_FFFF  # of the Mersenne Twister, as torch has it

    @functools.cached_property
    def _state(self) -> np.random.RandomState:
        return np.random.RandomState(self._seed)  # loading it takes a moment, which greedy tokens do without

    def exponential(self, count: int) -> NDArray[np.float32]:
        """As ``torch.empty(count).exponential_(1)``: uniform ones of 53 bits, from two draws of 32 each."""
        words = self._state.randint(0, 1 << 32, 2 * count, np.uint32).astype(np.uint64)
        whole = (words[0::2] << np.uint64(32) | words[1::2]) & np.uint64((1 << 53) - 1)
        out: NDArray[np.float32] = (-np.log1p(-(whole * 2.0**-53))).astype(np.float32)
        return out


def choose(logits: Array, sampling: Sampling, draws: Draws) -> int:
    """The next id from logits (V,): the most likely, or from the top-p nucleus (Holtzman et al., 2020)."""
    if sampling.greedy:
        return int(logits.argmax())
    scaled = logits / np.float32(sampling.temperature)
    order = np.argsort(-scaled, kind="stable")
    ordered = scaled[order]
    shares = np.exp(ordered - ordered[0])
    probabilities = shares / shares.sum()
    # A token stays while the ones before it have not yet reached top_p; the most likely one always stays.
    before = np.cumsum(probabilities) - probabilities
    probabilities[before >= np.float32(sampling.top_p)] = 0.0
    probabilities[0] = max(probabilities[0], np.finfo(np.float32).tiny)
    return int(order[(probabilities / draws.exponential(len(probabilities))).argmax()])
