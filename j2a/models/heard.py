"""What heads on an audio encoder are sure of, as plain values. Loads nothing."""

from __future__ import annotations

from j2a.records import dataclass

# Families as a caption names them, in the order of every list; a bass line comes last, as a listener would name it.
FAMILIES = (
    "piano", "guitar", "strings", "brass", "woodwinds", "mallets", "organ", "synth", "harp", "choir", "bass",
)  # fmt: skip
ENERGIES = ("calm", "moderate", "energetic")
SLOWEST_BPM, FASTEST_BPM = 45.0, 220.0  # that an encoder tells


@dataclass(frozen=True, slots=True)
class Heard:
    """Only what clears its threshold; the rest nobody is sure of."""

    instruments: tuple[str, ...] = ()  # of FAMILIES; others may play too
    distortion: bool = False  # the guitar is overdriven or distorted
    drums: bool | None = None
    energy: str | None = None  # "calm" or "energetic"
    bpm: float | None = None
    meter: str | None = None  # "3/4", "4/4" or "6/8"
    no_bass: bool = False  # surely none
    alone: bool = False  # no other family plays beside the likeliest one, and no drums


NOTHING_HEARD = Heard()
