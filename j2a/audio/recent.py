"""The clip that was decoded last: several listen to it in turn, each at its own sample rate."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KEPT_S = 30.0  # 16 MB of stereo and its mono
# Where all channels but one are silent, their mean has 1 / channels squared of its energy. A mean that has
# less than this share of that is what is left where channels cancel each other.
_ABSURD = 1e10  # full scale is 1; integers of 32 bits that were stored as floats go up to 2e9
_CANCELLED = 0.1
_Key = tuple[object, ...]


class Block:
    """Some decoded samples, and their mono where somebody asks for it. Not to be written into."""

    def __init__(self, samples: NDArray[np.float32]) -> None:
        self.samples = samples  # (n, channels)
        samples.setflags(write=False)

    @cached_property
    def mono(self) -> NDArray[np.float32]:
        """:func:`mono_of` the samples."""
        mono = mono_of(self.samples)
        mono.setflags(write=False)
        return mono


class Recent:
    """Remembers one short clip. Threads that ask for it at once wait for the first of them to decode it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: _Key | None = None
        self._blocks: list[Block] = []

    def blocks(
        self, path: Path, part: tuple[float, ...], read: Callable[[], Iterable[NDArray[np.float32]]]
    ) -> Iterator[Block]:
        """What ``read`` gives of a ``part`` of a file, or gave the last time. Raises what it raises."""
        with self._lock:
            key = (path, version_of(path), part)
            if key != self._key:
                self._key, self._blocks = None, []  # its memory first
                self._blocks = [Block(block) for block in read()]
                self._key = key
            blocks = self._blocks
        yield from blocks


def version_of(path: Path) -> tuple[int, ...]:
    """What tells a file as it is now from what it was or will be; nothing of one that whoever opens it complains of."""
    try:
        about = path.stat()
    except OSError:
        return ()
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns


def mono_of(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, channels) to (n,): the channels' mean, or the loudest one where they cancel each other in it.

    One channel upside down leaves nothing of the music in the mean: a wrong cable, a "widened" or a karaoke track.
    Of damaged floats, which nothing that measures can add up, comes infinity or NaN, which it refuses.
    """
    channels = np.ascontiguousarray(block.T)
    with np.errstate(over="ignore", invalid="ignore"):
        mean: NDArray[np.float32] = channels.sum(axis=0, dtype=np.float32)
        mean /= np.float32(len(channels))
        energies = [_energy(channel) for channel in channels]
        cancelled = len(channels) > 1 and _energy(mean) < _CANCELLED / len(channels) ** 2 * max(energies)
    mono: NDArray[np.float32] = channels[int(np.argmax(energies))] if cancelled else mean
    if max(energies, default=0.0) > _ABSURD**2:
        mono = np.where(np.abs(mono) > _ABSURD, np.float32(np.inf), mono)
    return mono


def _energy(samples: NDArray[np.float32]) -> float:
    """The sum of squares."""
    energy = float(np.dot(samples, samples))
    return energy if math.isfinite(energy) else float(np.square(samples, dtype=np.float64).sum())
