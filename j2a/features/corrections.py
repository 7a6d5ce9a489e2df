"""What a person says of a file against the measurement, laid over the features of each of its clips.

Tempo, meter and key hold for the whole file, as a song's own do, and so for each of its clips. A downbeat and a chord
belong to their place in time: they count in the clips that hold that place. What was measured is never changed, so a
correction outlives every new measurement, and taking it back shows what was measured. Pure numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from j2a.clip import Clip
from j2a.features.counting import bars, counted
from j2a.features.record import Chord, Features, Tempo
from j2a.records import asdict, dataclass

_SIMPLE = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4)  # of two tempi that may be counted in one music
_SAME = 0.04  # how far a ratio may be off one of these
BPM_RANGE = (20.0, 400.0)


@dataclass(frozen=True, slots=True)
class Corrections:
    """Of one file. Times are seconds of the file; ``None`` and empty where the measurement stands."""

    bpm: float | None = None
    meter: str | None = None  # "3/4"
    key: str | None = None  # "A minor"
    downbeats: tuple[float, ...] = ()  # rising; where a bar begins, one for each clip that was nudged
    chords: tuple[Chord, ...] = ()  # rising, none over another

    def __bool__(self) -> bool:
        return self != NONE

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types, of what was corrected."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Corrections:
        """The inverse of :meth:`to_json`. Raises ``ValueError``, ``TypeError``, ``KeyError`` or ``AttributeError``."""
        known: dict[str, Any] = {name: data[name] for name in ("bpm", "meter", "key") if name in data}
        chords = tuple(Chord(**chord) for chord in data.get("chords", ()))
        times = [time_s for chord in chords for time_s in (chord.start_s, chord.end_s)]
        features = Features.from_json({**known, "downbeats": list(data.get("downbeats", ())),
                                       "chords": [asdict(chord) for chord in chords]})  # which looks at the values
        if times != sorted(times):
            raise ValueError("chords lie over each other")
        return cls(features.bpm, features.meter, features.key, tuple(features.downbeats), chords)

    def changed(self, before: Corrections, after: Corrections) -> Corrections:
        """With what somebody has made ``after`` of ``before``; what another has said meanwhile of the rest stays."""
        names = [field.name for field in fields(self)]
        return replace(self, **{name: getattr(after, name) for name in names
                                if getattr(after, name) != getattr(before, name)})

    def within(self, clip: Clip) -> Corrections:
        """What of it counts in a clip."""
        return replace(
            self,
            downbeats=tuple(time_s for time_s in self.downbeats if _holds(clip, time_s)),
            chords=tuple(one for one in self.chords if one.end_s > clip.start_s and one.start_s < _end(clip)),
        )

    def applied(self, features: Features, clip: Clip) -> Features:
        """What was measured in a clip with the corrections in its place, named in ``corrected``."""
        here = self.within(clip)
        if not here:
            return features
        new = replace(features, unknown=dict(features.unknown), corrected=[])
        if here.bpm is not None:
            new.beats = _beats(features, here.bpm, clip)
            new.bpm, new.bpm_candidates, new.bpm_sure = here.bpm, [Tempo(here.bpm, 1.0)], True
        if here.meter is not None:
            new.meter = here.meter
        if here.key is not None:
            new.key, new.key_probability = here.key, None
        if here.downbeats:
            new.beats = _shifted(new.beats, here.downbeats[0] - clip.start_s)
        if here.bpm is not None or here.meter is not None or here.downbeats:
            anchor = here.downbeats[0] - clip.start_s if here.downbeats else next(iter(features.downbeats), None)
            new.downbeats = bars(new, anchor)
        if here.chords:
            new.chords = _with_chords(features.chords, here.chords, clip)
        names = ("bpm", "meter", "key", "downbeats", "chords")
        new.corrected = [name for name in names if getattr(here, name) not in (None, ())]
        for name in new.corrected:
            new.unknown.pop(name, None)
        return new

    def with_downbeat(self, time_s: float, clip: Clip) -> Corrections:
        """A bar begins here; what was said of that in the same clip counts no more."""
        kept = [one for one in self.downbeats if not _holds(clip, one)]
        return replace(self, downbeats=tuple(sorted([*kept, time_s])))

    def with_chord(self, chord: Chord) -> Corrections:
        """This chord sounds here, whatever was said of that time before."""
        return replace(self, chords=tuple(_cut_in(self.chords, chord)))

    def without(self, name: str, clip: Clip) -> Corrections:
        """The measurement stands again: for the file, or of downbeats and chords for a clip."""
        if name in ("downbeats", "chords"):
            here = getattr(self.within(clip), name)
            changes: dict[str, Any] = {name: tuple(one for one in getattr(self, name) if one not in here)}
        else:
            changes = {name: None}
        return replace(self, **changes)


NONE = Corrections()


def _end(clip: Clip) -> float:
    return math.inf if clip.end_s is None else clip.end_s


def _holds(clip: Clip, time_s: float) -> bool:
    return clip.start_s <= time_s < _end(clip)


def _beats(features: Features, bpm: float, clip: Clip) -> list[float]:
    """Those measured, counted otherwise where the tempi are in a simple ratio; else, or without any, an even grid."""
    beats = features.beats
    if features.bpm is not None and len(beats) > 1:
        ratio = bpm / features.bpm
        for simple in _SIMPLE:
            if abs(ratio / simple - 1) <= _SAME:
                first = next(iter(features.downbeats), beats[0])
                anchor = min(range(len(beats)), key=lambda place: abs(beats[place] - first))
                return list(beats) if simple == 1 else counted(beats, simple, anchor)
    end_s = clip.duration_s if clip.duration_s is not None else (beats[-1] if beats else 0.0)
    first = next(iter(features.downbeats or beats), 0.0)
    return _even(first, 60.0 / bpm, end_s)


def _even(through_s: float, interval_s: float, end_s: float) -> list[float]:
    start_s = through_s % interval_s
    count = max(0, math.ceil((end_s - start_s) / interval_s - 1e-9))
    return [round(start_s + place * interval_s, 3) for place in range(count)]


def _shifted(beats: Sequence[float], downbeat_s: float) -> list[float]:
    """All by as much as brings the nearest one to the downbeat."""
    if not beats:
        return [round(downbeat_s, 3)]
    by_s = downbeat_s - min(beats, key=lambda time_s: abs(time_s - downbeat_s))
    return [round(time_s + by_s, 3) for time_s in beats if time_s + by_s >= 0]


def _with_chords(measured: Sequence[Chord], yours: Sequence[Chord], clip: Clip) -> list[Chord]:
    """Times from the clip's start."""
    chords = list(measured)
    length_s = _end(clip) - clip.start_s
    for one in yours:
        start_s, end_s = max(0.0, one.start_s - clip.start_s), min(length_s, one.end_s - clip.start_s)
        chords = _cut_in(chords, Chord(round(start_s, 3), round(end_s, 3), one.label))
    return chords


def _cut_in(chords: Sequence[Chord], new: Chord) -> list[Chord]:
    """One more in the place of what sounded there; neighbours that are the same become one."""
    kept = [new]
    for one in chords:
        if one.start_s < new.start_s:
            kept.append(replace(one, end_s=min(one.end_s, new.start_s)))
        if one.end_s > new.end_s:
            kept.append(replace(one, start_s=max(one.start_s, new.end_s)))
    merged: list[Chord] = []
    for one in sorted(kept, key=lambda chord: chord.start_s):
        if merged and merged[-1].label == one.label and abs(merged[-1].end_s - one.start_s) < 1e-6:
            merged[-1] = replace(merged[-1], end_s=one.end_s)
        else:
            merged.append(one)
    return merged
