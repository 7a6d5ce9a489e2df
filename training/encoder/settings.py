"""The settings of the encoder's training."""

from __future__ import annotations

from dataclasses import dataclass

from training.settings import setting

FREE = frozenset({"threads"})  # may differ when a run is taken up again: it does not change what is learned


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """Everything that decides a run."""

    width: int = setting(256, "Width of the transformer.")
    depth: int = setting(4, "Blocks.")
    bands: int = setting(1, "Patches across the mel bins: 1, 2, 4, 5, 8 or 10.")
    steps: int = setting(30_000, "Steps of training.")
    batch_size: int = setting(32, "Clips a step.")
    learning_rate: float = setting(1e-3, "Highest learning rate.")
    weight_decay: float = setting(0.05, "Weight decay of the matrices.")
    warmup: int = setting(500, "Steps in which the learning rate rises.")
    keep: float = setting(0.7, "Share of the patches that a step looks at.")
    overlaid: float = setting(0.2, "Share of clips that another one plays along with.")
    evaluate_every: int = setting(1000, "Steps between evaluations on the valid split.")
    threads: int = setting(2, "CPU threads.")
    seed: int = setting(0, "Seed of the weights and of the order.")

    def __post_init__(self) -> None:
        if min(self.width, self.depth, self.steps, self.batch_size, self.evaluate_every, self.threads) < 1:
            raise ValueError("sizes and counts must be at least 1")
        if self.bands not in (1, 2, 4, 5, 8, 10):
            raise ValueError(f"bands is {self.bands}, not 1, 2, 4, 5, 8 or 10")
        if self.width % 32:
            raise ValueError(f"width is {self.width}, not a multiple of 32")
        if not 0 < self.keep <= 1 or not 0 <= self.overlaid <= 1:
            raise ValueError("keep and overlaid are shares, from 0 to 1")
