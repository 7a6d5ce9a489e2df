"""Text from a small Mistral, token by token: prompts of any lengths side by side, without padding.

A row's tokens do not depend on what it is written with: every row has its own places and its own random numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field

import numpy as np
from tokenizers.decoders import DecodeStream

from j2a.caption import Sampling
from j2a.models.language.stats import GenerationStats
from j2a.models.light.mistral import Cache, Mistral, Positions
from j2a.models.light.products import Array
from j2a.models.light.sampling import Draws, choose
from j2a.models.light.tokens import Tokens
from j2a.records import dataclass

PREFILL_CHUNK = 64  # positions; one chunk is the longest time a cancel waits


@dataclass(slots=True)
class _Row:
    """One answer on its way."""

    place: int  # of the next token
    draws: Draws
    chosen: int = 0
    logits: Array = field(default_factory=lambda: np.zeros(0, np.float32))


def generate(
    model: Mistral,
    prompts: Sequence[Array],
    *,
    sampling: Sampling,
    eos_ids: Sequence[int],
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
    stats: GenerationStats | None = None,
) -> Iterator[dict[int, int]]:
    """Yields the next token id of each row that is not over yet, until all are, or it is cancelled.

    ``prompts``: embeddings (S, width) of each row. EOS itself is yielded. Every row draws from a generator of its own,
    seeded with ``seed``. Raises ``ValueError`` for an empty prompt.
    """
    stats = stats if stats is not None else GenerationStats()
    if not all(len(prompt) for prompt in prompts):
        raise ValueError("the prompt is empty")
    stats.prompt_tokens = max(map(len, prompts))
    cache = Cache(model, len(prompts), stats.prompt_tokens + sampling.max_new_tokens)
    rows = {index: _Row(len(prompt), Draws(seed)) for index, prompt in enumerate(prompts)}
    started = time.perf_counter()
    for chunk in _chunks(prompts):
        if cancelled():
            stats.stopped = "cancelled"
            return
        _look_up(cache, chunk, rows)
    stats.prefill_s = time.perf_counter() - started
    started = time.perf_counter()
    for _ in range(sampling.max_new_tokens):
        for row in rows.values():
            row.chosen = choose(row.logits, sampling, row.draws)
        stats.new_tokens += 1
        stats.decode_s = time.perf_counter() - started
        yield {index: row.chosen for index, row in rows.items()}
        rows = {index: row for index, row in rows.items() if row.chosen not in eos_ids}
        if not rows:
            stats.stopped = "eos"
            return
        if cancelled():
            stats.stopped = "cancelled"
            return
        if stats.new_tokens < sampling.max_new_tokens:
            embeddings = model.embed([row.chosen for row in rows.values()])
            places = [row.place for row in rows.values()]
            _look_up(cache, Positions(embeddings, list(rows), places, range(len(rows))), rows)
            for row in rows.values():
                row.place += 1
    stats.stopped = "length"


def _chunks(prompts: Sequence[Array]) -> Iterator[Positions]:
    """All prompts, one behind the other, in parts; what follows the last position of each is asked for."""
    sequences = [index for index, prompt in enumerate(prompts) for _ in prompt]
    places = [place for prompt in prompts for place in range(len(prompt))]
    joined = np.concatenate(prompts)
    for start in range(0, len(joined), PREFILL_CHUNK):
        part = slice(start, start + PREFILL_CHUNK)
        asked = [
            at for at, (one, place) in enumerate(zip(sequences[part], places[part], strict=True))
            if place == len(prompts[one]) - 1
        ]  # fmt: skip
        yield Positions(joined[part], sequences[part], places[part], asked)


def _look_up(cache: Cache, positions: Positions, rows: dict[int, _Row]) -> None:
    for at, logits in zip(positions.asked, cache.logits(positions), strict=True):
        rows[positions.sequences[at]].logits = logits


def stream_text(
    model: Mistral,
    tokens: Tokens,
    prompt: Array,
    *,
    sampling: Sampling,
    eos_ids: Sequence[int],
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
    stats: GenerationStats | None = None,
) -> Iterator[str]:
    """The answer to one prompt as pieces of text, without special tokens or incomplete UTF-8."""
    stream = DecodeStream(skip_special_tokens=True)
    for found in generate(
        model, [prompt], sampling=sampling, eos_ids=eos_ids, seed=seed, cancelled=cancelled, stats=stats
    ):
        if piece := stream.step(tokens.backend_tokenizer, found[0]):
            yield piece


def batch_text(
    model: Mistral,
    tokens: Tokens,
    prompts: Sequence[Array],
    *,
    sampling: Sampling,
    eos_ids: Sequence[int],
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
    stats: GenerationStats | None = None,
) -> list[str]:
    """The answers to several prompts, made together: each is what :func:`stream_text` gives for that prompt alone."""
    streams, texts = [DecodeStream(skip_special_tokens=True) for _ in prompts], [""] * len(prompts)
    for found in generate(
        model, prompts, sampling=sampling, eos_ids=eos_ids, seed=seed, cancelled=cancelled, stats=stats
    ):
        for index, token in found.items():
            texts[index] += streams[index].step(tokens.backend_tokenizer, token) or ""
    return texts
