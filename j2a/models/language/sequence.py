"""What the language model of J2A-2.x reads: text, then the sound as soft tokens, then its own answer.

    [user turn: instruction] [soft tokens] [end of the turn, assistant turn opened] [caption, EOS]

One function builds it for training and for inference. N soft tokens, S positions, C caption tokens, W embedding width.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from j2a.errors import ModelError
from j2a.models.language.chat import caption_ids, user_turn

IGNORED = -100  # label of a position that does not count in the loss


class Sequence(NamedTuple):
    """Embeddings (S, W) or (S + C, W), and the labels of their positions, ``IGNORED`` before the caption."""

    embeddings: torch.Tensor
    labels: torch.Tensor


def sequence(
    model: Any, tokenizer: Any, instruction: str, soft_tokens: torch.Tensor, caption: str | None = None
) -> Sequence:
    """Soft tokens (N, W) in their place; with a ``caption`` as it is learned from, without as it is asked with.

    Text is embedded without gradient, soft tokens keep theirs. What the instruction and the caption say cannot end a
    turn: special tokens in them are plain text. Raises ``ModelError`` when the model takes no embeddings, or those
    of another width.
    """
    embed = embedding_of(model)
    if soft_tokens.ndim != 2 or soft_tokens.shape[1] != embed.weight.shape[1]:
        raise ModelError(
            f"soft tokens {tuple(soft_tokens.shape)} do not fit a language model of width {embed.weight.shape[1]}.",
            "Use the projector that was trained for it.",
        )
    before, after = user_turn(tokenizer)
    said: list[int] = tokenizer(f"{instruction}\n", add_special_tokens=False, split_special_tokens=True)["input_ids"]
    answer = [] if caption is None else caption_ids(tokenizer, caption)

    def text(ids: list[int]) -> torch.Tensor:
        with torch.no_grad():
            out: torch.Tensor = embed(torch.tensor(ids, dtype=torch.long, device=embed.weight.device))
        return out

    prompt = [text([*before, *said]), soft_tokens.to(embed.weight), text(after)]
    embeddings = torch.cat([*prompt, text(answer)])
    labels = torch.full((len(embeddings),), IGNORED)
    if answer:
        labels[-len(answer) :] = torch.tensor(answer)
    return Sequence(embeddings, labels.to(embeddings.device))


def left_pad_embeddings(prompts: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Prompts (S, W) of different lengths to (B, S, W) and mask (B, S) int64, padded on the left by zeros."""
    length = max(len(prompt) for prompt in prompts)
    batch = prompts[0].new_zeros(len(prompts), length, prompts[0].shape[1])
    mask = torch.zeros(len(prompts), length, dtype=torch.long, device=batch.device)
    for row, prompt in enumerate(prompts):
        batch[row, length - len(prompt) :] = prompt
        mask[row, length - len(prompt) :] = 1
    return batch, mask


def embedding_of(model: Any) -> torch.nn.Embedding:
    """The model's token embeddings. Raises ``ModelError`` for a model that cannot be given embeddings instead."""
    try:
        embed = model.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        embed = None
    if not isinstance(embed, torch.nn.Embedding):
        raise ModelError(
            f"{type(model).__name__} takes no embeddings in place of tokens, which J2A-2.x needs.",
            "Choose another language model, such as a Mistral or a Llama.",
        )
    return embed
