"""J2A-2.0, 2.1 and 3.0: what an audio encoder hears, in the prompt of a frozen language model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a import audio
from j2a import features as feature_extraction
from j2a.audio.silence import audible
from j2a.clip import Clip
from j2a.errors import AudioError, UsageError
from j2a.features.record import Features
from j2a.models.captioner import SILENCE, Captioner, Decoding
from j2a.models.heard import NOTHING_HEARD
from j2a.models.parts import Encoder, Heads, HearingModel, Projector
from j2a.models.prompts import NOTHING_SURE, TOO_SHORT, Prompt, Wish, build_both_prompt, build_heard_prompt

SECTION_S = 10.0  # the length of the clips that encoder and projector were trained on
# Sound from which heads are believed. Of what they say of 3 s cut out of 84 real clips of ten 95 % (drums) and 84 %
# (instruments) is what they say of the whole clip, of 2 s 92 and 80, of 1 s 83 and 61, of 0.25 s 56 and 37.
HEADS_S = 2.95


class J2A2(Captioner):
    """The captioner of 2.0 and 2.1.

    Measured features do not change what is written; they are kept beside the caption, to hold its claims against.
    """

    def __init__(self, encoder: Encoder, projector: Projector, llm: HearingModel, backbone: str, weights: str) -> None:
        """``weights``: the hashes of encoder, projector and language model. The parts must fit (``refuse_others``)."""
        super().__init__(llm, backbone, weights)
        self._writer = llm
        self.version = projector.config.version
        self.encoder = encoder
        self.projector = projector

    def _measure(self, clip: Clip, cancelled: Callable[[], bool]) -> Features:
        """Nothing, which is all that is needed here."""
        return Features()

    def _ask(self, clip: Clip, features: Features, wish: Wish, how: Decoding) -> Prompt:
        if not wish.figures:
            raise UsageError(
                f"J2A-{self.version} names the tempo and meter that it hears, and cannot leave them out.",
                "Leave out --no-figures, or take --version 1.0 or 3.0.",
            )
        return build_heard_prompt(wish)

    def _pieces(self, clip: Clip, asked: Prompt, how: Decoding) -> Iterator[str]:
        soft_tokens = self._soft_tokens(clip, how)
        if how["cancelled"]():
            return
        if soft_tokens is None:
            yield SILENCE
        else:
            yield from self._writer.stream(asked.text, soft_tokens, **how)

    def _texts(self, clips: Sequence[Clip], asked: Sequence[Prompt], how: Decoding) -> list[str]:
        texts = [""] * len(clips)
        heard: dict[int, Any] = {}
        for place, clip in enumerate(clips):
            if how["cancelled"]():
                return texts
            soft_tokens = self._soft_tokens(clip, how)
            if soft_tokens is None:
                texts[place] = SILENCE
            else:
                heard[place] = soft_tokens
        if how["cancelled"]():
            return texts
        if heard:
            answers = self._writer.answers([asked[place].text for place in heard], list(heard.values()), **how)
            for place, text in zip(heard, answers, strict=True):
                texts[place] = text
        return texts

    def _soft_tokens(self, clip: Clip, how: Decoding) -> Any:
        """The clip as soft tokens (N, W), or ``None`` where it is silent throughout."""
        return self._projected(self._timed(clip, how)[0])

    def listen(self, clip: Clip, cancelled: Callable[[], bool] = lambda: False) -> Any:
        """The clip as soft tokens (N, W), as :meth:`hear` hears it; ``None`` where it is silent. ``AudioError``."""
        return self._projected(self.hear(clip, cancelled))

    def _projected(self, pooled: Any) -> Any:
        return None if pooled is None else self.projector.soft_tokens(pooled)

    def _timed(self, clip: Clip, how: Decoding) -> tuple[Any, float]:
        """What :meth:`hear_all` gives; its seconds are added to ``stats``."""
        started = time.perf_counter()
        heard = self.hear_all(clip, how["cancelled"])
        self.stats["encode_s"] = self.stats.get("encode_s", 0.0) + time.perf_counter() - started
        return heard

    def hear(self, clip: Clip, cancelled: Callable[[], bool] = lambda: False) -> Any:
        """What the encoder hears, pooled to N stretches, or ``None`` where the clip is silent throughout.

        Raises ``AudioError``.
        """
        return self.hear_all(clip, cancelled)[0]

    def hear_all(self, clip: Clip, cancelled: Callable[[], bool] = lambda: False) -> tuple[Any, float]:
        """The same, and how many seconds sound.

        It is encoded in sections of ten seconds, without long silences; an hour takes no more memory. A cancel
        ends it at the next section, with what was heard until then. Raises ``AudioError``.
        """
        # In 2024 the sound was not resampled, and a projector trained on that wants it so: ten seconds are then longer.
        wanted = self.encoder.config.sample_rate
        rate = wanted if self.projector.config.resampled else audio.probe(clip.path).sample_rate
        section_s = SECTION_S * rate / wanted
        blocks = audible(_until(cancelled, audio.stream(clip, rate)), rate)
        first = next(blocks, None)
        if first is None:
            return None, 0.0
        counted = _Counted(chain([first], blocks))
        sections = self.encoder.encode_long(counted, section_s)
        try:
            return self.projector.pooled(sections), counted.samples / rate
        except ValueError as error:
            raise AudioError(
                f"{clip.path} cannot be listened to: {error}.", "Choose another file or section."
            ) from error


class J2A3(J2A2):
    """J2A-3.0: the facts of 1.0 as text and what the encoder hears, in one prompt.

    What is heard stands there as text, too, where ``heads`` on the encoder tell what they are sure of, and else as soft
    tokens.
    """

    def __init__(
        self, encoder: Encoder, projector: Projector, llm: HearingModel, backbone: str, weights: str,
        heads: Heads | None = None,
    ) -> None:  # fmt: skip
        super().__init__(encoder, projector, llm, backbone, weights)
        self.heads = heads

    def _measure(self, clip: Clip, cancelled: Callable[[], bool]) -> Features:
        return feature_extraction.extract(clip, cancelled=cancelled)

    def _ask(self, clip: Clip, features: Features, wish: Wish, how: Decoding) -> Prompt:
        if self.heads is None or how["cancelled"]():
            return build_both_prompt(features, wish)
        pooled, sounding_s = self._timed(clip, how)
        if pooled is None:
            return replace(build_both_prompt(features, wish, NOTHING_HEARD), answer=SILENCE)
        if sounding_s >= HEADS_S:
            return build_both_prompt(features, wish, self.heads.heard(pooled))
        asked = build_both_prompt(features, wish, NOTHING_HEARD)
        return replace(asked, answer=TOO_SHORT) if asked.answer == NOTHING_SURE else asked

    def _pieces(self, clip: Clip, asked: Prompt, how: Decoding) -> Iterator[str]:
        return super()._pieces(clip, asked, how) if self.heads is None else self.llm.stream(asked.text, **how)

    def _texts(self, clips: Sequence[Clip], asked: Sequence[Prompt], how: Decoding) -> list[str]:
        if self.heads is None:
            return super()._texts(clips, asked, how)
        return self.llm.answers([one.text for one in asked], **how)


class _Counted:
    """The blocks, and how many samples they had."""

    def __init__(self, blocks: Iterator[NDArray[np.float32]]) -> None:
        self._blocks = blocks
        self.samples = 0

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> NDArray[np.float32]:
        block = next(self._blocks)
        self.samples += len(block)
        return block


def _until(cancelled: Callable[[], bool], blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """The blocks, the first one in any case, until somebody asks to stop."""
    for block in blocks:
        yield block
        if cancelled():
            return
