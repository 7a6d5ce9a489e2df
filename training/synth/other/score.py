"""What the second composer writes: notes in beats, then the same as they are played, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """A written note or drum stroke. Beats are quarters, in 6/8 dotted ones; beat 0 is the first downbeat."""

    at: float
    lasts: float
    pitch: int  # MIDI; for drums the General MIDI percussion key
    force: float  # 0 to 1, before the piece's touch
    late_s: float = 0.0  # after its beat on purpose, as the strings of a strummed chord are


@dataclass(frozen=True, slots=True)
class Played:
    """A note as it sounds; the clip begins at 0 s, what was struck before has less."""

    start_s: float
    end_s: float
    pitch: int
    velocity: int  # 1 to 127
