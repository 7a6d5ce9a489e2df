"""One piece of the second composer, drawn from the idioms: everything that its notes follow from."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from training.synth.other.drums import GROOVES
from training.synth.other.harmony import FORMS, Span, key_name, read_form, spans_of
from training.synth.other.idioms import IDIOMS, Idiom
from training.synth.other.instruments import INSTRUMENTS, KITS, Instrument

BEATS = {"4/4": 4, "3/4": 3, "6/8": 2}
_SLOWEST, _FASTEST = 50.0, 196.0
_LOW_ROLES = ("walk", "twofeel", "roots", "riff", "tumbao", "octaves", "offbeats", "held", "ground", "oompah")
# Role -> the pitches in which it sits, where the instrument reaches them.
_REGISTERS = {"left": (40, 64), "broken": (50, 84), "picked": (43, 76), "comp": (50, 74), "power": (40, 62),
              "chug": (40, 55), "pads": (50, 77), "block": (52, 76), "tune": (57, 90), "arp": (52, 86)}  # fmt: skip
_ODD_PAIRING = 0.2  # share of the tunes that an instrument of any family plays
_BORROWED_TUNE = [one for one in INSTRUMENTS.values() if one.high > 60]


@dataclass(frozen=True, slots=True)
class Part:
    """Who plays what, and where in the room."""

    name: str  # unique in the piece
    role: str
    instrument: Instrument | None  # None: the drums
    low: int  # MIDI pitches, both included
    high: int
    gain_db: float = 0.0  # beside what is usual for its role
    place: float = 0.0  # -1 left to 1 right


@dataclass(frozen=True, slots=True)
class Plan:
    """A piece and the window of it that is the clip."""

    idiom: Idiom
    bpm: float
    meter: str
    tonic: int  # pitch class
    mode: str  # in harmony.SCALES
    spans: tuple[Span, ...]  # the chords, from ``entry`` to behind the clip's end
    parts: tuple[Part, ...]
    groove: str | None
    kit: int
    swing: float
    touch: float  # how hard everything is played, 0.4 to 1.1
    loose_s: float  # how far hands are off
    cents: float  # how much higher than A = 440 Hz it is tuned
    cut_s: float  # where in the piece the clip begins; below zero: silence comes first
    upbeat: float  # beats before ``entry`` in which the tune alone plays
    entry: float  # beat at which all others begin
    gap: tuple[float, float]  # beats between which only ``gap_keeps`` plays; (0, 0) for none
    gap_keeps: str
    last: float | None  # beat on which the piece ends with a held chord
    duration_s: float

    @property
    def beats_per_bar(self) -> int:
        """Of quarters, in 6/8 of dotted ones."""
        return BEATS[self.meter]

    @property
    def beat_s(self) -> float:
        """Length of a beat."""
        return 60.0 / self.bpm

    @property
    def beats(self) -> float:
        """How many beats are written: a little more than the clip shows."""
        return self.spans[-1].end

    @property
    def key(self) -> str | None:
        """As the truth spells it."""
        return key_name(self.tonic, self.mode)

    def chord_span(self, beat: float) -> Span:
        """The chord at a beat."""
        return next((span for span in self.spans if beat < span.end - 1e-6), self.spans[-1])

    def after(self, span: Span) -> Span:
        """The next chord, at the end the same."""
        place = self.spans.index(span)
        return self.spans[min(place + 1, len(self.spans) - 1)]


def draw_plan(seed: int, duration_s: float = 10.0) -> Plan:
    """The plan of one clip; the same for the same seed."""
    rng = random.Random(f"other plan {seed}")
    idiom = rng.choices(IDIOMS, [one.weight for one in IDIOMS])[0]
    meter = rng.choices(list(idiom.meters), list(idiom.meters.values()))[0]
    low, high = idiom.bpm if meter != "6/8" else (idiom.bpm[0] * 2 / 3, idiom.bpm[1] * 2 / 3)
    bpm = round(math.exp(rng.uniform(math.log(max(_SLOWEST, low)), math.log(min(_FASTEST, high)))), 1)
    bar, beat_s = BEATS[meter], 60.0 / bpm
    source = rng.choice(idiom.sources)
    mode = rng.choice(list(FORMS[source]))
    grooves = [name for name in idiom.grooves if meter in GROOVES[name]]
    groove = rng.choice(grooves) if grooves and (not idiom.parts or rng.random() < idiom.drums) else None
    begins = rng.random() < 0.4  # the piece, with the clip; else it has been playing for a while
    entry = float(bar) if begins and idiom.parts else 0.0
    upbeat = rng.choice((0.0, 0.0, *(() if bar == 2 else (1.0,)), bar / 2)) if entry else 0.0
    lead_s = rng.uniform(0.05, 0.4)
    cut_s = (entry - upbeat) * beat_s - lead_s if begins else rng.uniform(0.5, 1.5) * bar * beat_s
    end = (cut_s + duration_s) / beat_s
    tonic = rng.randrange(12)
    spans = _harmony(rng, rng.choice(FORMS[source][mode]), tonic, bar, beat_s, cut_s / beat_s - entry, end)
    spans = [Span(span.start + entry, span.end + entry, span.chord) for span in spans]
    parts = _parts(rng, idiom)
    if groove:
        parts.append(Part("drums", "drums", None, 0, 127, _gain(rng)))
    gap, keeps = _gap(rng, parts, bar, cut_s / beat_s, end, duration_s)
    closes = begins and rng.random() < 0.3 and duration_s > 6
    return Plan(
        idiom, bpm, meter, tonic, mode, tuple(spans), tuple(parts), groove,
        rng.choice(KITS[rng.choice(idiom.kits)]), rng.uniform(*idiom.swing) if meter != "6/8" else 0.5,
        rng.uniform(0.45, 1.1), rng.uniform(0.003, 0.014), rng.uniform(-30, 30) if rng.random() < 0.4 else 0.0,
        cut_s, upbeat, entry, gap, keeps, (end // bar - 1) * bar if closes else None, duration_s,
    )  # fmt: skip


def _harmony(
    rng: random.Random, form: str, tonic: int, bar: int, beat_s: float, start: float, end: float
) -> list[Span]:
    """The form at its pace, from a chord on from which its tonic is reached before half of the clip is over."""
    pace = 0.5 if bar * beat_s > 3.0 and bar == 4 else 2 if bar * beat_s < 1.3 else 1
    chords = read_form(form, tonic)
    home = chords[0][0].root
    for first in rng.sample(range(len(chords)), len(chords)):
        spans = spans_of(form, tonic, first, bar * pace, end + bar)
        early = [span for span in spans if span.end > start + bar and span.start < (start + end) / 2]
        if any(span.chord.root == tonic for span in early):
            return spans
    home_first = 0 if home == tonic else next(n for n, (chord, _) in enumerate(chords) if chord.root == tonic)
    return spans_of(form, tonic, home_first, bar * pace, end + bar)


def _parts(rng: random.Random, idiom: Idiom) -> list[Part]:
    parts: list[Part] = []
    odd = rng.random() < _ODD_PAIRING and len(idiom.parts) > 1 and not any(": same" in one for one in idiom.parts)
    last = ""
    for number, text in enumerate(idiom.parts):
        text, _, chance = text.partition(" ?")
        role, _, names = text.partition(": ")
        name = last if names == "same" else rng.choice(names.split(" | "))
        last = name
        if chance and rng.random() > float(chance):
            continue
        instrument = rng.choice(_BORROWED_TUNE) if odd and role == "tune" else INSTRUMENTS[name]
        low, high = _register(role, instrument, rng)
        parts.append(Part(f"{number} {role}", role, instrument, low, high, _gain(rng), rng.uniform(-0.8, 0.8)))
    return parts


def _register(role: str, instrument: Instrument, rng: random.Random) -> tuple[int, int]:
    """An octave and a half at least, within the instrument's range."""
    if role in _LOW_ROLES:
        return instrument.low, min(instrument.high, max(instrument.low + 19, 52))
    low, high = _REGISTERS.get(role, (52, 80))
    shift = rng.choice((-5, 0, 0, 4))
    low = max(instrument.low, min(low + shift, instrument.high - 19))
    return low, min(instrument.high, max(high + shift, low + 19))


def _gain(rng: random.Random) -> float:
    return max(-4.5, min(4.5, rng.gauss(0.0, 2.2)))


def _gap(
    rng: random.Random, parts: list[Part], bar: int, start: float, end: float, duration_s: float
) -> tuple[tuple[float, float], str]:
    """A break: for a bar or half of it one part is left alone, or nobody."""
    if rng.random() > 0.22 or duration_s < 6 or end - start < 4 * bar or len(parts) < 2:
        return (0.0, 0.0), ""
    first = (start // bar + rng.randrange(2, max(3, int((end - start) // bar)))) * bar
    length = rng.choice((bar, bar / 2))
    return (first + bar - length, first + bar), rng.choice(("", *(part.name for part in parts), parts[-1].name))
