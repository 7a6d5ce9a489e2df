"""Batches of pairs for the built-in language model, with soft tokens in their places, and the loss on captions.

B rows, S positions, W embedding width.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import torch
from transformers import MistralForCausalLM

from j2a.models.audio.projector import Projector
from training.captions.heard_prior import SoftTags
from training.ground.optimizer import quick_bfloat16
from training.mini.pairs import Example, encode

IGNORED = -100  # label of positions that do not count in the loss
# Row and position in the batch, and the tags that the soft token sums up, or what an encoder heard (E,).
Soft = tuple[int, int, tuple[str, ...] | torch.Tensor]
ROUND_LENGTH, ROUND_ROWS = 16, 256  # batch shapes come in multiples of these


def embed(
    model: MistralForCausalLM, soft_tags: SoftTags, ids: torch.Tensor, soft: list[Soft], noise: torch.Generator,
    projector: Projector | None = None,
) -> torch.Tensor:  # fmt: skip
    """Token embeddings (B, S, W), with soft tokens where they belong; ``projector`` makes those of what was heard."""
    table: Any = model.get_input_embeddings()
    device = table.weight.device
    embeddings: torch.Tensor = table(ids.to(device))
    tagged = [(row, place, what) for row, place, what in soft if isinstance(what, tuple)]
    heard = [(row, place, what) for row, place, what in soft if isinstance(what, torch.Tensor)]
    if tagged:
        size = float(table.weight.detach().square().mean().sqrt())
        vectors = soft_tags([tags for _, _, tags in tagged], size, noise)
        embeddings = embeddings.index_put(_places(tagged, device), vectors)
    if heard:
        assert projector is not None, "soft tokens of sound need a projector"
        vectors = projector.project(torch.stack([what for _, _, what in heard])[None].to(device))[0]
        embeddings = embeddings.index_put(_places(heard, device), vectors)
    return embeddings


def _places(soft: Sequence[tuple[int, int, object]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    rows, places = zip(*((row, place) for row, place, _ in soft), strict=True)
    return torch.tensor(rows, device=device), torch.tensor(places, device=device)


def loss(model: MistralForCausalLM, embeddings: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy on the captions. ``embeddings`` (B, S, W), ``mask`` and ``labels`` (B, S)."""
    device = embeddings.device
    mask, labels = mask.to(device), labels.to(device)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=quick_bfloat16(device.type)):
        hidden = model.model(inputs_embeds=embeddings, attention_mask=mask).last_hidden_state[:, :-1]
        wanted = labels[:, 1:]
        # Logits only where the loss looks (half of the positions are prompt), in a few fixed sizes: every new
        # shape costs the CPU kernels a new plan, in time and in memory.
        rows = (wanted != IGNORED).flatten().nonzero()[:, 0]
        # (Row 0 is a prompt position, whose label is ignored.)
        rows = torch.cat([rows, rows.new_zeros(-len(rows) % ROUND_ROWS)])
        logits = model.lm_head(hidden.flatten(0, 1)[rows])
    return torch.nn.functional.cross_entropy(logits.float(), wanted.flatten()[rows], ignore_index=IGNORED)


def batches(
    tokenizer: Any, source: Iterator[Any], batch_size: int, pad_id: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[Soft]]]:
    """Endless batches of like lengths, padded on the right: ids, mask and labels, each (batch, length), and where
    soft tokens go."""
    shuffle = random.Random(0)
    while True:
        pool = sorted((encode(tokenizer, pair) for pair in islice(source, 16 * batch_size)), key=lambda e: len(e.ids))
        groups = [pool[start : start + batch_size] for start in range(0, len(pool), batch_size)]
        shuffle.shuffle(groups)
        for group in groups:
            yield collate(group, pad_id)


def collate(group: list[Example], pad_id: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[Soft]]:
    """Ids, mask and labels (B, S), padded on the right, and where soft tokens go."""
    length = max(len(example.ids) for example in group)
    length += -length % ROUND_LENGTH
    ids = torch.full((len(group), length), pad_id)
    mask = torch.zeros((len(group), length), dtype=torch.long)
    labels = torch.full((len(group), length), IGNORED)
    soft: list[Soft] = []
    for row, (tokens, caption_start, soft_start, positions) in enumerate(group):
        soft += [(row, soft_start + place, tags) for place, tags in enumerate(positions)]
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
        labels[row, caption_start : len(tokens)] = torch.tensor(tokens[caption_start:])
    return ids, mask, labels, soft
