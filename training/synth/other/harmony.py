"""Harmony of the second composer: forms in a small notation, chords with sevenths and ninths, scales, voicings.

A form is chords in a row, each ``degree[:kind][/bass degree][*bars]``: "1 b7/1 5:9*2". Degrees are semitones above the
tonic, named as those of the major scale. Every kind holds a major or a minor triad, so that the label of a chord in
the truth is exact.
"""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from training.captions.facts import MAJOR_KEYS, MINOR_KEYS

_DEGREES = {"1": 0, "b2": 1, "2": 2, "b3": 3, "3": 4, "4": 5, "#4": 6, "5": 7, "b6": 8, "6": 9, "b7": 10, "7": 11}
KINDS = {
    "maj": (0, 4, 7), "maj7": (0, 4, 7, 11), "add9": (0, 4, 7, 2), "maj9": (0, 4, 7, 11, 2), "7": (0, 4, 7, 10),
    "9": (0, 4, 7, 10, 2), "13": (0, 4, 7, 10, 9), "min": (0, 3, 7), "min7": (0, 3, 7, 10), "min9": (0, 3, 7, 10, 2),
    "min11": (0, 3, 7, 10, 5), "madd9": (0, 3, 7, 2),
}  # fmt: skip
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10), "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10), "lydian": (0, 2, 4, 6, 7, 9, 11), "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "blues": (0, 2, 4, 5, 7, 9, 10),
}  # fmt: skip
_ROOTS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_TOKEN = re.compile(r"([b#]?[1-7])(?::(\w+))?(?:/([b#]?[1-7]))?(?:\*(\d))?")

# Source -> mode -> forms. The mode "blues" is a major one over dominant sevenths, of which nobody could say for sure
# whether it is major: its key is left out of the truth.
FORMS: dict[str, dict[str, tuple[str, ...]]] = {
    "vamp": {
        "dorian": ("1:min7 4:9", "1:min9*2 2:min7*2", "1:min11*2 b7:add9 4:9"),
        "mixolydian": ("1:9*2 b7:add9*2", "1 5:min7 4:add9 1", "1:7 4/1 b7/1 1:7"),
        "lydian": ("1:maj9 2/1", "1:maj7*2 7:min7 2:add9"),
        "phrygian": ("1:min b2:maj7", "1:min7*2 b2:maj7 b3"),
        "minor": ("1:madd9 b6:maj7", "1:min9 5:min7", "1:min7*2 b7:add9 4:min7"),
    },
    "circle": {
        "major": ("1:maj7 4:maj7 3:min7 6:min7 2:min7 5:9 1:maj9*2", "3:min7 6:min9 2:min7 5:13 1:maj7*2",
                  "2:min9 5:13 1:maj9 6:7"),
        "minor": ("1:min7 4:min7 b7:9 b3:maj7 b6:maj7 4:min9 5:7 1:min7", "4:min9 b7:13 b3:maj9 5:7 1:min9*2"),
    },
    "secondary": {
        "major": ("1 3:7 6:7 2:7 5:7 1", "1 6:7/3 2:min 5:7", "1 1:7/b7 4/6 2:7 5:7 1", "1:maj7 3:7 6:min7 2:9 5:13 1"),
        "minor": ("1:min 1:7 4:min b7:7 b3 5:7", "1:min 2:7/#4 5:7 1:min"),
    },
    "pedal": {
        "major": ("1 4/1 5:7/1 1", "1/5 4/5 5:7 5:9", "1 2:min/1 b7/1 1"),
        "minor": ("1:min b7/1 b6/1 b7/1", "1:min 4:min/1 5/1 1:min", "1:min/5 5 b6/5 5:7 1:min*2"),
    },
    "borrowed": {
        "major": ("1 1:7 4 4:min", "1 b3 4 b6", "1:add9 b7 4:min 1", "1 b6:maj7 b7:add9 1", "1 5:min7 4:add9 4:min"),
        "minor": ("1:min 4 b6 5", "1:min b2 5 1:min", "1:min7 4:9 b6:maj7 5:7"),
    },
    "blues": {
        "blues": ("1:7*4 4:7*2 1:7*2 5:7 4:7 1:7 5:7", "1:9 4:9 1:9*2 4:9*2 1:9 6:7 2:9 5:9 1:9 5:9", "1:7*2 4:7 1:7"),
        "minor": ("1:min7*4 4:min7*2 1:min7*2 b6:7 5:7 1:min7*2", "1:min7*2 4:min7 1:min7"),
    },
    "ground": {
        "major": ("1 5/7 6:min 1/5 4 1/3 2:min 5", "1 5 6:min 3:min 4 1 4 5", "1 3:min/7 6:min 4 1/5 5:7"),
        "minor": ("1:min 5:min/b7 b6 5", "1:min b7 b3 b7/2 1:min b7 4:min 5", "1:min 1:min/b7 4/6 b6 5:7 1:min"),
    },
    "drone": {
        "dorian": ("1:min*4",), "mixolydian": ("1*4",), "minor": ("1:min*3 b7",), "phrygian": ("1:min*2 b2/1 1:min",),
        "major": ("1*2 1:add9 4/1",),
    },
}  # fmt: skip


class Chord(NamedTuple):
    """A chord by pitch classes (0 is C)."""

    root: int
    kind: str  # in KINDS
    bass: int

    @property
    def tones(self) -> tuple[int, ...]:
        """Root, third, fifth, then what is above."""
        return tuple((self.root + step) % 12 for step in KINDS[self.kind])

    @property
    def label(self) -> str:
        """Its triad in Harte notation, as madmom writes it: the vocabulary of the truth has no others."""
        return f"{_ROOTS[self.root]}:{'min' if KINDS[self.kind][1] == 3 else 'maj'}"


class Span(NamedTuple):
    """A chord from one beat to another."""

    start: float
    end: float
    chord: Chord


def read_form(form: str, tonic: int) -> list[tuple[Chord, int]]:
    """The chords of a form and how many bars each takes. Raises ``ValueError`` for a token that is none."""
    found = []
    for token in form.split():
        match = _TOKEN.fullmatch(token)
        if match is None or (match[2] or "maj") not in KINDS:
            raise ValueError(f"{token!r} is not a chord of a form")
        root = (tonic + _DEGREES[match[1]]) % 12
        bass = (tonic + _DEGREES[match[3]]) % 12 if match[3] else root
        found.append((Chord(root, match[2] or "maj", bass), int(match[4] or 1)))
    return found


def spans_of(form: str, tonic: int, first: int, bar: float, beats: float) -> list[Span]:
    """The form from its chord number ``first`` on, around and around; one of its bars is ``bar`` beats."""
    chords = read_form(form, tonic)
    spans: list[Span] = []
    while not spans or spans[-1].end < beats:
        chord, bars = chords[(first + len(spans)) % len(chords)]
        start = spans[-1].end if spans else 0.0
        spans.append(Span(start, start + bars * bar, chord))
    return spans


def key_name(tonic: int, mode: str) -> str | None:
    """The key as the truth spells it; None for the blues."""
    if mode == "blues":
        return None
    names = MAJOR_KEYS if SCALES[mode][2] == 4 else MINOR_KEYS
    return f"{names[tonic]} {mode}"


def scale_over(chord: Chord, tonic: int, mode: str) -> frozenset[int]:
    """The pitch classes to sing over a chord: the mode's, of which foreign tones of the chord push out neighbours."""
    scale = {(tonic + step) % 12 for step in SCALES[mode]}
    for tone in chord.tones:
        if tone not in scale:
            scale -= {near for near in ((tone + 1) % 12, (tone - 1) % 12) if near not in chord.tones}
            scale.add(tone)
    return frozenset(scale)


def pitches(classes: frozenset[int] | tuple[int, ...], low: int, high: int) -> list[int]:
    """All pitches of some classes from ``low`` to ``high``, ascending."""
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in classes]


def close_to(pitch_class: int, near: int, low: int, high: int) -> int:
    """The pitch of a class nearest to ``near`` within a range of an octave or more."""
    return min(pitches((pitch_class,), low, high), key=lambda pitch: (abs(pitch - near), pitch))


def voice(chord: Chord, size: int, low: int, high: int, before: tuple[int, ...], rng: random.Random) -> tuple[int, ...]:
    """``size`` tones of a chord between ``low`` and ``high``, moving little from the voicing ``before``.

    Close, or spread by dropping the second voice from the top an octave. Root and third are always there.
    """
    root, third, fifth, *above = chord.tones
    chosen = ([third, root, *above, fifth] if above else [root, third, fifth, root])[: max(2, size)]
    found: list[tuple[int, ...]] = []
    for turn in range(len(chosen)):
        order = chosen[turn:] + chosen[:turn]
        for bottom in pitches((order[0],), low, high):
            close = [bottom]
            for tone in order[1:]:
                close.append(close[-1] + ((tone - close[-1]) % 12 or 12))
            dropped = sorted([*close[:-2], close[-2] - 12, close[-1]])
            found += [tuple(one) for one in (close, dropped) if one[0] >= low and one[-1] <= high]
    if not found:  # a range that is too narrow: the tones in it, as they come
        return tuple(close_to(tone, (low + high) // 2, low, max(high, low + 11)) for tone in chosen)
    middle = (low + high) / 2

    def effort(one: tuple[int, ...]) -> float:
        moved = sum(min(abs(pitch - was) for was in before) for pitch in one) if before else 0.0
        return moved + 0.3 * abs(sum(one) / len(one) - middle) + rng.random()

    return min(found, key=effort)
