"""What a projector is and what it was trained for, without its weights. Loads nothing."""

from __future__ import annotations

from typing import get_type_hints

from j2a.errors import ModelError
from j2a.records import dataclass

MODEL_TYPE = "j2a-projector"
SOFT_TOKENS = {"2.0": 1, "2.1": 250, "3.0": 250}  # by version; but for 2.0 a default
MOST_SOFT_TOKENS = 4096
HELD_STEPS = 16_384  # eleven minutes: longer sound is held more coarsely until it is pooled
BLOCK_STEPS = 1024  # merged together; a power of two
MEND = "Train the projector again (j2a-train fit), or copy the folder again."
_WIDEST = 65_536


@dataclass(frozen=True, slots=True)
class Part:
    """An encoder or a language model, as far as a projector depends on it."""

    name: str
    weights: str  # see weights_hash; "" where it is not known
    width: int

    def __str__(self) -> str:
        return f"{self.name or 'unnamed'} (weights {self.weights or 'unknown'}, width {self.width})"


@dataclass(frozen=True, slots=True)
class ProjectorConfig:
    """What a projector is and what it was trained for. Raises ``ValueError`` for what cannot be."""

    version: str  # "2.0", "2.1" or "3.0"
    soft_tokens: int  # N
    encoder: str
    encoder_weights: str  # see weights_hash; "" where it is not known
    encoder_width: int  # E
    llm: str
    llm_weights: str
    llm_width: int  # W
    resampled: bool = True  # False: trained on sound at its own rate, taken for 16 kHz, as in 2024
    data: str = ""  # what it was trained on
    licence: str = ""

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            if type(getattr(self, name)) is not kind:
                raise ValueError(f"{name} is {getattr(self, name)!r}, not of type {kind.__name__}")
        if self.version not in SOFT_TOKENS:
            raise ValueError(f"there is no version {self.version!r}, only {', '.join(SOFT_TOKENS)}")
        if not 1 <= self.soft_tokens <= MOST_SOFT_TOKENS or (self.version == "2.0" and self.soft_tokens != 1):
            raise ValueError(f"{self.soft_tokens} soft tokens cannot be in version {self.version}")
        if not (1 <= self.encoder_width <= _WIDEST and 1 <= self.llm_width <= _WIDEST):
            raise ValueError(f"widths are {self.encoder_width} and {self.llm_width}, not from 1 to {_WIDEST}")

    def refuse_others(self, encoder: Part, llm: Part) -> None:
        """Raise ``ModelError`` unless the projector was trained for this encoder and this language model.

        Where the hash of weights is not known (2024), their width must do.
        """
        for role, wanted, given in (
            ("encoder", Part(self.encoder, self.encoder_weights, self.encoder_width), encoder),
            ("language model", Part(self.llm, self.llm_weights, self.llm_width), llm),
        ):
            known = bool(wanted.weights and given.weights)
            if wanted.width != given.width or (known and wanted.weights != given.weights):
                raise ModelError(
                    f"this J2A-{self.version} projector was trained for the {role} {wanted}, not for {given}.",
                    f"Choose a backbone with that {role}, or train a projector for this one: j2a-train fit.",
                )
