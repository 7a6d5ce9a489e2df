"""Short pieces with known truth: a plan (style, tempo, meter, key, chords) becomes notes.

Everything random comes from one seed. Bass, chords, melody and drums all follow the plan, and every instrument plays
in the piece's key: registers differ by whole octaves only.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from training.captions.facts import ALL_KEYS
from training.synth.styles import DRUMS, INSTRUMENTS, PROGRESSIONS, STYLES, Bar
from training.synth.theory import Key, Triad, nearest

BASS_LOW, LEAD_LOW, LEAD_HIGH = 33, 62, 86  # MIDI pitches
SLOW_BAR_S = 3.2  # in longer bars the harmony moves twice
SHORTEST_S = 0.02  # a note that has less than this left at the end of the piece is not played


@dataclass(frozen=True, slots=True)
class Note:
    """One note or drum stroke."""

    part: str  # "bass", "chords", "pad", "lead", "drums"
    start_s: float
    end_s: float
    pitch: int  # MIDI; for drums the General MIDI percussion key
    velocity: int  # 1 to 127


@dataclass(frozen=True, slots=True)
class Plan:
    """What a piece is to be. ``melody`` overrides the invented one: (scale degree, beats) pairs, degree 0 a rest."""

    style: str
    bpm: float
    beats_per_bar: int
    key: str
    progression: str  # Roman numerals, repeated
    duration_s: float
    instruments: dict[str, str]  # part -> name in styles.INSTRUMENTS; "drums" -> "drums"
    bar: Bar
    chords_per_bar: int = 1
    lead_in_s: float = 0.0
    melody: tuple[tuple[int, float], ...] = ()
    melody_octave: int = 5
    bars: int | None = None  # stop after so many bars, the last one a held tonic chord; else play to the end
    comp_near: int = 60  # MIDI pitch about which chords are voiced
    octaves: tuple[tuple[str, int], ...] = ()  # part -> octaves up, for instruments of another register
    touch: float = 1.0  # factor on every velocity: played softly or hard
    drum_kit: int = 0  # General MIDI program of the drum channel

    @property
    def meter(self) -> str:
        """"4/4", "3/4"; two beats to the bar are the dotted ones of "6/8"."""
        return {2: "6/8"}.get(self.beats_per_bar, f"{self.beats_per_bar}/4")


@dataclass(frozen=True, slots=True)
class Piece:
    """Notes and the truth about them."""

    plan: Plan
    notes: list[Note]
    beats: list[float]  # seconds
    downbeats: list[float]
    chords: list[tuple[float, float, str]]  # start and end in seconds, Harte label

    def truth(self) -> dict[str, Any]:
        """The truth as JSON types, named as in ``j2a.features.Features`` where both have it."""
        plan = self.plan
        return {
            "bpm": plan.bpm, "beats": [round(t, 4) for t in self.beats],
            "downbeats": [round(t, 4) for t in self.downbeats], "meter": plan.meter, "key": plan.key,
            "chords": [{"start_s": round(a, 4), "end_s": round(b, 4), "label": label} for a, b, label in self.chords],
            "style": plan.style, "progression": plan.progression, "instruments": dict(plan.instruments),
            "duration_s": plan.duration_s,
        }


def random_plan(seed: int, duration_s: float = 10.0) -> Plan:
    """A plan drawn from all styles, keys, tempi and meters; the same for the same seed."""
    rng = random.Random(seed)
    meter = 3 if rng.random() < 0.4 else 4
    style = rng.choice([style for style in STYLES if meter in style.bars])
    key = Key.parse(rng.choice(ALL_KEYS))
    bar = rng.choice(style.bars[meter])
    instruments = {"bass": rng.choice(style.bass), "chords": rng.choice(style.comp)}
    instruments["lead"] = rng.choice([name for name in style.lead if name != instruments["chords"]])
    if style.pad and rng.random() < 0.5:
        instruments["pad"] = rng.choice(style.pad)
    if bar.drums and rng.random() < style.drum_share:
        instruments["drums"] = "drums"
    bpm = round(rng.uniform(*style.tempo), 1)
    return Plan(style.name, bpm, meter, key.name, rng.choice(PROGRESSIONS[key.mode]), duration_s, instruments, bar,
                chords_per_bar=2 if meter == 4 and meter * 60 / bpm > SLOW_BAR_S else 1,
                lead_in_s=round(rng.uniform(0.05, 0.4), 3), comp_near=style.comp_near)


def compose(plan: Plan, seed: int = 0) -> Piece:
    """Write the piece. The same plan and seed give the same notes."""
    return _Composer(plan, random.Random(seed)).compose()


class _Composer:
    def __init__(self, plan: Plan, rng: random.Random) -> None:
        self.plan, self.rng = plan, rng
        self.key = Key.parse(plan.key)
        self.octaves = dict(plan.octaves)
        self.beat_s = 60.0 / plan.bpm
        self.triads = [self.key.triad(numeral) for numeral in plan.progression.split()]
        self.notes: list[Note] = []
        self.lead = nearest(self.key.tonic, 72)

    def compose(self) -> Piece:
        plan = self.plan
        bar_s = plan.beats_per_bar * self.beat_s
        beats: list[float] = []
        downbeats: list[float] = []
        chords: list[tuple[float, float, str]] = [(0.0, plan.lead_in_s, "N")] if plan.lead_in_s else []
        bar, start_s = 0, plan.lead_in_s
        while start_s < plan.duration_s and (plan.bars is None or bar < plan.bars):
            last = plan.bars is not None and bar == plan.bars - 1
            beats += [start_s + n * self.beat_s for n in range(1 if last else plan.beats_per_bar)]
            downbeats.append(start_s)
            spans = self._chords_of(bar, start_s, bar_s, last)
            if last:
                spans = [(start_s, plan.duration_s, spans[0][2])]
                self._ending(start_s, spans[0][2])
            else:
                self._play_bar(bar, start_s, spans)
            chords += [(a, b, triad.label) for a, b, triad in spans]
            bar, start_s = bar + 1, start_s + bar_s
        if plan.melody:
            self._written_melody()
        end_s = plan.duration_s
        notes = [note for note in self.notes if note.start_s < end_s - SHORTEST_S]
        return Piece(
            plan, sorted(notes, key=lambda note: (note.start_s, note.part, note.pitch)),
            [t for t in beats if t < end_s], [t for t in downbeats if t < end_s],
            _joined([(a, min(b, end_s), label) for a, b, label in chords if a < end_s]))

    def _chords_of(self, bar: int, start_s: float, bar_s: float, last: bool) -> list[tuple[float, float, Triad]]:
        if last:
            return [(start_s, start_s + bar_s, self.triads[0])]
        parts = self.plan.chords_per_bar
        return [(start_s + n * bar_s / parts, start_s + (n + 1) * bar_s / parts,
                 self.triads[(bar * parts + n) % len(self.triads)]) for n in range(parts)]

    def _play_bar(self, bar: int, start_s: float, spans: list[tuple[float, float, Triad]]) -> None:
        plan, playing = self.plan, self.plan.instruments
        bar_s = plan.beats_per_bar * self.beat_s

        def triad_at(time_s: float) -> Triad:
            return next(triad for _, end_s, triad in spans if time_s < end_s - 1e-6)

        if "bass" in playing:
            for symbol, a, b in _steps(plan.bar.bass, start_s, bar_s):
                root = nearest(triad_at(a).root, BASS_LOW + 5)
                offset = {"r": 0, "5": 7, "8": 12}[symbol]
                self._add("bass", a, b - 0.02, root + offset, 92)
        if "chords" in playing:
            for symbol, a, b in _steps(plan.bar.comp, start_s, bar_s):
                low, middle, high = triad_at(a).voicing(plan.comp_near)
                chosen = {"x": (low, middle, high), "1": (low,), "2": (middle,), "3": (high,), "4": (low + 12,)}[symbol]
                for pitch in chosen:
                    self._add("chords", a, b - 0.02, pitch, 72 if symbol == "x" else 80)
        if "pad" in playing:
            for a, b, triad in spans:
                for pitch in triad.voicing(62):
                    self._add("pad", a, b, pitch, 54)
        if "lead" in playing and not plan.melody:
            self._invent_melody(start_s, bar_s, triad_at)
        if "drums" in playing:
            for drum, pattern in plan.bar.drums.items():
                loudness = 100 if drum in ("kick", "snare", "clap") else 70
                for symbol, a, _ in _steps(pattern, start_s, bar_s):
                    self._add("drums", a, a + 0.1, DRUMS[drum], loudness if symbol == "x" else loudness - 35)
            if bar % 8 == 0 and plan.bars is not None:
                self._add("drums", start_s, start_s + 1.0, DRUMS["crash"], 70)

    def _invent_melody(self, start_s: float, bar_s: float, triad_at: Any) -> None:
        """Chord tones on the beats, steps of the scale between them; the seventh is raised under a major dominant."""
        for index, (_, a, b) in enumerate(_steps(self.rng.choice(self.plan.bar.melody), start_s, bar_s)):
            triad: Triad = triad_at(a)
            on_beat = abs((a - start_s) / self.beat_s - round((a - start_s) / self.beat_s)) < 1e-6
            if index == 0 or (on_beat and self.rng.random() < 0.6):
                pool = set(triad.pitch_classes)
            else:
                pool = set(self.key.scale)
                if self.key.mode == "minor" and triad.pitch_classes[1] == (self.key.tonic + 11) % 12:
                    pool = (pool - {(self.key.tonic + 10) % 12}) | {(self.key.tonic + 11) % 12}
            options = [p for p in range(self.lead - 5, self.lead + 6)
                       if p % 12 in pool and LEAD_LOW <= p <= LEAD_HIGH and p != self.lead]
            weights = [1.0 / abs(p - self.lead) * (1.3 if LEAD_LOW + 6 < p < LEAD_HIGH - 6 else 1.0) for p in options]
            self.lead = self.rng.choices(options, weights)[0]
            self._add("lead", a, b - 0.02, self.lead, 96)

    def _written_melody(self) -> None:
        time_s = self.plan.lead_in_s
        for degree, beats in self.plan.melody:
            if degree:
                self._add("lead", time_s, time_s + beats * self.beat_s - 0.03,
                          self.key.pitch(degree, self.plan.melody_octave), 98)
            time_s += beats * self.beat_s

    def _ending(self, start_s: float, triad: Triad) -> None:
        """A held tonic chord, let ring to the end of the clip."""
        end_s = self.plan.duration_s - 0.8
        if "bass" in self.plan.instruments:
            self._add("bass", start_s, end_s, nearest(triad.root, BASS_LOW + 5), 92)
        for part, velocity in (("chords", 74), ("pad", 54)):
            if part in self.plan.instruments:
                for pitch in triad.voicing(self.plan.comp_near):
                    self._add(part, start_s, end_s, pitch, velocity)
        if "drums" in self.plan.instruments:
            self._add("drums", start_s, start_s + 2, DRUMS["crash"], 84)
            self._add("drums", start_s, start_s + 0.2, DRUMS["kick"], 100)

    def _add(self, part: str, start_s: float, end_s: float, pitch: int, velocity: int) -> None:
        """One note, a few milliseconds and a few steps of loudness off, as played by a hand."""
        shift_s = self.rng.gauss(0.0, 0.004)
        loudness = min(127, max(1, round((velocity + round(self.rng.gauss(0, 5))) * self.plan.touch)))
        pitch += 12 * self.octaves.get(part, 0)
        start_s = max(0.0, start_s + shift_s)
        self.notes.append(Note(part, start_s, max(start_s + 0.05, end_s), pitch, loudness))


def _steps(pattern: str, start_s: float, bar_s: float) -> Iterator[tuple[str, float, float]]:
    """(symbol, start, end) in seconds of each note of a one-bar pattern; see :mod:`training.synth.styles`."""
    step_s = bar_s / len(pattern)
    for index, symbol in enumerate(pattern):
        if symbol in ".-":
            continue
        length = 1
        while index + length < len(pattern) and pattern[index + length] == "-":
            length += 1
        yield symbol, start_s + index * step_s, start_s + (index + length) * step_s


def _joined(chords: list[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """Neighbouring segments of the same chord as one."""
    joined: list[tuple[float, float, str]] = []
    for start_s, end_s, label in chords:
        if joined and joined[-1][2] == label:
            joined[-1] = (joined[-1][0], end_s, label)
        else:
            joined.append((start_s, end_s, label))
    return joined


def programs(plan: Plan) -> dict[str, int]:
    """General MIDI program of each part but the drums."""
    return {part: INSTRUMENTS[name] for part, name in plan.instruments.items() if part != "drums"}
