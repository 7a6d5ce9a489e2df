"""What the readers of audio files have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a file holds. ``frames`` is a close estimate for formats that do not store their length."""

    sample_rate: int  # Hz
    channels: int
    frames: int  # samples of one channel
    duration_s: float
    format: str  # the container as libsndfile or FFmpeg calls it, such as "FLAC", "mov"


class Source(Protocol):
    """One open file."""

    info: AudioInfo

    def seek(self, frame: int) -> None:
        """Make ``frame`` (0 .. info.frames) the next one that is read."""

    def read(self, frames: int) -> NDArray[np.float32]:
        """(n <= frames, channels); n == 0 at the end."""

    def close(self) -> None:
        """Release the file."""
