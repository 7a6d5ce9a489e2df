"""Heads on a frozen audio encoder: what of instruments, drums, energy and tempo it is sure of.

A LayerNorm, one hidden layer or none, and a linear head for each fact over the mean of the encoder's features, as in
probing (Alain and Bengio, "Understanding intermediate layers using linear classifier probes", 2016), and a threshold
for each statement, set where a share of all statements on held-back music is true.

B batch, N stretches of time, E width of the encoder's features.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

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
from j2a.models.files import saved, tensors
from j2a.models.heard import ENERGIES, FAMILIES, FASTEST_BPM, SLOWEST_BPM, Heard


class Heads(nn.Module):
    """LayerNorm, a hidden layer where the config has one, then a linear layer for all facts."""

    def __init__(self, config: HeadsConfig, dropout: float = 0.0) -> None:
        """``dropout`` is the share of values that are left out while they are trained."""
        super().__init__()
        self.config = config
        self.norm = nn.LayerNorm(config.width)
        self.drop = nn.Dropout(dropout)
        self.hidden = nn.Linear(config.width, config.hidden) if config.hidden else None
        width = config.hidden or config.width
        self.yes_no = nn.Linear(width, len(YES_NO))
        self.energy = nn.Linear(width, len(ENERGIES))
        self.meter = nn.Linear(width, len(METERS))
        self.tempo = nn.Linear(width, TEMPO_BINS)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """(B, N, E) features to logits by fact: "yes_no", "energy", "meter", "tempo", each (B, classes)."""
        known = self.drop(self.norm(features.mean(1)))
        if self.hidden is not None:
            known = self.drop(functional.gelu(self.hidden(known), approximate="tanh"))
        heads = {"yes_no": self.yes_no, "energy": self.energy, "meter": self.meter, "tempo": self.tempo}
        return {name: head(known) for name, head in heads.items()}

    @torch.inference_mode()
    def heard(self, pooled: Tensor) -> Heard:
        """What is sure of one clip: (1, N, E), as :func:`j2a.models.audio.projector.pool_long` gives it."""
        probability, bpm = probabilities(self(pooled))
        return self.config.heard({name: float(value[0]) for name, value in probability.items()}, float(bpm[0]))

    def refuse_others(self, encoder: Part) -> None:
        """Raise ``ModelError`` unless the heads were trained on this encoder."""
        self.config.refuse_others(encoder)

    def save(self, folder: Path) -> None:
        """Write weights (matrices in float16) and config into a new or empty folder."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors.write(folder, MODEL_TYPE, self.config, self.state_dict(), half=True)


def probabilities(logits: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
    """The probability (B,) of each of ``STATEMENTS``, and the tempo in BPM (B,) that "bpm" states."""
    found = dict(zip(YES_NO, logits["yes_no"].sigmoid().unbind(-1), strict=True))
    found["no drums"], found["no bass"] = 1 - found["drums"], 1 - found["bass"]
    families = torch.stack([found[name] for name in FAMILIES])
    found["alone"] = torch.minimum(1 - families.sort(0).values[-2], found["no drums"])
    energy = logits["energy"].softmax(-1)
    found |= {name: energy[:, ENERGIES.index(name)] for name in ("calm", "energetic")}
    found |= dict(zip(METERS, logits["meter"].softmax(-1).unbind(-1), strict=True))
    bpm, found["bpm"] = tempo_of(logits["tempo"].softmax(-1))
    return found, bpm


def tempo_of(bins: Tensor) -> tuple[Tensor, Tensor]:
    """(B, bins) probabilities of tempi to the tempo in BPM (B,) and how sure it is (B,), from 0 to 1.

    Both are of the likeliest bin and its neighbours: the tempo their mean on the logarithmic scale, the probability
    their sum.
    """
    around = bins.argmax(-1, keepdim=True) + torch.arange(-NEIGHBOURS, NEIGHBOURS + 1, device=bins.device)
    inside = (around >= 0) & (around < bins.shape[-1])
    shares = bins.gather(1, around.clamp(0, bins.shape[-1] - 1)) * inside
    sure = shares.sum(1)
    place = ((around + 0.5) * shares).sum(1) / sure / bins.shape[-1]
    return SLOWEST_BPM * (FASTEST_BPM / SLOWEST_BPM) ** place, sure


def load_heads(path: Path, *, device: str | torch.device = "cpu") -> Heads:
    """Trained heads from the folder that :meth:`Heads.save` wrote, frozen.

    Raises ``ModelError`` that names the file where one is missing, damaged, or does not fit the other.
    """
    config = saved.read_config(path, MODEL_TYPE, HeadsConfig, MEND)
    saved.refuse_larger(path, config.parameters, MEND)
    heads = Heads(config)
    heads.load_state_dict(tensors.read_weights(path, heads.state_dict(), MEND), assign=True)
    return heads.to(device).requires_grad_(False).eval()
