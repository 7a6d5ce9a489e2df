"""What captioners are made of, as far as they know it: in torch (``audio``, ``language``), or without (``light``).

Arrays that come out of one part and go into the next are of the part's own kind. N soft tokens, E width of the
encoder's features, W width of the language model's embeddings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from j2a.caption import Sampling
from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.projector_config import Part, ProjectorConfig
from j2a.models.heard import Heard
from j2a.models.language.stats import GenerationStats


class LanguageModel(Protocol):
    """What writes. A server's takes no soft tokens."""

    @property
    def weights(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def note(self) -> str: ...

    def stream(
        self, prompt: str, *, sampling: Sampling, seed: int = 0, cancelled: Callable[[], bool] = ...,
        stats: GenerationStats | None = None,
    ) -> Iterator[str]:  # fmt: skip
        """The answer to a prompt, piece by piece."""

    def answers(
        self, prompts: Sequence[str], *, sampling: Sampling, seed: int = 0, cancelled: Callable[[], bool] = ...,
        stats: GenerationStats | None = None,
    ) -> list[str]:  # fmt: skip
        """The answers to several prompts, made together."""


class HearingModel(LanguageModel, Protocol):
    """One that reads soft tokens (N, W) behind the prompt, too."""

    @property
    def width(self) -> int: ...

    def stream(
        self, prompt: str, soft_tokens: Any = None, *, sampling: Sampling, seed: int = 0,
        cancelled: Callable[[], bool] = ..., stats: GenerationStats | None = None,
    ) -> Iterator[str]:  # fmt: skip
        """The answer to a prompt, piece by piece."""

    def answers(
        self, prompts: Sequence[str], soft_tokens: Sequence[Any] | None = None, *, sampling: Sampling, seed: int = 0,
        cancelled: Callable[[], bool] = ..., stats: GenerationStats | None = None,
    ) -> list[str]:  # fmt: skip
        """The answers to several prompts, made together."""


class Encoder(Protocol):
    """What listens."""

    config: MWMAEConfig

    def encode_long(self, blocks: Iterable[NDArray[np.float32]], section_s: float = ...) -> Iterator[Any]:
        """(steps, E) for each section of the sound."""


class Projector(Protocol):
    """What turns into soft tokens what was heard."""

    config: ProjectorConfig

    def pooled(self, sections: Any) -> Any:
        """Sections (steps, E), brought to N stretches. Raises ``ValueError`` where there is no step."""

    def soft_tokens(self, pooled: Any) -> Any:
        """What was pooled as soft tokens (N, W)."""


class Heads(Protocol):
    """What names what was heard."""

    def heard(self, pooled: Any) -> Heard:
        """What of it is sure."""

    def refuse_others(self, encoder: Part) -> None:
        """Raise ``ModelError`` unless they were trained on this encoder."""
