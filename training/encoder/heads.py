"""What the encoder is trained to tell: a linear head for each fact, on the mean of its features over time.

B batch, K time steps, E width of the encoder's features. A fact that a row does not know does not count.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from j2a.errors import J2AError
from training.captions.facts import ENERGIES, FAMILIES, FASTEST_BPM, METERS, NAMED_BPM, SLOWEST_BPM, TEMPI

# On a logarithmic scale, one for each figure that captions name: a projector finds each along a line of its own.
TEMPO_BINS = len(NAMED_BPM)
HEADS = "heads.safetensors"  # where they are kept, in a folder of their training
_UNKNOWN = -1

CLASSES: dict[str, tuple[str, ...]] = {"tempo": TEMPI, "meter": METERS, "energy": ENERGIES}
YES_NO = (*FAMILIES, "drums", "distortion")
_SHARE = {"tempo": 1.0, "bpm": 0.5, "meter": 0.3, "energy": 0.5, "yes_no": 6.0}  # of the loss


def fact_heads(features: int) -> nn.ModuleDict:
    """A linear head for each fact, on vectors of that width."""
    sizes = {"yes_no": len(YES_NO), "bpm": TEMPO_BINS, **{name: len(words) for name, words in CLASSES.items()}}
    return nn.ModuleDict({name: nn.Linear(features, size) for name, size in sizes.items()})


class Heads(nn.Module):
    """LayerNorm and one Linear over the mean of the features, as a projector of J2A-2.0 has it."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.heads = fact_heads(features)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """(B, K, E) features to logits by fact."""
        normed = self.norm(features.mean(1))
        return {name: head(normed) for name, head in self.heads.items()}

    def save(self, path: Path) -> None:
        """Write the weights."""
        save_file(self.state_dict(), path)


def load_heads(path: Path) -> Heads:
    """Heads from the file that :meth:`Heads.save` wrote. Raises ``J2AError`` for another file, or of another time."""
    try:
        weights = load_file(path)
        heads = Heads(len(weights["norm.weight"]))
        heads.load_state_dict(weights)
    except (SafetensorError, KeyError, RuntimeError) as error:
        raise J2AError(f"{path} holds no heads for today's facts.", "Train the encoder anew.") from error
    return heads.requires_grad_(False).eval()


def targets(facts: list[dict[str, Any]]) -> dict[str, Tensor]:
    """What the heads should say of each row: class indices (B,), -1 where not known, and "yes_no" (B, names), NaN
    where not known."""
    out = {
        name: torch.tensor([words.index(f[name]) if f.get(name) in words else _UNKNOWN for f in facts])
        for name, words in CLASSES.items()
    }
    out["bpm"] = torch.tensor([tempo_bin(f.get("bpm")) for f in facts])
    out["yes_no"] = torch.tensor([[_yes(f, name) for name in YES_NO] for f in facts])
    return out


def loss(
    logits: dict[str, Tensor], wanted: dict[str, Tensor], weight: Tensor, shares: dict[str, float] = _SHARE
) -> Tensor:
    """The sum over the facts, each with its share. ``weight`` (B,): 0 for rows of which only "yes_no" is known."""
    known = ~wanted["yes_no"].isnan()
    yes_no = functional.binary_cross_entropy_with_logits(
        logits["yes_no"], wanted["yes_no"].nan_to_num(), known.float(), reduction="sum"
    ) / known.sum().clamp(min=1)
    total = shares["yes_no"] * yes_no
    for name in (name for name in shares if name != "yes_no"):
        counted = torch.where(weight > 0, wanted[name], _UNKNOWN)
        if (counted != _UNKNOWN).any():
            total = total + shares[name] * functional.cross_entropy(
                logits[name], counted, ignore_index=_UNKNOWN, label_smoothing=0.05
            )
    return total


def _yes(facts: dict[str, Any], name: str) -> float:
    if name in FAMILIES:
        return float(name in facts["instruments"]) if "instruments" in facts else math.nan
    return float(facts[name]) if name in facts else math.nan


def tempo_bin(bpm: float | None) -> int:
    """The place of a tempo among the bins, -1 where it is not known."""
    if bpm is None:
        return _UNKNOWN
    place = math.log(bpm / SLOWEST_BPM) / math.log(FASTEST_BPM / SLOWEST_BPM)
    return min(TEMPO_BINS - 1, max(0, int(place * TEMPO_BINS)))
