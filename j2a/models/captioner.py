"""What the versions of J2A have in common: an instruction and a clip go in, a caption with its provenance comes out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from j2a.caption import Caption, Sampling
from j2a.clip import Clip
from j2a.features.record import Features
from j2a.models.language.llm import LoadedLLM
from j2a.models.language.server import ServerLLM
from j2a.models.prompts import Prompt


class Captioner(ABC):
    """``stream`` gives pieces of text; ``caption`` and ``stats`` tell about the last stream."""

    version: str

    def __init__(self, llm: LoadedLLM | ServerLLM, backbone: str, weights: str) -> None:
        """``weights``: the hashes of everything that the captions depend on."""
        self.llm: LoadedLLM | ServerLLM = llm
        self.backbone = backbone
        self.weights = weights
        self.caption: Caption | None = None
        self.stats: dict[str, Any] = {}

    @abstractmethod
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
        """Describe a clip piece by piece. Raises ``AudioError``."""

    @abstractmethod
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
        """A caption for each of several measured clips, written together: the same as one by one, and faster."""

    def describe(self, clip: Clip, **options: Any) -> Caption:
        """The whole caption at once; takes the options of ``stream``."""
        for _ in self.stream(clip, **options):
            pass
        assert self.caption is not None
        self.caption.text = self.caption.text.strip()
        return self.caption

    def _empty(self, asked: Prompt, features: Features, sampling: Sampling, seed: int) -> Caption:
        return Caption(
            "", self.version, self.backbone, self.weights, asked.prompt_id, asked.text, seed, sampling, features
        )
