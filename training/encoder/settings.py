"""The settings of the encoder's training, and of heads on a trained one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.ground.settings import setting

FREE = frozenset({"threads"})  # may differ when a run is taken up again: it does not change what is learned


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """Everything that decides a run."""

    start: Path | None = setting(None, "A trained encoder of the same sizes to go on from, with the heads beside it.")
    width: int = setting(384, "Width of the transformer.")
    depth: int = setting(2, "Blocks.")
    channels: int = setting(16, "Channels of the first convolution.")
    steps: int = setting(30_000, "Steps of training.")
    batch_size: int = setting(32, "Clips a step.")
    learning_rate: float = setting(2e-3, "Highest learning rate.")
    weight_decay: float = setting(0.02, "Weight decay of the matrices.")
    warmup: int = setting(500, "Steps in which the learning rate rises.")
    overlaid: float = setting(0.2, "Share of clips that another one plays along with.")
    evaluate_every: int = setting(1000, "Steps between evaluations on the valid split.")
    device: Literal["auto", "cpu", "cuda", "mps"] = setting("auto", "Where to train; all log-mels are held there.")
    threads: int = setting(2, "CPU threads.")
    seed: int = setting(0, "Seed of the weights and of the order.")

    def __post_init__(self) -> None:
        sizes = (self.width, self.depth, self.channels, self.steps, self.batch_size, self.evaluate_every, self.threads)
        if min(sizes) < 1:
            raise ValueError("sizes and counts must be at least 1")
        if self.batch_size < 2:
            raise ValueError("batch_size is 1: the batch norms need at least 2 clips a step")
        if self.width % 32:
            raise ValueError(f"width is {self.width}, not a multiple of 32")
        if not 0 <= self.overlaid <= 1:
            raise ValueError("overlaid is a share, from 0 to 1")


@dataclass(frozen=True, slots=True)
class TimeHeadsSettings:
    """Everything that decides a run of ``j2a-train heads``."""

    epochs: int = setting(8, "Times that every clip is heard.")
    batch_size: int = setting(256, "Clips a step.")
    learning_rate: float = setting(1.5e-3, "Highest learning rate; it falls to nothing.")
    weight_decay: float = setting(0.05, "Weight decay of the matrices.")
    warmup: int = setting(50, "Steps in which the learning rate rises.")
    threads: int = setting(2, "CPU threads.")
    seed: int = setting(0, "Seed of the weights and of the order.")

    def __post_init__(self) -> None:
        if min(self.epochs, self.batch_size, self.warmup, self.threads) < 1:
            raise ValueError("counts must be at least 1")
