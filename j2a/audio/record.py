"""What the readers of audio files have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from j2a.errors import AudioError
from j2a.records import dataclass

MOST_CHANNELS = 64  # ambisonics of the seventh order
SAMPLE_RATES = (1_000, 1_000_000)  # Hz; studios record at up to 768,000
FEWEST_BITS = 16  # a second, of the sparsest file that can be meant so: FLAC's silence has 80


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a file holds. ``frames`` is a close estimate for formats that do not store their length."""

    sample_rate: int  # Hz
    channels: int
    frames: int  # samples of one channel
    duration_s: float
    format: str  # the container as libsndfile or FFmpeg calls it, such as "FLAC", "mov"
    note: str = ""  # what of the file is not read, in a sentence


class Source(Protocol):
    """One open file."""

    info: AudioInfo

    def seek(self, frame: int) -> None:
        """Make ``frame`` (0 .. info.frames) the next one that is read."""

    def read(self, frames: int) -> NDArray[np.float32]:
        """(n <= frames, channels); n == 0 at the end."""

    def close(self) -> None:
        """Release the file."""


class AbsurdError(AudioError):
    """A header asks for more memory than any music is worth."""


def implausible(info: AudioInfo, size: int) -> bool:
    """Whether no file of so many bytes can be meant to be that long."""
    return info.frames > info.sample_rate * size * 8 / FEWEST_BITS


def refuse_absurd(path: Path, channels: int, sample_rate: int) -> None:
    """Raise :class:`AbsurdError` for channels or a rate that no music has."""
    lowest, highest = SAMPLE_RATES
    if not 0 < channels <= MOST_CHANNELS or not lowest <= sample_rate <= highest:
        raise AbsurdError(
            f"{path.name} says that it has {channels:,} {'channel' if channels == 1 else 'channels'} at "
            f"{sample_rate:,} Hz, which is not music.",
            f"J2A reads up to {MOST_CHANNELS} channels, from {lowest:,} to {highest:,} Hz. The file may be damaged.",
        )
