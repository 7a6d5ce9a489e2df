"""The musical key, by madmom's convolutional network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from j2a.features.madmom_door import madmom, processor

# Chance is 0.042. Noise of any colour reached 0.18 at most, drones and speech 0.28, clips with a clear key 0.37 and
# more (18, 9 and 50 clips).
MIN_KEY_PROBABILITY = 0.3


def key_probabilities(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probability of each of madmom's 24 keys, float64 (24,).

    ``samples``: float32 (T,), mono, 44,100 Hz, at least 2 s. madmom's ``CNNKeyRecognitionProcessor``
    (Korzeniowski and Widmer, ISMIR 2018).
    """
    network = processor("key network", lambda madmom: madmom.features.key.CNNKeyRecognitionProcessor())
    probabilities: NDArray[np.float64] = np.asarray(network(samples), np.float64)[0]
    return probabilities


def measure_key(samples: NDArray[np.float32]) -> tuple[str | None, float | None, str | None]:
    """(key such as "A minor" or "F# major", its probability, ``None``), or (``None``, ``None``, the reason)."""
    probabilities = key_probabilities(samples)
    best = float(probabilities.max())
    if not np.isfinite(best):
        return None, None, "The key network gave no finite answer."
    if best < MIN_KEY_PROBABILITY:
        return None, None, f"No key stands out: the likeliest has a probability of only {best:.2f}."
    label: str = madmom().features.key.key_prediction_to_label(probabilities)
    return label, best, None
