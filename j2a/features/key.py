"""The musical key, by madmom's convolutional network."""

from __future__ import annotations

import numpy as np

from j2a.features.networks import Networks

# Chance is 0.042. Noise of any colour reached 0.18 at most, drones and speech 0.28, clips with a clear key 0.37 and
# more (18, 9 and 50 clips).
MIN_KEY_PROBABILITY = 0.3
# As madmom spells them, in the order of its network's answers.
KEYS = (
    *(f"{tonic} major" for tonic in ("A", "Bb", "B", "C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab")),
    *(f"{tonic} minor" for tonic in ("A", "Bb", "B", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#")),
)


def measure_key(heard: Networks) -> tuple[str | None, float | None, str | None]:
    """(key such as "A minor" or "F# major", its probability, ``None``), or (``None``, ``None``, the reason).

    The network is madmom's ``CNNKeyRecognitionProcessor`` (Korzeniowski and Widmer, ISMIR 2018), on 2 s at least.
    """
    probabilities = heard.key()
    best = float(probabilities.max())
    if not np.isfinite(best):
        return None, None, "The key network gave no finite answer."
    if best < MIN_KEY_PROBABILITY:
        return None, None, f"No key stands out: the likeliest has a probability of only {best:.2f}."
    return KEYS[int(probabilities.argmax())], best, None
