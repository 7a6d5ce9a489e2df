"""What must be true of sound before it is measured: madmom answers silence, noise and NaN with confident nonsense."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from j2a.features.madmom_door import SAMPLE_RATE

MIN_DURATION_S = 2.0  # key activations are NaN below about 1.5 s
MAX_DURATION_S = 600.0  # beat decoding takes about 9.5 MB of memory a second of sound
SILENCE_PEAK = 1e-3  # -60 dBFS


def fault(samples: NDArray[np.float32]) -> str | None:
    """Why nothing can be measured in float32 (T,) mono samples at 44.1 kHz, as one sentence; ``None`` if it can."""
    if samples.ndim != 1:
        raise ValueError(f"expected mono samples (T,), not an array of shape {samples.shape}")
    if len(samples) < MIN_DURATION_S * SAMPLE_RATE:
        return (
            f"The section is too short: {len(samples) / SAMPLE_RATE:.1f} s, and at least "
            f"{MIN_DURATION_S:.0f} s are needed."
        )
    if not np.isfinite(samples).all():
        return "The samples hold NaN or infinite values: the file is damaged."
    peak = float(np.abs(samples).max())
    if peak < SILENCE_PEAK:
        return f"The section is silent (no sample above {20 * np.log10(SILENCE_PEAK):.0f} dBFS)."
    return None


def too_long(duration_s: float) -> str | None:
    """Why a section of that length is not measured; ``None`` if it is."""
    if duration_s <= MAX_DURATION_S:
        return None
    return (
        f"The section is {duration_s / 60:.0f} minutes long: measuring more than {MAX_DURATION_S / 60:.0f} minutes "
        "at once would take too much memory. Choose a shorter section."
    )
