"""Text from a causal language model, token by token.

B batch, S prompt positions, V vocabulary, H width.

KV cache, prompt prefilled in chunks so that it can be cancelled, greedy or seeded top-p sampling, EOS, batches
padded on the left. Token ids equal ``transformers``' ``generate()`` (tested). Works from ids or from embeddings.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypedDict

import torch
from tokenizers.decoders import DecodeStream

from j2a.caption import Sampling
from j2a.models.language import decoder
from j2a.models.language.sequence import left_pad_embeddings
from j2a.models.language.stats import GenerationStats
from j2a.records import dataclass

Prompted = Sequence[int] | torch.Tensor  # a prompt as token ids, or as embeddings (S, H)
PREFILL_CHUNK = 64  # positions; one chunk is the longest time a cancel waits


def left_pad(prompts: Sequence[Sequence[int]], pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Prompts of different lengths to ids and mask, both (B, S) int64, padded on the left."""
    length = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([[pad_id] * (length - len(prompt)) + list(prompt) for prompt in prompts])
    mask = torch.tensor([[0] * (length - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    return ids, mask


def generate_tokens(
    model: Any,
    *,
    input_ids: torch.Tensor | None = None,
    inputs_embeds: torch.Tensor | None = None,
    attention_mask: torch.Tensor | None = None,
    sampling: Sampling,
    eos_ids: Sequence[int],
    pad_id: int = 0,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
    stats: GenerationStats | None = None,
) -> Iterator[list[int]]:
    """Yields the next token id of each row until every row has met EOS, the length is reached, or it is cancelled.

    Give ``input_ids`` (B, S) int64 or ``inputs_embeds`` (B, S, H); ``attention_mask`` (B, S) with 0 at left padding.
    EOS itself is yielded; a row that is over yields ``pad_id``. Every row draws from a generator of its own, seeded
    with ``seed``: a row's text does not depend on what it is batched with.
    Raises ``ValueError`` for a mask of the wrong shape or padded on the right, which models accept silently.
    """
    prompt = _Prompt.check(input_ids, inputs_embeds, attention_mask)
    stats = stats if stats is not None else GenerationStats()
    batch, length = prompt.mask.shape
    device = prompt.mask.device
    stats.prompt_tokens = length
    generators = [torch.Generator(device=device).manual_seed(seed) for _ in range(batch)]
    eos = torch.tensor(list(eos_ids), device=device)
    mask, cache = prompt.mask, _new_cache(model)

    started = time.perf_counter()
    logits = None
    for start in range(0, length, PREFILL_CHUNK):
        if cancelled():
            stats.stopped = "cancelled"
            return
        logits = _forward(model, prompt.part(start, min(start + PREFILL_CHUNK, length)), mask, cache)
    stats.prefill_s = time.perf_counter() - started

    started = time.perf_counter()
    over = torch.zeros(batch, dtype=torch.bool, device=device)
    follow = _follower(model, mask, cache, sampling.max_new_tokens)
    for _ in range(sampling.max_new_tokens):
        assert logits is not None
        chosen = choose(logits, sampling, generators).masked_fill(over, pad_id)
        over = over | torch.isin(chosen, eos)
        stats.new_tokens += 1
        stats.decode_s = time.perf_counter() - started
        yield chosen.tolist()
        if bool(over.all()):
            stats.stopped = "eos"
            return
        if cancelled():
            stats.stopped = "cancelled"
            return
        logits = follow(chosen)
    stats.stopped = "length"


def stream_text(
    model: Any,
    tokenizer: Any,
    prompt: Prompted,
    *,
    sampling: Sampling,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
    stats: GenerationStats | None = None,
) -> Iterator[str]:
    """The answer to one prompt as pieces of text, without special tokens or incomplete UTF-8.

    The prompt is token ids, or embeddings (S, H).
    """
    stream = DecodeStream(skip_special_tokens=True)
    for (token,) in generate_tokens(
        model,
        **_inputs(model, tokenizer, [prompt]),
        sampling=sampling,
        eos_ids=eos_ids(model, tokenizer),
        seed=seed,
        cancelled=cancelled,
        stats=stats,
    ):
        piece = stream.step(tokenizer.backend_tokenizer, token)
        if piece:
            yield piece


def batch_text(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Prompted],
    *,
    sampling: Sampling,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
    stats: GenerationStats | None = None,
) -> list[str]:
    """The answers to several prompts, made together: each is what :func:`stream_text` gives for that prompt alone."""
    ends = eos_ids(model, tokenizer)
    decoders = [DecodeStream(skip_special_tokens=True) for _ in prompts]
    texts, over = [""] * len(prompts), [False] * len(prompts)
    for tokens in generate_tokens(
        model,
        **_inputs(model, tokenizer, prompts),
        sampling=sampling,
        eos_ids=ends,
        seed=seed,
        cancelled=cancelled,
        stats=stats,
    ):
        for row, token in enumerate(tokens):
            if not over[row]:
                texts[row] += decoders[row].step(tokenizer.backend_tokenizer, token) or ""
                over[row] = token in ends
    return texts


class _Inputs(TypedDict, total=False):
    input_ids: torch.Tensor
    inputs_embeds: torch.Tensor
    attention_mask: torch.Tensor


def _inputs(model: Any, tokenizer: Any, prompts: Sequence[Prompted]) -> _Inputs:
    """Prompts as the arguments of :func:`generate_tokens`."""
    if isinstance(prompts[0], torch.Tensor):
        embeddings, mask = left_pad_embeddings([torch.as_tensor(prompt) for prompt in prompts])
        return {"inputs_embeds": embeddings.to(model.device), "attention_mask": mask.to(model.device)}
    ids, mask = left_pad([list(prompt) for prompt in prompts], tokenizer.pad_token_id or 0)
    return {"input_ids": ids.to(model.device), "attention_mask": mask.to(model.device)}


def eos_ids(model: Any, tokenizer: Any) -> list[int]:
    """Every id that ends an answer: the tokenizer's EOS and the ones that the model's own settings name."""
    named = getattr(model.generation_config, "eos_token_id", None)
    listed = named if isinstance(named, list) else [named]
    return sorted({token for token in [*listed, tokenizer.eos_token_id] if token is not None})


def choose(logits: torch.Tensor, sampling: Sampling, generators: Sequence[torch.Generator]) -> torch.Tensor:
    """The next ids (B,) from logits (B, V): the most likely, or from the top-p nucleus (Holtzman et al., 2020)."""
    if sampling.greedy:
        return logits.argmax(dim=-1)
    logits = logits.float() / sampling.temperature
    ordered, order = logits.sort(dim=-1, descending=True)
    probabilities = ordered.softmax(dim=-1)
    # A token stays while the ones before it have not yet reached top_p; the most likely one always stays.
    before = probabilities.cumsum(dim=-1) - probabilities
    probabilities = probabilities.masked_fill(before >= sampling.top_p, 0.0)
    probabilities[:, 0] = probabilities[:, 0].clamp_min(torch.finfo(probabilities.dtype).tiny)
    drawn = torch.cat(
        [
            torch.multinomial(row, 1, generator=generator)
            for row, generator in zip(probabilities, generators, strict=True)
        ]
    )
    return order.gather(1, drawn[:, None])[:, 0]


@dataclass(frozen=True, slots=True)
class _Prompt:
    key: Literal["input_ids", "inputs_embeds"]
    values: torch.Tensor  # (B, S) ids or (B, S, H) embeddings
    mask: torch.Tensor  # (B, S) int64

    @classmethod
    def check(cls, ids: torch.Tensor | None, embeds: torch.Tensor | None, mask: torch.Tensor | None) -> _Prompt:
        if (ids is None) == (embeds is None):
            raise ValueError("give either input_ids or inputs_embeds")
        values = ids if ids is not None else embeds
        assert values is not None
        shape = values.shape[:2]
        if shape[1] == 0:
            raise ValueError("the prompt is empty")
        if mask is None:
            mask = torch.ones(shape, dtype=torch.long, device=values.device)
        if mask.shape != shape:
            raise ValueError(f"the attention mask has shape {tuple(mask.shape)}, the prompt {tuple(shape)}")
        if not bool(mask[:, -1].all()) or bool((mask[:, 1:] < mask[:, :-1]).any()):
            raise ValueError("batches must be padded on the left")
        return cls("input_ids" if ids is not None else "inputs_embeds", values, mask)

    def part(self, start: int, end: int) -> dict[str, torch.Tensor]:
        return {self.key: self.values[:, start:end]}


def _new_cache(model: Any) -> Any:
    from transformers import DynamicCache  # takes seconds

    return DynamicCache(config=model.config)


def _follower(
    model: Any, mask: torch.Tensor, cache: Any, new_tokens: int
) -> Callable[[torch.Tensor], torch.Tensor]:
    """What gives the logits (B, V) after each next token of the rows (B,): our own decoder, or the model itself."""
    if decoder.supports(model, mask.shape[1] + new_tokens):
        return decoder.follow(model, cache, mask, new_tokens)
    whole = torch.cat([mask, mask.new_ones(len(mask), new_tokens)], dim=1)
    return lambda tokens: _forward(model, {"input_ids": tokens[:, None]}, whole, cache)


@torch.inference_mode()
def _forward(model: Any, part: dict[str, torch.Tensor], mask: torch.Tensor, cache: Any) -> torch.Tensor:
    """One step over some positions; logits (B, V) of the last one. ``mask`` covers the whole prompt or more."""
    new = next(iter(part.values())).shape[1]
    end = cache.get_seq_length() + new
    positions = (mask.cumsum(dim=-1) - 1).clamp_min(0)[:, end - new : end]
    output = model(
        **part,
        attention_mask=mask[:, :end],
        position_ids=positions,
        cache=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    logits: torch.Tensor = output.logits[:, -1]
    return logits
