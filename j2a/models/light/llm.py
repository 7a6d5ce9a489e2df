"""The small language model as captioners know it: a prompt goes in, with or without soft tokens, and text comes out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from j2a.caption import Sampling
from j2a.models.files.weights import size_bytes, weights_hash
from j2a.models.language.chat import CHATML, prompt_ids, user_turn
from j2a.models.language.stats import GenerationStats
from j2a.models.light import mistral, tokens
from j2a.models.light.generation import batch_text, stream_text
from j2a.models.light.products import Array

_TEMPLATE, _TOKENIZER, _TOKENIZER_CONFIG = "chat_template.jinja", "tokenizer.json", "tokenizer_config.json"
_LARGEST_BYTES = 512 << 20  # one processor core is too slow for more


def is_wanted() -> bool:
    """Whether the environment asks for no other device and no other precision than there are here."""
    device, precision = os.environ.get("J2A_DEVICE"), os.environ.get("J2A_PRECISION")
    return device in (None, "", "auto", "cpu") and precision in (None, "", "auto", "float32")


def load(folder: Path) -> LightLLM | None:
    """A model of a folder; None for one that needs the general way.

    Raises ``ModelError`` when the weights are missing, damaged, or do not fit the config.
    """
    try:
        named = json.loads((folder / _TOKENIZER_CONFIG).read_bytes())
        template = (folder / _TEMPLATE).read_text(encoding="utf-8")
    except (OSError, ValueError, RecursionError):
        return None
    if template != CHATML or size_bytes(folder) > _LARGEST_BYTES:
        return None
    tokenizer = tokens.load(folder / _TOKENIZER, named)
    if tokenizer is None:
        return None
    model = mistral.load(folder)
    return LightLLM(model, tokenizer, folder) if model is not None else None


class LightLLM:
    """One that is ready to answer; stands where :class:`j2a.models.language.llm.LoadedLLM` stands."""

    device, precision, note = "cpu", "float32", ""

    def __init__(self, model: mistral.Mistral, tokenizer: tokens.Tokens, folder: Path) -> None:
        self.model, self.tokenizer, self.folder = model, tokenizer, folder
        self.weights = weights_hash(folder)
        self.width, self.parameters = model.width, model.parameters
        named = model.eos if isinstance(model.eos, list) else [model.eos]
        self._eos_ids = sorted({token for token in [*named, tokenizer.eos_token_id] if type(token) is int})

    def stream(
        self,
        prompt: str,
        soft_tokens: Array | None = None,
        *,
        sampling: Sampling,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
        stats: GenerationStats | None = None,
    ) -> Iterator[str]:
        """The answer to a prompt, behind which soft tokens (N, width) may stand, piece by piece."""
        return stream_text(
            self.model, self.tokenizer, self.embedded(prompt, soft_tokens), sampling=sampling, eos_ids=self._eos_ids,
            seed=seed, cancelled=cancelled, stats=stats,
        )  # fmt: skip

    def answers(
        self,
        prompts: Sequence[str],
        soft_tokens: Sequence[Array] | None = None,
        *,
        sampling: Sampling,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
        stats: GenerationStats | None = None,
    ) -> list[str]:
        """The answers to several prompts, made together."""
        heard = [None] * len(prompts) if soft_tokens is None else soft_tokens
        embedded = [self.embedded(prompt, soft) for prompt, soft in zip(prompts, heard, strict=True)]
        return batch_text(
            self.model, self.tokenizer, embedded, sampling=sampling, eos_ids=self._eos_ids, seed=seed,
            cancelled=cancelled, stats=stats,
        )  # fmt: skip

    def embedded(self, prompt: str, soft_tokens: Array | None) -> Array:
        """A prompt (S, width), laid out as :func:`j2a.models.language.sequence.sequence` lays it out."""
        if soft_tokens is None:
            return self.model.embed(prompt_ids(self.tokenizer, prompt))
        before, after = user_turn(self.tokenizer)
        said = self.tokenizer(f"{prompt}\n", add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return np.concatenate([self.model.embed([*before, *said]), soft_tokens, self.model.embed(after)])
