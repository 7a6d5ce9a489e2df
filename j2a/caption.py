"""What a captioner makes: the text and where it came from."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from j2a.features.record import Features
from j2a.printable import one_paragraph
from j2a.records import asdict, dataclass

# What can be asked for: an ordinary caption, one sentence, everything, tags. Every version knows them.
PROMPTS = ("describe", "short", "detailed", "tags")

LEAST_TEMPERATURE, MOST_TEMPERATURE = 1e-4, 100.0  # below, the most likely token is taken; above, any is as likely


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. ``temperature=0`` is greedy, as is any below ``LEAST_TEMPERATURE``."""

    temperature: float = 0.0
    top_p: float = 0.95
    max_new_tokens: int = 160

    @property
    def greedy(self) -> bool:
        """Whether the most likely token is taken. Logits divided by less would be no numbers."""
        return self.temperature < LEAST_TEMPERATURE


@dataclass(slots=True)
class Caption:
    """A generated caption with its provenance. Its text is one paragraph, without control characters."""

    text: str
    version: str  # J2A version: "1.0"
    backbone: str  # "mini", "7b", or the folder or hub id of the LLM
    weights: str  # content hash of the LLM's weights (first 12 hex digits of a sha256)
    prompt_id: str
    prompt: str  # the whole text the LLM was given
    seed: int
    sampling: Sampling = field(default_factory=Sampling)
    features: Features = field(default_factory=Features)
    written: str = ""  # as the model wrote it, where figures in the text were replaced by measured ones

    def __post_init__(self) -> None:
        self.text = one_paragraph(self.text)
        self.written = one_paragraph(self.written)

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Caption:
        """The inverse of :meth:`to_json`."""
        rest = {k: v for k, v in data.items() if k not in ("sampling", "features")}
        return cls(**rest, sampling=Sampling(**data["sampling"]), features=Features.from_json(data["features"]))
