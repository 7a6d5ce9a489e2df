"""madmom's own processors on one section of sound: the reference that our faster code is compared with.

Imported only when it is asked for: madmom takes a second to load, and scipy with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a.features.madmom_door import FPS, processor

BEATS_PER_BAR = [3, 4]


class MadmomNetworks:
    """madmom's own processors, with their own settings."""

    def __init__(self, blocks: Iterable[NDArray[np.float32]]) -> None:
        self._samples = np.concatenate(list(blocks))

    def downbeats(self) -> NDArray[np.float32]:
        network = processor("downbeat network", lambda madmom: madmom.features.downbeats.RNNDownBeatProcessor())
        activations: NDArray[np.float32] = network(self._samples)
        return activations

    def beats(self) -> NDArray[np.float32]:
        network = processor("beat network", lambda madmom: madmom.features.beats.RNNBeatProcessor())
        activations: NDArray[np.float32] = network(self._samples)
        return activations

    def bars(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = processor("downbeat decoder", _bar_decoder)(activations)
        return found

    def tempi(self) -> NDArray[np.float64]:
        histogram = processor("tempo", lambda madmom: madmom.features.tempo.TempoEstimationProcessor(fps=FPS))
        candidates: NDArray[np.float64] = histogram(self.beats())
        return candidates

    def key(self) -> NDArray[np.float32]:
        network = processor("key network", lambda madmom: madmom.features.key.CNNKeyRecognitionProcessor())
        probabilities: NDArray[np.float32] = np.asarray(network(self._samples), np.float32)[0]
        return probabilities

    def chord_features(self) -> NDArray[np.float32]:
        network = processor("chord network", lambda madmom: madmom.features.chords.CNNChordFeatureProcessor())
        return np.asarray(network(self._samples), np.float32)

    def chords(self) -> list[tuple[float, float, str]]:
        decoder = processor("chord decoder", lambda madmom: madmom.features.chords.CRFChordRecognitionProcessor())
        return [(float(start_s), float(end_s), str(label)) for start_s, end_s, label in decoder(self.chord_features())]


def _bar_decoder(package: Any) -> Any:
    return package.features.downbeats.DBNDownBeatTrackingProcessor(beats_per_bar=BEATS_PER_BAR, fps=FPS)
