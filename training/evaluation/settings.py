"""The settings of ``j2a-train evaluate``. Loads without torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.ground.settings import setting


@dataclass(frozen=True, slots=True)
class EvaluateSettings:
    """What is evaluated, and how."""

    version: str = setting("2.1", "Version that writes the captions.")
    backbone: str = setting("mini", "Its backbone: mini, 7b, or a folder.")
    captions: Path | None = setting(None, "Captions to score in place of a version's: a CSV or JSONL file.")
    split: Literal["train", "valid", "test"] = setting("test", "Split of the table.")
    clips: int = setting(0, "Only the first so many clips of the split; 0: all.")
    prompt: str = setting("", "What the version is asked, as in the app; the ordinary description if empty.")
    temperature: float = setting(0.0, "0 is greedy decoding.")
    batch_size: int = setting(16, "Captions written together.")
    features: bool = setting(False, "Also measure the clips and hold captions against that; 1.0 and 3.0 always do.")
    resamples: int = setting(1000, "Bootstrap resamples for the intervals.")
    meteor: bool = setting(False, "METEOR too; needs WordNet.")
    bertscore: bool = setting(False, "BERTScore too; needs a package and a model.")
    seed: int = setting(0, "Seed of the floors, the resamples and of sampling.")

    def __post_init__(self) -> None:
        if self.clips < 0 or self.batch_size < 1 or self.resamples < 1:
            raise ValueError("clips is negative, or batch_size or resamples is not at least 1")
        if self.temperature < 0:
            raise ValueError("temperature is negative")
