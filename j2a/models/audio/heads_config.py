"""What heads on an encoder are and what they were trained for, without their weights. Loads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from j2a.errors import ModelError
from j2a.models.audio.projector_config import Part
from j2a.models.heard import ENERGIES, FAMILIES, Heard
from j2a.records import dataclass

MODEL_TYPE = "j2a-heads"
YES_NO = (*FAMILIES, "drums", "distortion")
METERS = ("3/4", "4/4", "6/8")
TEMPO_BINS = 48  # on a logarithmic scale, 3 % apart
STATEMENTS = (*YES_NO, "no drums", "no bass", "alone", "calm", "energetic", *METERS, "bpm")
NEVER = 2.0  # a threshold that no probability reaches
NEIGHBOURS = 2  # bins on either side that are the same tempo: 7 %
_WIDEST = 65_536
MEND = "Train the heads again (j2a-train believe), or copy the folder again."


@dataclass(frozen=True, slots=True)
class HeadsConfig:
    """What heads were trained for. Raises ``ValueError`` for what cannot be."""

    encoder: str
    encoder_weights: str  # see weights_hash
    width: int  # E
    thresholds: dict[str, float]  # the probability from which each of STATEMENTS is said
    data: str = ""
    licence: str = ""
    # Values between the encoder's and the facts; 0: every fact is linear, as in a config that does not say it.
    hidden: int = field(default=0, metadata={"may_be_missing": True})

    def __post_init__(self) -> None:
        if not isinstance(self.width, int) or not 1 <= self.width <= _WIDEST:
            raise ValueError(f"width is {self.width!r}, not from 1 to {_WIDEST}")
        if not isinstance(self.hidden, int) or not 0 <= self.hidden <= _WIDEST:
            raise ValueError(f"hidden is {self.hidden!r}, not from 0 to {_WIDEST}")
        if not isinstance(self.thresholds, dict) or self.thresholds.keys() != set(STATEMENTS):
            raise ValueError("thresholds are not of the statements that heads make")
        if not all(isinstance(value, int | float) for value in self.thresholds.values()):
            raise ValueError("a threshold is no number")

    @property
    def parameters(self) -> int:
        """Of the linear layers: all that can be large."""
        facts = len(YES_NO) + len(ENERGIES) + len(METERS) + TEMPO_BINS
        return (self.hidden or self.width) * facts + self.hidden * self.width

    def refuse_others(self, encoder: Part) -> None:
        """Raise ``ModelError`` unless the heads were trained on this encoder."""
        if (encoder.weights, encoder.width) != (self.encoder_weights, self.width):
            wanted = Part(self.encoder, self.encoder_weights, self.width)
            raise ModelError(f"these heads were trained on the encoder {wanted}, not on {encoder}.", MEND)

    def heard(self, probability: Mapping[str, float], bpm: float) -> Heard:
        """What of the probabilities of ``STATEMENTS`` is sure; ``bpm`` is the tempo that "bpm" states."""
        said = {name for name, value in probability.items() if value >= self.thresholds[name]}
        likelier = "drums" if probability["drums"] >= probability["no drums"] else "no drums"
        return Heard(
            tuple(name for name in FAMILIES if name in said),
            "distortion" in said and "guitar" in said,
            likelier == "drums" if likelier in said else None,
            next((name for name in ("calm", "energetic") if name in said), None),
            bpm if "bpm" in said else None,
            next((name for name in METERS if name in said), None),
            "no bass" in said,
            "alone" in said,
        )
