"""The heads of :mod:`j2a.models.audio.heads`, for captioning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a.models.audio.heads_config import (
    MEND,
    METERS,
    MODEL_TYPE,
    NEIGHBOURS,
    TEMPO_BINS,
    YES_NO,
    HeadsConfig,
)
from j2a.models.audio.projector_config import Part
from j2a.models.files import saved
from j2a.models.files.saved import as_float32
from j2a.models.heard import ENERGIES, FAMILIES, FASTEST_BPM, SLOWEST_BPM, Heard
from j2a.models.light.encoder import gelu, layer_norm
from j2a.models.light.products import Array
from j2a.models.light.projector import NORM_EPS

_SIZES = {"yes_no": len(YES_NO), "energy": len(ENERGIES), "meter": len(METERS), "tempo": TEMPO_BINS}


def load(folder: Path) -> Heads:
    """Trained heads. Raises ``ModelError`` as torch's."""
    config = saved.read_config(folder, MODEL_TYPE, HeadsConfig, MEND)
    shapes: dict[str, tuple[int, ...]] = {"norm.weight": (config.width,), "norm.bias": (config.width,)}
    if config.hidden:
        shapes |= {"hidden.weight": (config.hidden, config.width), "hidden.bias": (config.hidden,)}
    for name, size in _SIZES.items():
        shapes |= {f"{name}.weight": (size, config.hidden or config.width), f"{name}.bias": (size,)}
    return Heads(config, saved.mapped(folder, shapes, MEND))


class Heads:
    """LayerNorm, a hidden layer where the config has one, then a linear layer for each fact."""

    def __init__(self, config: HeadsConfig, weights: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
        self._weights = {name: as_float32(weight) for name, weight in weights.items()}

    def logits(self, features: Array) -> dict[str, Array]:
        """(N, E) features to logits (classes,) by fact: "yes_no", "energy", "meter", "tempo"."""
        weights = self._weights
        mean = features.mean(axis=0)[:, None]
        known = layer_norm(mean, weights["norm.weight"], weights["norm.bias"], NORM_EPS)[:, 0]
        if self.config.hidden:
            known = gelu(weights["hidden.weight"] @ known + weights["hidden.bias"])
        return {name: weights[f"{name}.weight"] @ known + weights[f"{name}.bias"] for name in _SIZES}

    def heard(self, pooled: Array) -> Heard:
        """What is sure of one clip: (N, E), as ``Projector.pooled`` gives it."""
        return self.config.heard(*probabilities(self.logits(pooled)))

    def refuse_others(self, encoder: Part) -> None:
        """Raise ``ModelError`` unless the heads were trained on this encoder."""
        self.config.refuse_others(encoder)


def probabilities(logits: Mapping[str, Array]) -> tuple[dict[str, float], float]:
    """The probability of each of ``STATEMENTS``, and the tempo in BPM that "bpm" states."""
    with np.errstate(over="ignore"):  # it is 0 then
        yes_no = 1 / (1 + np.exp(-logits["yes_no"]))
    found = dict(zip(YES_NO, map(float, yes_no), strict=True))
    found["no drums"], found["no bass"] = 1 - found["drums"], 1 - found["bass"]
    found["alone"] = min(1 - sorted(found[name] for name in FAMILIES)[-2], found["no drums"])
    energy = dict(zip(ENERGIES, map(float, softmax(logits["energy"])), strict=True))
    found |= {name: energy[name] for name in ("calm", "energetic")}
    found |= dict(zip(METERS, map(float, softmax(logits["meter"])), strict=True))
    bins = softmax(logits["tempo"])
    around = np.arange(-NEIGHBOURS, NEIGHBOURS + 1) + bins.argmax()
    around = around[(around >= 0) & (around < len(bins))]
    found["bpm"] = float(bins[around].sum())
    place = float(((around + 0.5) * bins[around]).sum()) / found["bpm"] / len(bins)
    return found, SLOWEST_BPM * (FASTEST_BPM / SLOWEST_BPM) ** place


def softmax(logits: Array) -> Array:
    """Of (classes,)."""
    shares = np.exp(logits - logits.max())
    out: Array = shares / shares.sum()
    return out
