"""Everything that decides a run of ``j2a-train fit``. Loads without torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.ground.learning import SteppedSettings
from training.ground.settings import setting

# What may differ when a run is taken up again: it does not change what is learned.
# Encoder, language model, first projector and clips are known by their content, wherever they lie.
FREE = frozenset(
    {"device", "threads", "tensorboard", "accumulate", "checkpointing", "fsdp", "encoded", "llm", "encoder", "start"}
)


@dataclass(frozen=True)
class FitSettings(SteppedSettings):
    """One run. The global batch is ``batch_size`` clips, however many processes and parts it is worked on in."""

    version: Literal["1.0", "2.0", "2.1", "3.0"] = setting("2.1", "J2A version to train.")
    encoded: Path | None = setting(None, "Folder that j2a-train encode wrote.")
    llm: str = setting("", "Language model: a folder, a name in the models folder, or a hub id that was downloaded.")
    encoder: str = setting("", "2.x: the encoder that the clips were encoded with, by folder or name.")
    start: Path | None = setting(None, "2.x, 3.0: a trained projector's folder to go on from; its version may differ.")
    soft_tokens: int = setting(0, "2.1, 3.0: soft tokens; 0: 250, or what the clips were pooled to.")

    steps: int = setting(0, "Steps of the optimizer; 0: as many as --epochs has.")
    epochs: float = setting(3.0, "How often each clip is seen, where --steps is 0.")
    batch_size: int = setting(32, "Clips a step, over all processes.")
    accumulate: int = setting(1, "Parts that a process works on its clips of a step in, one after the other.")
    learning_rate: float = setting(5e-4, "The highest; it warms up, then falls along a cosine to a tenth.")
    warmup_steps: int = setting(50, "Steps until the learning rate is at its highest.")
    weight_decay: float = 0.01
    clip: float = setting(1.0, "The gradient's norm is clipped to this.")
    max_caption_tokens: int = setting(256, "Captions are cut to so many tokens.")
    seed: int = setting(0, "Seed of the first weights, of the order and of the captions drawn.")

    validate_every: int = setting(100, "Steps between validations; each saves.")
    validate_clips: int = setting(512, "Clips of the validation split that are looked at.")
    patience: int = setting(5, "Stop after so many validations without a better one; 0: never.")

    precision: Literal["auto", "float32", "bfloat16", "8bit", "4bit"] = setting("auto", "Of the language model.")
    autocast: bool = setting(True, "Products in bfloat16, where that is quick; what is trained stays in float32.")
    checkpointing: bool = setting(False, "Work out activations twice to save memory.")
    fsdp: bool = setting(False, "Several GPUs: spread the language model over them, where it fits into none.")
    distil: float = setting(0.0, "2.x: share of the loss that is the KL to the language model told the true facts.")
    lora_rank: int = setting(16, "1.0: rank of the adapter.")
    lora_alpha: int = setting(32, "1.0: scale of the adapter.")
    lora_dropout: float = setting(0.05, "1.0: dropout in the adapter.")

    threads: int = setting(0, "CPU threads; 0: as many as there are cores.")
    tensorboard: bool = setting(False, "Also write the log for TensorBoard.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(1, "accumulate", "validate_every", "max_caption_tokens", "lora_rank", "lora_alpha")
        self._at_least(0, "soft_tokens", "steps", "warmup_steps", "patience", "validate_clips")
        self._above_0("clip", "epochs")
        if not 0 <= self.distil <= 1 or not 0 <= self.lora_dropout < 1:
            raise ValueError("distil and lora_dropout are shares from 0 to 1")
        if self.batch_size % self.accumulate:
            raise ValueError(f"batch_size {self.batch_size} cannot be divided into {self.accumulate} parts")
        if self.encoded is None or not self.llm or (self.version != "1.0" and not self.encoder):
            raise ValueError(
                f"training J2A-{self.version} needs --encoded, --llm" + (" and --encoder" * (self.version != "1.0"))
            )
        if self.version == "2.0" and self.soft_tokens > 1:
            raise ValueError("J2A-2.0 has one soft token")
        if self.version == "1.0" and self.start:
            raise ValueError("J2A-1.0 has no projector to go on from")
        if self.version == "1.0" and self.distil:
            raise ValueError("J2A-1.0 has the facts in its prompt: there is nothing to distil")
