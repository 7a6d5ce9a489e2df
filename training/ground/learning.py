"""The settings that trainings share: every class of settings for one that learns by gradient steps is one of these."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from training.ground.settings import setting

Device = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True)
class LearningSettings:
    """What every training has. Other defaults, and a help that tells more, stand in the class of the step."""

    batch_size: int = setting(32, "Clips a step.")
    learning_rate: float = setting(2e-3, "Highest learning rate.")
    weight_decay: float = setting(0.05, "Weight decay of the matrices.")
    threads: int = setting(2, "CPU threads.")
    seed: int = setting(0, "Seed of the weights and of the order.")

    def __post_init__(self) -> None:
        self._at_least(1, "batch_size")
        self._at_least(0, "weight_decay", "threads")
        self._above_0("learning_rate")

    def _at_least(self, least: int, *names: str) -> None:
        """Raise ``ValueError`` for a setting that is smaller."""
        for name in names:
            if not getattr(self, name) >= least:  # nor is a number that is none
                raise ValueError(f"{name} is {getattr(self, name)}, not at least {least}")

    def _above_0(self, *names: str) -> None:
        """Raise ``ValueError`` for a setting that is 0, less, or no finite number."""
        for name in names:
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}, not a number above 0")

    def _shares(self, *names: str) -> None:
        """Raise ``ValueError`` for a setting that is not from 0 to 1."""
        for name in names:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}, not a share from 0 to 1")


@dataclass(frozen=True)
class SteppedSettings(LearningSettings):
    """What a training has that counts its steps and may run on a GPU."""

    steps: int = setting(10_000, "Steps of training.")
    device: Device = setting("auto", "Where to train.")
