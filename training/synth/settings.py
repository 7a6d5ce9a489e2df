"""The settings of ``j2a-train synth``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from training.datasets.table import Split
from training.ground.settings import setting

Composer = Literal["first", "other"]
_SHORTEST_S = 2.0


@dataclass(frozen=True)
class SynthSettings:
    """What is composed and rendered; the soundfonts are typed on the command line."""

    clips: int = setting(1000, "How many clips.")
    split: Split = setting("train", "Splits of one seed share no clip.")
    seconds: float = setting(10.0, "Length of a clip.")
    workers: int = setting(2, "Processes.")
    seed: int = setting(0, "Seed of everything that is random.")
    composer: Composer = setting("first", "Who composes. The other one is for testing only: train nothing on it.")

    def __post_init__(self) -> None:
        if min(self.clips, self.workers) < 1:
            raise ValueError("clips and workers start at 1")
        if self.composer == "other" and self.split != "test":
            raise ValueError("the other composer is for testing only, so split is test")
        if self.seconds < _SHORTEST_S:
            raise ValueError(f"seconds is {self.seconds:g}, and a clip has at least {_SHORTEST_S:g}")
