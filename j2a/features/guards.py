"""What must be true of sound before it is measured: madmom answers silence, noise and NaN with confident nonsense."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from j2a.audio.silence import SILENCE_PEAK
from j2a.features.madmom_door import SAMPLE_RATE
from j2a.features.record import DAMAGED, SILENT, Engine

MIN_DURATION_S = 2.0  # key activations are NaN below about 1.5 s
# Memory sets the limits: ours takes about 0.8 GB an hour on top of 0.1 GB, madmom's beat decoder 9.5 MB a second.
MAX_DURATION_S: dict[Engine, float] = {"fast": 2 * 3600.0, "madmom": 600.0}


class Unmeasurable(Exception):  # noqa: N818 - an answer more than an error; never leaves this package
    """Nothing can be measured in a sound; the message says why, in one sentence."""


def checked(blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """The same blocks of mono samples at 44.1 kHz, float32 (n,), looked at on their way.

    Raises ``Unmeasurable`` as soon as it is clear that nothing can be measured, at the latest after the last block.
    """
    length, peak = 0, 0.0
    for block in blocks:
        if block.ndim != 1:
            raise ValueError(f"expected mono samples (n,), not an array of shape {block.shape}")
        if not np.isfinite(block).all():
            raise Unmeasurable(DAMAGED)
        length += len(block)
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
        yield block
    if length < MIN_DURATION_S * SAMPLE_RATE:
        raise Unmeasurable(
            f"The section is too short: {length / SAMPLE_RATE:.1f} s, and at least {MIN_DURATION_S:.0f} s are needed."
        )
    if peak < SILENCE_PEAK:
        raise Unmeasurable(f"{SILENT} (no sample above {20 * np.log10(SILENCE_PEAK):.0f} dBFS).")


def too_long(duration_s: float, engine: Engine) -> str | None:
    """Why a section of that length is not measured by an engine; ``None`` if it is."""
    limit_s = MAX_DURATION_S[engine]
    if duration_s <= limit_s:
        return None
    return (
        f"The section is {duration_s / 60:.0f} minutes long: measuring more than {limit_s / 60:.0f} minutes at once "
        "would take too much memory. Choose a shorter section."
    )
