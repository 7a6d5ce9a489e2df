"""Cross-entropy on the caption's tokens and EOS, and the KL to a teacher who knows the facts.

B sequences, S positions, K last positions in which captions stand, V vocabulary, W embedding width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch.nn import functional

from j2a.models.language.sequence import IGNORED
from j2a.models.language.sequence import Sequence as Embedded

_ROUND = 16  # lengths come in multiples of it: each new shape costs the kernels a new plan, in time and in memory


class Answers(NamedTuple):
    """Logits (T, V) in float32 for each of T caption tokens (T,), in the order of the sequences."""

    logits: torch.Tensor
    tokens: torch.Tensor
    positions: int  # that were read for it, without padding


def answers(model: Any, sequences: Sequence[Embedded], max_caption_tokens: int) -> Answers:
    """What the model says where captions stand, each token predicted from all before it.

    Padding is on the right, where causal attention never looks back from: no mask is needed, and the fastest attention
    is used.
    """
    cut = [_cut(one, max_caption_tokens) for one in sequences]
    length = _rounded(max(len(one.labels) for one in cut))
    embeddings = torch.stack([functional.pad(one.embeddings, (0, 0, 0, length - len(one.labels))) for one in cut])
    labels = torch.stack([functional.pad(one.labels, (0, length - len(one.labels)), value=IGNORED) for one in cut])
    wanted = functional.pad(labels[:, 1:], (0, 1), value=IGNORED)  # position p tells the token at p + 1
    first = int((wanted != IGNORED).any(dim=0).nonzero()[0])
    keep = min(length, _rounded(length - first))
    logits = model(inputs_embeds=embeddings, use_cache=False, logits_to_keep=keep).logits
    counted = wanted[:, -keep:] != IGNORED
    positions = sum(len(one.labels) for one in cut)
    return Answers(logits[counted].float(), wanted[:, -keep:][counted], positions)


def cross_entropy(given: Answers) -> torch.Tensor:
    """Summed over the tokens."""
    return functional.cross_entropy(given.logits, given.tokens, reduction="sum")


def divergence(student: Answers, teacher: Answers) -> torch.Tensor:
    """KL(teacher || student), summed over the same tokens."""
    return functional.kl_div(
        student.logits.log_softmax(-1), teacher.logits.log_softmax(-1), reduction="sum", log_target=True
    )


def _cut(one: Embedded, max_caption_tokens: int) -> Embedded:
    """At most so many caption tokens; a caption that is cut has no EOS."""
    excess = max(0, int((one.labels != IGNORED).sum()) - max_caption_tokens)
    end = len(one.labels) - excess
    return Embedded(one.embeddings[:end], one.labels[:end])


def _rounded(length: int) -> int:
    return length + -length % _ROUND
