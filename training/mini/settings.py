"""The settings of ``j2a-train mini``. Loads without torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.ground.learning import SteppedSettings
from training.ground.settings import setting

# May differ when a run is taken up again; captions, sound and projector are known by content.
FREE = frozenset({"captions", "threads", "sound", "encoded", "projector"})


@dataclass(frozen=True)
class MiniSettings(SteppedSettings):
    """Everything that decides a run."""

    captions: Path | None = setting(None, "musiccaps-public.csv; its training half adds language.")
    start: Path | None = setting(None, "A model of this kind to go on from, in its sizes or with another mlp_width.")
    steps: int = 12_000
    batch_size: int = setting(32, "Pairs a step.")
    vocabulary_size: int = setting(4096, "Tokens of the byte-level BPE.")
    width: int = setting(256, "Width of the transformer.")
    depth: int = setting(6, "Layers.")
    heads: int = setting(8, "Attention heads.")
    key_value_heads: int = setting(4, "Heads of keys and values.")
    mlp_width: int = setting(704, "Width inside the MLP.")
    warmup: int = setting(100, "Steps in which the learning rate rises.")
    decay_share: float = setting(0.3, "Last share of the steps, in which the learning rate falls to nothing.")
    tags_share: float = setting(0.2, "Share of MusicCaps pairs.")
    heard_share: float = setting(0.4, "Share of pairs that say what is heard.")
    sound: Path | None = setting(None, "A table of j2a-train sure: real sound among what is heard. Needs the next two.")
    encoded: Path | None = setting(None, "What j2a-train encode made of its clips.")
    projector: Path | None = setting(None, "Folder where the projector that is trained along begins.")
    sound_share: float = setting(0.6, "Share of real sound among the pairs that say what is heard.")
    evaluate_every: int = setting(250, "Steps between evaluations; each saves.")
    final_captions: int = setting(100, "Captions that are written and scored at the end.")
    seed: int = setting(0, "Seed of the weights and of the data.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(1, "width", "depth", "mlp_width", "heads", "key_value_heads", "vocabulary_size")
        self._at_least(1, "steps", "evaluate_every", "threads")
        self._at_least(0, "warmup", "final_captions")
        self._shares("sound_share")
        if self.width % self.heads or self.heads % self.key_value_heads:
            raise ValueError("width must be a multiple of heads, and heads of key_value_heads")
        if not 0 < self.decay_share <= 1:
            raise ValueError(f"decay_share is {self.decay_share}, not a share above 0")
        if len({self.sound is None, self.encoded is None, self.projector is None}) > 1:
            raise ValueError("real sound takes sound, encoded and projector, all three")
        if self.tags_share < 0 or self.heard_share < 0 or self.tags_share + self.heard_share > 1:
            raise ValueError("tags_share and heard_share are shares, together at most 1")
