"""J2A-1.0: measured features, written into a prompt, described by a language model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from j2a import features as feature_extraction
from j2a.caption import Caption, Sampling
from j2a.clip import Clip
from j2a.features.record import Features
from j2a.models.captioner import Captioner
from j2a.models.language.generation import GenerationStats
from j2a.models.language.llm import LoadedLLM
from j2a.models.language.server import ServerLLM
from j2a.models.prompts import build_prompt


class J2A1(Captioner):
    """The captioner of version 1.0, with a language model of any kind."""

    version = "1.0"

    def __init__(self, llm: LoadedLLM | ServerLLM, backbone: str) -> None:
        super().__init__(llm, backbone, llm.weights)

    def stream(
        self,
        clip: Clip,
        *,
        prompt: str = "",
        sampling: Sampling | None = None,
        seed: int = 0,
        features: Features | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        """Measure the clip, unless its ``features`` are given, and yield its description piece by piece."""
        sampling = sampling or Sampling()
        features = features or feature_extraction.extract(clip, cancelled=cancelled)
        asked = build_prompt(features, prompt)
        stats = GenerationStats()
        self.caption = self._empty(asked, features, sampling, seed)
        started, first_token_s = time.perf_counter(), None
        try:
            for piece in self.llm.stream(asked.text, sampling=sampling, seed=seed, cancelled=cancelled, stats=stats):
                if first_token_s is None:
                    first_token_s = time.perf_counter() - started
                self.caption.text += piece
                yield piece
        finally:
            self.stats = {**asdict(stats), "first_token_s": first_token_s}

    def describe_many(
        self,
        clips: Sequence[Clip],
        features: Sequence[Features],
        *,
        prompt: str = "",
        sampling: Sampling | None = None,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[Caption]:
        """A caption for each of several measured clips, written together: the same as one by one, and faster.

        The sound itself is not looked at.
        """
        sampling = sampling or Sampling()
        asked = [build_prompt(measured, prompt) for measured in features]
        stats = GenerationStats()
        texts = self.llm.answers(
            [one.text for one in asked], sampling=sampling, seed=seed, cancelled=cancelled, stats=stats
        )
        self.stats = asdict(stats)
        captions = [self._empty(one, measured, sampling, seed) for one, measured in zip(asked, features, strict=True)]
        for caption, text in zip(captions, texts, strict=True):
            caption.text = text.strip()
        return captions
