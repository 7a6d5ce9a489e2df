"""One half of MusicCaps (Agostinelli et al., MusicLM, 2023; CC BY-SA 4.0) without its audio: captions and aspects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.datasets.published import PUBLISHED


@dataclass(frozen=True, slots=True)
class MusicCapsRow:
    """One captioned section of a YouTube video."""

    ytid: str
    start_s: float
    end_s: float
    aspects: tuple[str, ...]
    caption: str


def read_musiccaps(path: Path, split: Literal["train", "eval"]) -> list[MusicCapsRow]:
    """The rows of one official split (``is_audioset_eval``). Raises ``J2AError`` when the file is something else."""
    return [
        MusicCapsRow(entry.recording, entry.start_s, entry.end_s or entry.start_s, entry.aspects, entry.captions[0])
        for entry in PUBLISHED["musiccaps"].read_file(path)
        if (entry.split == "test") == (split == "eval")
    ]
