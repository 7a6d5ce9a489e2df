"""Files whose samples are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 44_100


def tone(seconds: float, rate: int = RATE, channels: int = 2, hz: float = 440.0) -> NDArray[np.float32]:
    """(T, channels): a sine that gets louder with time, so that every moment is unlike every other."""
    times = np.arange(round(seconds * rate)) / rate
    one = 0.7 * np.sin(2 * np.pi * hz * times) * (0.1 + 0.9 * times / seconds)
    return np.stack([one * (1 - 0.1 * n) for n in range(channels)], axis=1).astype(np.float32)


def written(folder: Path, suffix: str, container: str, subtype: str, samples: NDArray[np.float32],
            rate: int = RATE) -> Path:
    path = folder / f"tone.{suffix}"
    soundfile.write(path, samples, rate, format=container, subtype=subtype)
    return path
