"""J2A-1.0: measured features, written into a prompt, described by a language model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from j2a import features as feature_extraction
from j2a.clip import Clip
from j2a.features.record import SILENT, Features
from j2a.models.captioner import SILENCE, Captioner, Decoding
from j2a.models.parts import LanguageModel
from j2a.models.prompts import Prompt, Wish, build_prompt


class J2A1(Captioner):
    """The captioner of version 1.0, with a language model of any kind. Of the sound it knows what was measured."""

    version = "1.0"

    def __init__(self, llm: LanguageModel, backbone: str) -> None:
        super().__init__(llm, backbone, llm.weights)

    def _measure(self, clip: Clip, cancelled: Callable[[], bool]) -> Features:
        return feature_extraction.extract(clip, cancelled=cancelled)

    def _ask(self, clip: Clip, features: Features, wish: Wish, how: Decoding) -> Prompt:
        asked, why = build_prompt(features, wish), features.unknown
        is_silent = why.get("bpm", "").startswith(SILENT) or why.get("tags") == f"{SILENT}."
        return replace(asked, answer=SILENCE) if is_silent else asked

    def _pieces(self, clip: Clip, asked: Prompt, how: Decoding) -> Iterator[str]:
        return self.llm.stream(asked.text, **how)

    def _texts(self, clips: Sequence[Clip], asked: Sequence[Prompt], how: Decoding) -> list[str]:
        return self.llm.answers([one.text for one in asked], **how)
