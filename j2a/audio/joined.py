"""Sources made of sources: files of several parts, and files that can only be read from their beginning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from j2a.audio.record import AudioInfo, Source

_BLOCK = 1 << 16  # frames that are passed over at a time


class JoinedSource:
    """Parts of one sample rate, one behind the other; mono parts sound in all channels of the others."""

    def __init__(self, opened: Sequence[Callable[[], Source]], infos: Sequence[AudioInfo]) -> None:
        """``opened`` opens each part, ``infos`` tells what it holds."""
        self._openers = opened
        self._starts = [0, *accumulate(info.frames for info in infos)]
        channels, frames = max(info.channels for info in infos), self._starts[-1]
        self.info = replace(infos[0], channels=channels, frames=frames, duration_s=frames / infos[0].sample_rate)
        self._number, self._position, self._part = 0, 0, opened[0]()

    def seek(self, frame: int) -> None:
        """Make ``frame`` the next one that is read."""
        number = next((n for n in range(len(self._openers)) if frame < self._starts[n + 1]), len(self._openers) - 1)
        self._go_to(number)
        self._part.seek(frame - self._starts[number])
        self._position = frame

    def read(self, frames: int) -> NDArray[np.float32]:
        """(n <= frames, channels). A part is as long as it told: what follows has its place in time from that."""
        while self._position >= self._starts[self._number + 1] and self._number + 1 < len(self._openers):
            self._go_to(self._number + 1)
        last = self._number + 1 == len(self._openers)
        block = self._part.read(frames if last else min(frames, self._starts[self._number + 1] - self._position))
        if frames and not len(block) and not last:  # it ends before its time, as the last packet of some codecs does
            silent = min(frames, self._starts[self._number + 1] - self._position)
            block = np.zeros((silent, self.info.channels), np.float32)
        self._position += len(block)
        missing = self.info.channels - block.shape[1]
        return np.concatenate([block, np.repeat(block[:, :1], missing, axis=1)], axis=1) if missing else block

    def close(self) -> None:
        """Release the file."""
        self._part.close()

    def _go_to(self, number: int) -> None:
        if number != self._number:
            self._part.close()
            self._number, self._part = number, self._openers[number]()


class ReadThroughSource:
    """A file whose seeks lead astray, or that does not know its length: it is decoded from its beginning."""

    def __init__(self, opened: Callable[[], Source], frames: int | None = None) -> None:
        """``opened`` opens the file anew; ``frames``: its length, if it was counted before."""
        self._opened = opened
        self._source = opened()
        told = self._source.info
        if frames is None:
            frames = 0
            while passed := len(self._source.read(_BLOCK)):
                frames += passed
            self._source.close()
            self._source = opened()
        self.info = replace(told, frames=frames, duration_s=frames / told.sample_rate)
        self._position = 0

    def seek(self, frame: int) -> None:
        """Make ``frame`` the next one that is read."""
        if frame < self._position:
            self._source.close()
            self._source, self._position = self._opened(), 0
        while self._position < frame:
            passed = len(self._source.read(min(_BLOCK, frame - self._position)))
            if not passed:
                break
            self._position += passed

    def read(self, frames: int) -> NDArray[np.float32]:
        """(n <= frames, channels)."""
        block = self._source.read(max(0, min(frames, self.info.frames - self._position)))
        self._position += len(block)
        return block

    def close(self) -> None:
        """Release the file."""
        self._source.close()
