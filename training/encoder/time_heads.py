"""Heads that see time: what a frozen encoder's outputs tell beyond what linear heads read from their mean.

They write the captions from which a language model and its projector learn, which see time, too. Attention pooling as
in Kong et al., "Weakly Labelled AudioSet Tagging with Attention Neural Networks", IEEE/ACM TASLP 27(11), 2019
(https://arxiv.org/abs/1903.00765), here beside a small MLP on the mean.

B batch, K time steps, E width of the encoder's features.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from j2a.console import narrate
from j2a.errors import J2AError, UsageError
from j2a.exporting import write_atomically
from training.datasets.pooled import pooled, refuse_pooled
from training.datasets.shards import Encoded
from training.datasets.table import Row, read_table
from training.encoder.heads import HEADS, fact_heads, loss, targets
from training.encoder.settings import TimeHeadsSettings
from training.ground.optimizer import decayed, use_processor

ABOUT = "about.json"
_STEPS = 16  # of time, that clips of another length are pooled to
_POOLINGS, _KEPT, _HIDDEN, _DROPPED = 16, 32, 1024, 0.5


class TimeHeads(nn.Module):
    """Mean, MLP on the mean, and attention poolings, side by side before a linear head for each fact."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.weights, self.values = nn.Linear(features, _POOLINGS), nn.Linear(features, _KEPT)
        self.mixed = nn.Linear(features, _HIDDEN)
        self.drop = nn.Dropout(_DROPPED)
        self.heads = fact_heads(features + _POOLINGS * _KEPT + _HIDDEN)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """(B, K, E) features to logits by fact."""
        mean, steps = self.norm(features.mean(1)), self.norm(features)
        attention = self.weights(steps).softmax(1)  # (B, K, poolings)
        kept = torch.einsum("bkp,bkv->bpv", attention, functional.gelu(self.values(steps))).flatten(1)
        found = self.drop(torch.cat([kept, functional.gelu(self.mixed(mean))], -1))
        seen = torch.cat([mean, found], -1)
        return {name: head(seen) for name, head in self.heads.items()}


def load_time_heads(folder: Path, encoder_weights: str) -> TimeHeads:
    """Heads from the folder of their training, frozen. Raises ``J2AError`` where there are none for today's facts, or
    they learned from another encoder than the one with these weights (``weights_hash``)."""
    path = folder / HEADS
    try:
        about, weights = json.loads((folder / ABOUT).read_bytes()), load_file(path)
        heads = TimeHeads(len(weights["norm.weight"]))
        heads.load_state_dict(weights)
        learned_from = str(about["encoder_weights"])
    except (OSError, ValueError, TypeError, SafetensorError, KeyError, RuntimeError) as error:
        raise J2AError(f"{path} holds no heads for today's facts.", "j2a-train heads makes some.") from error
    if learned_from != encoder_weights:
        raise J2AError(
            f"the heads in {folder} learned from an encoder with the weights {learned_from}, not {encoder_weights}.",
            "Train them on what this encoder hears: j2a-train encode, j2a-train heads.",
        )
    return heads.requires_grad_(False).eval()


def outputs_of(encoded: Encoded, table: Path, rows: list[Row]) -> Tensor:
    """What was kept of these rows: float16 (rows, K, E). Raises ``J2AError`` where it is of other audio, or pooled."""
    encoded.refuse_other_audio(table, rows)
    refuse_pooled(encoded.folder, encoded.about["pool"], 0)
    return torch.stack([pooled(encoded, row.id, _STEPS).half() for row in rows])


def train(table: Path, encoded: Path, out: Path, settings: TimeHeadsSettings) -> None:
    """Train on the clips of the train split of ``table`` that stand in ``encoded``, as ``j2a-train encode`` left them.

    It takes minutes, so ``out`` is written at the end: ``heads.safetensors``, and ``about.json`` with the settings, the
    encoder and the losses. Raises ``J2AError`` for a table without facts or without encoded clips, for heads that are
    there already, and when ``out`` cannot be written.
    """
    if (out / HEADS).exists():
        raise UsageError(f"{out} holds heads already.", "Choose another folder.")
    heard = Encoded(encoded)
    rows = [row for row in read_table(table, "train") if row.facts and row.id in heard]
    if not rows:
        raise J2AError(f"no clip of {table} has facts and was encoded in {encoded}.", "Encode this table.")
    features = outputs_of(heard, table, rows)
    use_processor(settings.threads)
    torch.manual_seed(settings.seed)
    heads = TimeHeads(features.shape[-1])
    narrate(f"Training on {len(rows):,} clips.")
    losses = _epochs(heads, features, targets([row.facts for row in rows]), settings)
    about = asdict(settings) | {"encoder_weights": heard.about["encoder_weights"], "clips": len(rows), "losses": losses}
    part = out / f"{HEADS}.part"
    try:
        write_atomically(out / ABOUT, (json.dumps(about, indent=1) + "\n").encode())
        save_file(heads.state_dict(), part)
        part.replace(out / HEADS)
    except (OSError, SafetensorError) as error:
        raise J2AError(f"{out / HEADS} cannot be written: {error}.", "Make room there.") from error


def _epochs(heads: TimeHeads, features: Tensor, wanted: dict[str, Tensor], settings: TimeHeadsSettings) -> list[float]:
    """Train, and return the mean loss of every epoch."""
    optimizer = torch.optim.AdamW(decayed(heads.parameters(), settings.weight_decay), lr=settings.learning_rate)
    steps = -(-len(features) // settings.batch_size) * settings.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / settings.warmup) * (1 - step / steps)
    )
    losses = []
    for epoch in range(settings.epochs):
        total = 0.0
        for places in torch.randperm(len(features)).split(settings.batch_size):
            known = {name: values[places] for name, values in wanted.items()}
            value = loss(heads(features[places].float()), known, torch.ones(len(places)))
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()
            schedule.step()
            total += value.item() * len(places)
        losses.append(round(total / len(features), 4))
        narrate(f"epoch {epoch + 1}: loss {losses[-1]}")
    return losses
