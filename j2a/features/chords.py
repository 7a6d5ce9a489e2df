"""Major and minor chords with start and end, by madmom's convolutional network and conditional random field."""

from __future__ import annotations

from j2a.features.networks import Networks
from j2a.features.record import Chord


def measure_chords(heard: Networks, slower: float = 1.0) -> list[Chord]:
    """Chord segments from the clip's start to its end, without gaps; Harte labels: "A:min", "C#:maj", "N" (none).

    madmom's ``CNNChordFeatureProcessor`` and ``CRFChordRecognitionProcessor`` (Korzeniowski and Widmer, MLSP 2016),
    10 frames a second. ``slower``: by which factor what was heard lasts longer than the clip.
    """
    return [
        Chord(round(start_s / slower, 3), round(end_s / slower, 3), label) for start_s, end_s, label in heard.chords()
    ]
