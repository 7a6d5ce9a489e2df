"""What the versions of J2A have in common: an instruction and a clip go in, a caption with its provenance comes out."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypedDict

from j2a import templates
from j2a.caption import PROMPTS, Caption, Sampling
from j2a.clip import Clip
from j2a.errors import AudioError
from j2a.features.record import DAMAGED, Features
from j2a.models.language.stats import GenerationStats
from j2a.models.parts import LanguageModel
from j2a.models.prompts import Prompt, Wish
from j2a.printable import one_paragraph
from j2a.records import asdict

SILENCE = "The clip is silent."  # known without a model, which would make something up


class Decoding(TypedDict):
    """How a language model is to answer, as everything that makes it answer takes it."""

    sampling: Sampling
    seed: int
    cancelled: Callable[[], bool]
    stats: GenerationStats


class Captioner(ABC):
    """``stream`` gives pieces of text; ``caption`` and ``stats`` tell about the last stream.

    A version says what it measures where it is given no features, what it asks, and how the answer is made.
    """

    version: str

    def __init__(self, llm: LanguageModel, backbone: str, weights: str) -> None:
        """``weights``: the hashes of everything that the captions depend on."""
        self.llm = llm
        self.backbone = backbone
        self.weights = weights
        self.caption: Caption | None = None
        self.stats: dict[str, Any] = {}

    def stream(
        self,
        clip: Clip,
        *,
        prompt: str = "",
        figures: bool = True,
        sampling: Sampling | None = None,
        seed: int = 0,
        features: Features | None = None,
        correct_figures: bool = False,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        """Describe a clip piece by piece; without its ``features``, what of them is needed is measured first.

        Without ``figures`` no BPM, meter, key or chord is named.
        With ``correct_figures`` the whole caption has measured figures in place of wrong ones; the pieces are as they
        were written. A prompt that is none of ``PROMPTS`` is an instruction, in which names in braces stand for what is
        known of the clip (:mod:`j2a.templates`). Raises ``AudioError``, also for a damaged clip, and ``UsageError`` for
        a name that is unknown.
        """
        how = _decoding(sampling, seed, cancelled)
        features = features or self._measure(clip, cancelled)
        _refuse_damaged(clip, features)
        self.stats = {}
        started, first_token_s = time.perf_counter(), None
        asked = self._ask(clip, features, _wish(prompt, figures, clip, features), how)
        self.caption = self._empty(asked, features, how)
        try:
            known = asked.answer and not cancelled()  # what a cancelled listening makes of a clip is no answer
            for piece in [asked.answer] if known else self._pieces(clip, asked, how):
                if first_token_s is None:
                    first_token_s = time.perf_counter() - started
                clean = one_paragraph(piece)
                self.caption.text += clean
                yield clean
            if not cancelled():
                _finish(self.caption, correct_figures)
        finally:
            self.stats |= {**asdict(how["stats"]), "first_token_s": first_token_s}

    def describe_many(
        self,
        clips: Sequence[Clip],
        features: Sequence[Features],
        *,
        prompt: str = "",
        figures: bool = True,
        sampling: Sampling | None = None,
        seed: int = 0,
        correct_figures: bool = False,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[Caption]:
        """A caption for each of several measured clips, written together: the same as one by one, and faster.

        One that a cancel comes before has no text. Raises ``AudioError``.
        """
        for clip, measured in zip(clips, features, strict=True):
            _refuse_damaged(clip, measured)
        how = _decoding(sampling, seed, cancelled)
        self.stats = {}
        asked = [
            self._ask(clip, measured, _wish(prompt, figures, clip, measured), how)
            for clip, measured in zip(clips, features, strict=True)
        ]
        captions = [self._empty(one, measured, how) for one, measured in zip(asked, features, strict=True)]
        for caption, text in zip(captions, self._answers(clips, asked, how), strict=True):
            caption.text = one_paragraph(text)
            _finish(caption, correct_figures)
        self.stats |= asdict(how["stats"])
        return captions

    def describe(self, clip: Clip, **options: Any) -> Caption:
        """The whole caption at once; takes the options of ``stream``."""
        for _ in self.stream(clip, **options):
            pass
        assert self.caption is not None
        return self.caption

    @abstractmethod
    def _measure(self, clip: Clip, cancelled: Callable[[], bool]) -> Features:
        """The features that a prompt needs, where the caller gives none."""

    @abstractmethod
    def _ask(self, clip: Clip, features: Features, wish: Wish, how: Decoding) -> Prompt:
        """What the language model is asked. Raises ``UsageError`` for what this version cannot do."""

    @abstractmethod
    def _pieces(self, clip: Clip, asked: Prompt, how: Decoding) -> Iterator[str]:
        """The answer piece by piece; what else was timed goes into ``stats``."""

    @abstractmethod
    def _texts(self, clips: Sequence[Clip], asked: Sequence[Prompt], how: Decoding) -> list[str]:
        """The whole answers, one a clip; "" for those that a cancel came before."""

    def _answers(self, clips: Sequence[Clip], asked: Sequence[Prompt], how: Decoding) -> list[str]:
        """All texts; what needs no model has its answer already."""
        if how["cancelled"]():
            return [""] * len(clips)
        texts = [one.answer for one in asked]
        places = [place for place, text in enumerate(texts) if not text]
        if places:
            found = self._texts([clips[place] for place in places], [asked[place] for place in places], how)
            for place, text in zip(places, found, strict=True):
                texts[place] = text
        return texts

    def _empty(self, asked: Prompt, features: Features, how: Decoding) -> Caption:
        return Caption(
            "", self.version, self.backbone, self.weights, asked.prompt_id, asked.text, how["seed"], how["sampling"],
            features,
        )  # fmt: skip


def _refuse_damaged(clip: Clip, features: Features) -> None:
    """Raise ``AudioError`` for a clip whose samples are no numbers: no version says anything of it."""
    if DAMAGED in features.unknown.values():
        raise AudioError(f"{clip.path} cannot be described. {DAMAGED}", "Choose another file or section.")


def _finish(caption: Caption, correct_figures: bool) -> None:
    """What is done to a text that is whole."""
    caption.text = caption.text.strip()
    if correct_figures:
        from j2a.correction import corrected  # reads claims, whose patterns take a moment

        text = corrected(caption.text, caption.features)
        if text != caption.text:
            caption.written, caption.text = caption.text, text


def _decoding(sampling: Sampling | None, seed: int, cancelled: Callable[[], bool]) -> Decoding:
    return {"sampling": sampling or Sampling(), "seed": seed, "cancelled": cancelled, "stats": GenerationStats()}


def _wish(prompt: str, figures: bool, clip: Clip, features: Features) -> Wish:
    return Wish(prompt if prompt in PROMPTS else templates.filled(prompt, clip, features), figures)
