"""Random things that may be heard in a clip, and soft tokens that say them: what the language model learns from
before there is any sound.

A projector's soft tokens are not words. A model that has only ever read words must learn them from nothing; one that
has read sums of learned vectors with noise on them, some one for everything and some many that each say a part, has
less to learn, and stays frozen from then on.
"""

from __future__ import annotations

import random
from typing import Any

import torch
from torch import Tensor, nn

from training.captions.facts import ENERGIES, FAMILIES, METERS, NAMED_BPM, TEMPI, tempo_class

TAGS = (
    *FAMILIES, "drums", "no drums", "distortion", "solo", *(f"{word} tempo" for word in TEMPI), *ENERGIES, *METERS,
    *(f"{bpm} BPM" for bpm in NAMED_BPM),
)  # fmt: skip
_NUMBER_OF = (0.08, 0.24, 0.28, 0.24, 0.12, 0.04)  # shares of clips with so many families
_MISSING = {"drums": 0.15, "tempo": 0.2, "bpm": 0.25, "energy": 0.25, "meter": 0.35}  # shares of clips
_COUNTS = (4, 8, 16, 16)  # soft tokens, where there are many
NOISE = (0.0, 0.5)  # of a soft token, relative to its size


def random_said(rng: random.Random) -> dict[str, Any]:
    """A part of ``Row.facts`` as ``write_heard`` takes it; everything is sometimes missing."""
    count = rng.choices(range(len(_NUMBER_OF)), _NUMBER_OF)[0]
    families = sorted(rng.sample(FAMILIES, count))
    bpm = rng.choice(NAMED_BPM)
    said: dict[str, Any] = {
        "instruments": families,
        "drums": rng.random() < 0.5,
        "tempo": tempo_class(bpm),
        "bpm": bpm,
        "meter": rng.choice(METERS),
        "energy": rng.choice(ENERGIES),
        "distortion": "guitar" in families and rng.random() < 0.35,
    }
    said["solo"] = count == 1 and not said["drums"] and rng.random() < 0.5
    for name, missing in _MISSING.items():
        if rng.random() < missing:
            del said[name]
    if said.get("drums") is not False:
        said["solo"] = False
    return said


def tags_of(said: dict[str, Any]) -> list[str]:
    """The facts as names in ``TAGS``."""
    tags = list(said.get("instruments", ()))
    if "drums" in said:
        tags.append("drums" if said["drums"] else "no drums")
    if "tempo" in said:
        tags.append(f"{said['tempo']} tempo")
    if "bpm" in said:
        tags.append(f"{said['bpm']} BPM")
    tags += [said[name] for name in ("energy", "meter") if name in said]
    return [*tags, *(name for name in ("distortion", "solo") if said.get(name))]


def soft_positions(said: dict[str, Any], rng: random.Random) -> tuple[tuple[str, ...], ...]:
    """The tags that each soft token sums up: all in one, or many soft tokens with some of them each."""
    tags = tags_of(said)
    if rng.random() < 0.4:
        return (tuple(tags),)
    count, share = rng.choice(_COUNTS), rng.uniform(0.3, 1.0)
    positions = [[tag for tag in tags if rng.random() < share] for _ in range(count)]
    for tag in tags:  # every one stands somewhere
        if not any(tag in position for position in positions):
            rng.choice(positions).append(tag)
    return tuple(tuple(position) for position in positions)


class SoftTags(nn.Module):
    """Learned vectors of ``TAGS``, summed up into soft tokens with the size of the token embeddings. Only for
    pre-training: what it learns is not part of the model."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(len(TAGS), width)

    def forward(self, positions: list[tuple[str, ...]], size: float, generator: torch.Generator) -> Tensor:
        """(N, width) soft tokens for N positions, of root mean square ``size`` times 0.7 to 1.4, with noise."""
        counts = torch.zeros(len(positions), len(TAGS))
        for row, tags in enumerate(positions):
            for tag in tags:
                counts[row, TAGS.index(tag)] = 1.0
        device = self.vectors.weight.device
        summed = counts.to(device) @ self.vectors.weight
        scaled = summed / (summed.square().mean(-1, keepdim=True) + 1e-6).sqrt()  # of no tags: zeros
        loud = 0.7 + 0.7 * torch.rand(len(positions), 1, generator=generator)
        low, high = NOISE
        noise = (low + (high - low) * torch.rand(len(positions), 1, generator=generator)) * torch.randn(
            summed.shape, generator=generator
        )
        return (scaled * loud.to(device) + noise.to(device)) * size
