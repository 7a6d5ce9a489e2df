"""Slower or faster at the same pitch, block by block, by the Rubber Band library (pylibrb).

It is an extra, for its licence (GPL) and because not every machine has a wheel of it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from j2a.extras import install

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLOCK = 4096  # frames that are handed over at a time


def is_there() -> bool:
    """Whether the library is installed; it is not loaded by that."""
    return find_spec("pylibrb") is not None


def missing() -> str:
    """What is said without it."""
    return f"Another speed needs the Rubber Band library: {install('speed')}, then start again."


class Stretcher:
    """Sound in, the same at another speed out: float32 (n, channels), any n. Raises ``ImportError`` without it.

    As many seconds come out as went in, divided by ``speed``, once ``last`` has said that there is no more.
    """

    def __init__(self, channels: int, rate: int, speed: float) -> None:
        from pylibrb import Option, RubberBandStretcher

        self._stretcher = RubberBandStretcher(
            sample_rate=rate, channels=channels, initial_time_ratio=1 / speed,
            options=Option.PROCESS_REALTIME | Option.ENGINE_FINER | Option.CHANNELS_TOGETHER,
        )
        self._stretcher.set_max_process_size(_BLOCK)
        self._channels, self._speed = channels, speed
        self._taken = self._given = 0  # frames
        self._skipped = self._stretcher.get_start_delay()  # of what comes out first; it belongs to the padding
        self._put(self._silence(self._stretcher.get_preferred_start_pad()))

    def feed(self, samples: NDArray[np.float32], *, last: bool) -> NDArray[np.float32]:
        """What comes out next; it lags behind what goes in by a few hundredths of a second."""
        import numpy as np

        self._taken += len(samples)
        self._put(samples)
        wanted = round(self._taken / self._speed) - self._given
        if last:  # push out what it still holds
            self._put(self._silence(self._skipped + 4 * _BLOCK))
        out: NDArray[np.float32] = self._stretcher.retrieve_available().T
        skip = min(self._skipped, len(out))
        self._skipped -= skip
        out = np.ascontiguousarray(out[skip : skip + wanted] if last else out[skip:], np.float32)
        self._given += len(out)
        return out

    def _silence(self, frames: int) -> NDArray[np.float32]:
        import numpy as np

        return np.zeros((frames, self._channels), np.float32)

    def _put(self, samples: NDArray[np.float32]) -> None:
        import numpy as np

        for first in range(0, len(samples), _BLOCK):
            self._stretcher.process(np.ascontiguousarray(samples[first : first + _BLOCK].T))
