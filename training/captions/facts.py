"""The vocabulary of what can be true of a clip: ``Row.facts``, what captions are made of and judged by.

Keys of ``Row.facts``, all optional, named as in ``j2a.features.Features`` where both have them:

* ``bpm`` float, ``meter`` "4/4", ``key`` "A minor", ``chords`` [{"start_s", "end_s", "label"}] (Harte labels)
* ``downbeats``: seconds from the clip's start, where a person has put them right
* ``tempo``: one of ``TEMPI``; a caption of what is heard names ``bpm`` in steps, see :func:`named_bpm`
* ``instruments``: sorted list of the ``FAMILIES`` that are heard, complete: what is not listed does not play
* ``drums``, ``vocals``, ``distortion`` (an overdriven or distorted guitar): bool
* ``energy``: one of ``ENERGIES``
* ``style``: free text
"""

from __future__ import annotations

from j2a.models.heard import ENERGIES, FASTEST_BPM, SLOWEST_BPM

__all__ = ["ALL_KEYS", "ENERGIES", "FAMILIES", "FASTEST_BPM", "METERS", "NAMED_BPM", "SLOWEST_BPM", "TEMPI"]

# Those of j2a.models.heard, in the order in which encoders learn them. As a caption names them: electric pianos are
# pianos, plucked strings are strings, saxophones are woodwinds.
# Drums are told apart from the rest, in ``Row.facts["drums"]``.
FAMILIES = (
    "piano",
    "mallets",  # glockenspiel, celesta, music box, vibraphone, marimba
    "organ",
    "guitar",
    "bass",
    "strings",
    "harp",
    "choir",
    "brass",
    "woodwinds",
    "synth",
)
TEMPI = ("slow", "moderate", "fast")
METERS = ("4/4", "3/4", "6/8")
# Keys as madmom spells them, in order of pitch class.
MAJOR_KEYS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
ALL_KEYS = (*(f"{tonic} major" for tonic in MAJOR_KEYS), *(f"{tonic} minor" for tonic in MINOR_KEYS))
SLOW_BELOW_BPM, FAST_FROM_BPM = 84.0, 118.0
# The tempi that captions of what is heard name, about 3 % apart: as fine as they can be heard in ten seconds.
_STEPS = 48
_RATIO = FASTEST_BPM / SLOWEST_BPM
NAMED_BPM: tuple[int, ...] = tuple(round(SLOWEST_BPM * _RATIO ** ((step + 0.5) / _STEPS)) for step in range(_STEPS))


def tempo_class(bpm: float) -> str:
    """ "slow" below 84 BPM, "fast" from 118, "moderate" between."""
    return "slow" if bpm < SLOW_BELOW_BPM else "fast" if bpm >= FAST_FROM_BPM else "moderate"


def named_bpm(bpm: float) -> int:
    """The nearest of ``NAMED_BPM``: at most 1.7 % away between 46 and 216 BPM."""
    return min(NAMED_BPM, key=lambda one: abs(one / bpm - 1))
