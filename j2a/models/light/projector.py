"""The projectors of :mod:`j2a.models.audio.projector`, for captioning: pool, LayerNorm, Linear.

T time steps, E width of the encoder's features, N soft tokens, W width of the language model's embeddings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a.models.audio.projector_config import BLOCK_STEPS, HELD_STEPS, MEND, MODEL_TYPE, ProjectorConfig
from j2a.models.files import saved
from j2a.models.files.saved import as_float32
from j2a.models.light.encoder import layer_norm
from j2a.models.light.products import Array, product, side_by_side, usable

NORM_EPS = 1e-5


def load(folder: Path) -> Projector:
    """A trained projector. Raises ``ModelError`` as torch's."""
    config = saved.read_config(folder, MODEL_TYPE, ProjectorConfig, MEND)
    shapes: dict[str, tuple[int, ...]] = {
        "norm.weight": (config.encoder_width,),
        "norm.bias": (config.encoder_width,),
        "linear.weight": (config.llm_width, config.encoder_width),
    }
    return Projector(config, saved.mapped(folder, shapes, MEND))


class Projector:
    """What the encoder heard, as soft tokens."""

    def __init__(self, config: ProjectorConfig, weights: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
        self._weight, self._bias = (as_float32(weights[f"norm.{name}"]) for name in ("weight", "bias"))
        self._linear = usable(weights["linear.weight"])

    def pooled(self, sections: Iterable[Array]) -> Array:
        """Sections (steps, E) to (N, E). Raises ``ValueError`` where there is no step."""
        return pool_long(sections, self.config.soft_tokens)

    def soft_tokens(self, pooled: Array) -> Array:
        """(N, E) to (N, W)."""
        normed = layer_norm(side_by_side(pooled), self._weight, self._bias, NORM_EPS)
        return product(self._linear, normed)[:, : len(pooled)].T


def pool(features: Array, tokens: int) -> Array:
    """(T, E) to (tokens, E): means of even stretches, as ``adaptive_avg_pool1d`` makes them."""
    steps = len(features)
    stretches = ((one * steps // tokens, -(-(one + 1) * steps // tokens)) for one in range(tokens))
    return np.stack([features[begin:end].mean(axis=0) for begin, end in stretches])


def pool_long(sections: Iterable[Array], tokens: int) -> Array:
    """As ``j2a.models.audio.projector.pool_long``: of long sound, neighbouring steps are averaged until it fits."""
    held: list[Array] = []
    merged = 1  # steps in each of the held ones, a power of two
    fresh: list[Array] = []
    for section in sections:
        fresh.append(section)
        if sum(map(len, fresh)) < BLOCK_STEPS:
            continue
        joined = np.concatenate(fresh)
        whole = len(joined) // BLOCK_STEPS * BLOCK_STEPS
        held.append(_merge(joined[:whole], merged))
        fresh = [joined[whole:]]
        while sum(map(len, held)) > HELD_STEPS:
            held, merged = [_merge(np.concatenate(held), 2)], 2 * merged
    if not sum(map(len, held)) and not sum(map(len, fresh)):
        raise ValueError("there is no sound to pool")
    rest = np.concatenate(fresh) if fresh else np.zeros((0, held[0].shape[1]), np.float32)
    held += [rest[start : start + merged].mean(axis=0, keepdims=True) for start in range(0, len(rest), merged)]
    return pool(np.concatenate(held), tokens)


def _merge(steps: Array, count: int) -> Array:
    """(T, E) to (T / count, E)."""
    out: Array = steps.reshape(-1, count, steps.shape[1]).mean(axis=1)
    return out
