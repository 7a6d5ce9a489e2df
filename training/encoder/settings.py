"""The settings of the encoder's training, and of heads on a trained one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.ground.learning import Device, LearningSettings, SteppedSettings
from training.ground.settings import setting

FREE = frozenset({"threads"})  # may differ when a run is taken up again: it does not change what is learned


@dataclass(frozen=True)
class EncoderSettings(SteppedSettings):
    """Everything that decides a run."""

    start: Path | None = setting(None, "A trained encoder of the same sizes to go on from, with the heads beside it.")
    width: int = setting(384, "Width of the transformer.")
    depth: int = setting(2, "Blocks.")
    channels: int = setting(16, "Channels of the first convolution.")
    steps: int = 30_000
    weight_decay: float = 0.02
    warmup: int = setting(500, "Steps in which the learning rate rises.")
    overlaid: float = setting(0.2, "Share of clips that another one plays along with.")
    evaluate_every: int = setting(1000, "Steps between evaluations on the valid split.")
    device: Device = setting("auto", "Where to train; all log-mels are held there.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(1, "width", "depth", "channels", "steps", "evaluate_every", "threads")
        self._at_least(0, "warmup")
        self._shares("overlaid")
        if self.batch_size < 2:
            raise ValueError("batch_size is 1: the batch norms need at least 2 clips a step")
        if self.width % 32:
            raise ValueError(f"width is {self.width}, not a multiple of 32")


@dataclass(frozen=True)
class TimeHeadsSettings(LearningSettings):
    """Everything that decides a run of ``j2a-train heads``."""

    epochs: int = setting(8, "Times that every clip is heard.")
    batch_size: int = 256
    learning_rate: float = setting(1.5e-3, "Highest learning rate; it falls to nothing.")
    warmup: int = setting(50, "Steps in which the learning rate rises.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(1, "epochs", "warmup", "threads")


@dataclass(frozen=True)
class BelieveSettings(LearningSettings):
    """Everything that decides a run of ``j2a-train believe``."""

    precision: float = setting(0.9, "Share of most statements that must be true on the held-back clips.")
    hidden: int = setting(256, "Values between the encoder's and the facts; 0: every fact is linear.")
    dropout: float = setting(0.4, "Share of values that are left out while they are trained.")
    epochs: int = setting(30, "Times that every clip is heard.")
    batch_size: int = 256
    learning_rate: float = setting(1e-3, "Highest learning rate; it falls to nothing.")
    warmup: int = setting(50, "Steps in which the learning rate rises.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(1, "epochs", "warmup", "threads")
        self._at_least(0, "hidden")
        self._shares("precision", "dropout")
