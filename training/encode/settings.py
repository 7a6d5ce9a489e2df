"""The settings of ``j2a-train encode``. Loads without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from training.ground.learning import Device
from training.ground.settings import setting

_MOST_POOLED = 4096


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How a table is encoded."""

    encoder: str = setting("", "Folder of the encoder, or its name in the models folder.")
    pool: int = setting(0, "Average time to so many soft tokens before it is kept, to save space; 0 keeps all steps.")
    features: bool = setting(False, "Also measure tempo, key, chords and so on: what J2A-1.0 is trained on.")
    workers: int = setting(0, "Processes; 0: one for each CPU, or 4 where there is a GPU.")
    shard_clips: int = setting(128, "Clips in a shard.")
    device: Device = setting("auto", "Where the encoder runs.")
    precision: Literal["float32", "bfloat16"] = setting("float32", "Of the encoder's products; captioning has float32.")

    def __post_init__(self) -> None:
        if not 0 <= self.pool <= _MOST_POOLED:
            raise ValueError(f"pool is {self.pool}, not from 0 to {_MOST_POOLED}")
        if self.workers < 0 or self.shard_clips < 1:
            raise ValueError("workers is negative, or shard_clips is not at least 1")
        if not self.encoder and not self.features:
            raise ValueError("there is nothing to do: neither an encoder nor features")
