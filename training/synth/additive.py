"""A soundfont of computed instruments for the training corpus: each seed builds other ones.

``python -m training.synth.additive SEED OUT.sf2``. Soundfonts are few, and an encoder learns their samples by heart.
Where a sum of partials is what an instrument is (organs, synthesisers, electric pianos) or comes near it (bars and
strings that are struck or plucked), its parameters can be drawn at random: as many instruments as there are seeds.
Bowed and blown ones are left to recordings. Ratios of bars are those of N. Fletcher and T. Rossing, "The Physics of
Musical Instruments", 2nd ed., ch. 2 and 19; of stiff strings, ch. 12.

P partials, T samples at 32 kHz.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from j2a.console import errors_shown, narrate
from training.synth.recordings import SAMPLE_RATE, levelled
from training.synth.soundfont import Recorded, write_soundfont

SUSTAINED_S, STRUCK_S = 5.0, 4.0  # how long notes are
_EVERY = 6  # semitones between the notes of an instrument
_TOP_HZ = 13_000.0  # of partials
_STEP = 128  # samples between the points of an envelope
_MIDDLE = 57  # the pitch that times are given for: A3
_FOREVER = 1e6  # seconds

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tone:
    """An instrument: partials, how they die away, and what is done to their sum."""

    ratios: NDArray[np.float64]  # (P,) of the fundamental
    levels: NDArray[np.float64]  # (P,)
    decays_s: NDArray[np.float64]  # (P,) until a partial has fallen by 60 dB, at A3; an octave up it takes half of it
    attack_s: float = 0.003
    cents: tuple[float, ...] = (0.0,)  # detuned voices
    cutoff: tuple[float, float, float] = (1e9, 1e9, 1.0)  # of a lowpass: Hz at first and later, time constant in s
    vibrato: tuple[float, float] = (5.0, 0.0)  # Hz, cents
    tremolo: tuple[float, float] = (5.0, 0.0)  # Hz, share of the level
    noise: tuple[float, float] = (0.0, 0.05)  # level beside the tone, seconds that it lasts
    body: tuple[tuple[float, float], ...] = ()  # resonances: Hz, gain
    drive: float = 0.0
    tuning: tuple[int, ...] = tuple(range(33, 100, _EVERY))  # MIDI pitches that are computed


def play(tone: Tone, pitch: int, rng: np.random.Generator) -> Array:
    """One note at a MIDI ``pitch``: float32 (T,) from -1 to 1; ``rng`` draws phases and noise."""
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    sustained = bool(tone.decays_s.max() >= _FOREVER)
    length = round((SUSTAINED_S if sustained else STRUCK_S) * SAMPLE_RATE)
    times = np.arange(length, dtype=np.float32) / SAMPLE_RATE
    points = times[::_STEP]
    first, later, constant_s = tone.cutoff
    cutoff = later + (first - later) * np.exp(-points / max(1e-3, constant_s))
    sway = np.zeros(length, np.float32)  # seconds by which vibrato runs ahead
    if tone.vibrato[1]:
        depth = (2 ** (tone.vibrato[1] / 1200) - 1) / (2 * np.pi * tone.vibrato[0])
        sway = (depth * np.sin(2 * np.pi * tone.vibrato[0] * times)).astype(np.float32)
    sound = np.zeros(length, np.float32)
    for cents in tone.cents:
        for ratio, level, decay_s in zip(tone.ratios, tone.levels, tone.decays_s, strict=True):
            at = hz * ratio * 2 ** (cents / 1200)
            if at > _TOP_HZ or level < 1e-4:
                continue
            faster = 1.0 if sustained else 2 ** ((pitch - _MIDDLE) / 12)
            gain = level * (1 + sum(g * np.exp(-((np.log2(at / f) / 0.3) ** 2)) for f, g in tone.body))
            envelope = gain * 10 ** (-3 * points * faster / decay_s) / np.sqrt(1 + (at / cutoff) ** 4)
            phase = np.float32(at) * (times + sway) + np.float32(rng.random())
            sound += np.interp(times, points, envelope).astype(np.float32) * np.sin(2 * np.pi * (phase % 1))
    sound /= np.float32(max(1e-9, np.abs(sound).max()))
    noisy, lasts_s = tone.noise
    if noisy:
        hiss = rng.standard_normal(length).astype(np.float32) * np.exp(-times / np.float32(lasts_s))
        sound += np.float32(noisy) * np.convolve(hiss, np.ones(4, np.float32) / 4, "same")
    if tone.drive:
        sound = np.tanh(np.float32(tone.drive) * sound)
    sound *= 1 - np.float32(tone.tremolo[1] / 2) * (1 + np.sin(np.float32(2 * np.pi * tone.tremolo[0]) * times))
    return levelled((sound * np.minimum(1, times / np.float32(tone.attack_s))).astype(np.float32))


def _harmonics(count: int = 72) -> NDArray[np.float64]:
    return np.arange(1, count + 1, dtype=np.float64)


def _stiff(rng: random.Random, most: float) -> NDArray[np.float64]:
    """Ratios of a string that is a little stiff."""
    numbers = _harmonics()
    stretched = numbers * np.sqrt(1 + rng.uniform(0.05, 1.0) * most * numbers**2)
    return np.asarray(stretched / stretched[0])


def _body(rng: random.Random, low: float, high: float) -> tuple[tuple[float, float], ...]:
    return tuple((rng.uniform(low, high), rng.uniform(0.3, 2.5)) for _ in range(rng.randint(2, 4)))


def _string(rng: random.Random, *, place: tuple[float, float], dull: tuple[float, float], lasts: tuple[float, float],
            stiff: float = 2e-4) -> Tone:  # fmt: skip
    """A string struck or plucked at a ``place`` of its length; higher partials are weaker and die away sooner."""
    numbers = _harmonics()
    levels = np.abs(np.sin(np.pi * numbers * rng.uniform(*place))) / numbers ** rng.uniform(*dull)
    decays = rng.uniform(*lasts) / (1 + rng.uniform(0.06, 0.35) * (numbers - 1))
    noise = (rng.uniform(0.0, 0.15), rng.uniform(0.004, 0.03))
    return Tone(_stiff(rng, stiff), levels, decays, rng.uniform(0.001, 0.005), noise=noise, body=_body(rng, 90, 2500))


def _piano(rng: random.Random, detuned: float, dull: tuple[float, float]) -> Tone:
    tone = _string(rng, place=(0.09, 0.15), dull=dull, lasts=(6.0, 14.0), stiff=5e-4)
    strings = (-rng.uniform(0.3, 1.0) * detuned, 0.0, rng.uniform(0.3, 1.0) * detuned)
    return replace(tone, cents=strings, tuning=tuple(range(27, 106, _EVERY)))


def _electric_piano(rng: random.Random, tine: float) -> Tone:
    """A few soft partials and a bright one that dies away soon, as a tine or a modulator of high ratio sounds."""
    high = round(rng.uniform(5, 14)) + rng.uniform(-0.02, 0.02)
    ratios = np.array([1.0, 2, 3, 4, 5, high])
    levels = np.array([1.0, *(rng.uniform(0.1, 0.9) * rng.uniform(0.3, 0.6) ** n for n in range(4)), tine])
    decays = np.array([9.0, 7, 5, 4, 3, rng.uniform(0.2, 0.8)]) * rng.uniform(0.7, 1.3)
    detuned = rng.choice(((0.0,), (-3.0, 3.0), (-6.0, 6.0)))
    tremolo = rng.uniform(3, 6), rng.choice((0.0, rng.uniform(0.1, 0.5)))
    return Tone(ratios, levels, decays, cents=detuned, tremolo=tremolo, drive=rng.uniform(0.3, 1.6))


def _bar(rng: random.Random, ratios: tuple[float, ...], lasts: tuple[float, float], hard: float) -> Tone:
    off = np.array([1.0, *(ratio * rng.uniform(0.95, 1.05) for ratio in ratios[1:])])
    levels = np.array([hard**n * rng.uniform(0.5, 1.3) for n in range(len(ratios))])
    decays = rng.uniform(*lasts) / np.array([(1 + n) ** rng.uniform(0.8, 1.8) for n in range(len(ratios))])
    return Tone(off, levels, decays, rng.uniform(0.0005, 0.003), noise=(rng.uniform(0.0, 0.2), 0.01),
                tuning=tuple(range(45, 112, _EVERY)))  # fmt: skip


def _drawbars(rng: random.Random, *, percussion: float = 0.0, drive: float = 0.0) -> Tone:
    """An electric organ: nine sines at levels in steps of 3 dB, under a rotating loudspeaker."""
    ratios = np.array([0.5, 1.5, 1, 2, 3, 4, 5, 6, 8])
    levels = np.array([10 ** (-0.15 * (8 - bar)) * (bar > 0) for bar in (rng.randint(0, 8) for _ in ratios)])
    levels[2] = max(levels[2], 0.35)
    decays = np.full(len(ratios), _FOREVER)
    if percussion:
        ratios, levels = np.append(ratios, rng.choice((2.0, 3.0))), np.append(levels, percussion)
        decays = np.append(decays, rng.uniform(0.3, 1.0))
    turns = rng.choice((rng.uniform(0.6, 1.0), rng.uniform(5.5, 7.5)))
    return Tone(ratios, levels, decays, rng.uniform(0.003, 0.01), vibrato=(turns, rng.uniform(0, 12)),
                tremolo=(turns, rng.uniform(0.0, 0.4)), noise=(rng.uniform(0.0, 0.15), 0.006), drive=drive)  # fmt: skip


def _pipes(rng: random.Random) -> Tone:
    """Ranks of pipes at the unison, its octaves and a twelfth, some of them sounding."""
    numbers = _harmonics(24)
    levels = np.zeros(24)
    for rank, chance in ((1, 1.0), (2, 0.8), (3, 0.3), (4, 0.6), (8, 0.3)):
        if rng.random() < chance:
            slope, count = rng.uniform(0.9, 2.2), 24 // rank
            levels[rank - 1 : rank * count : rank] += rng.uniform(0.4, 1.0) / _harmonics(count) ** slope
    return Tone(numbers, levels, np.full(24, _FOREVER), rng.uniform(0.02, 0.12),
                cents=(-rng.uniform(0, 4), rng.uniform(0, 4)), noise=(rng.uniform(0.0, 0.05), 0.08))  # fmt: skip


def _wave(rng: random.Random, *shapes: str) -> NDArray[np.float64]:
    numbers, shape = _harmonics(), rng.choice(shapes)
    if shape == "saw":
        return 1 / numbers
    if shape == "triangle":
        return (numbers % 2) / numbers**2
    width = 0.5 if shape == "square" else rng.uniform(0.1, 0.45)
    return np.asarray(np.abs(np.sin(np.pi * numbers * width)) / numbers)


def _oscillators(rng: random.Random, *shapes: str) -> Tone:
    """Detuned oscillators, as a subtractive synthesiser has them before its lowpass."""
    spread, count = rng.uniform(2, 16), rng.choice((1, 2, 2, 3, 4))
    cents = [rng.uniform(-spread, spread) for _ in range(count)]
    tuned = tuple(one - sum(cents) / count for one in cents)  # together they are in tune
    levels = _wave(rng, *shapes)
    return Tone(_harmonics(), levels, np.full(len(levels), _FOREVER), rng.uniform(0.003, 0.03), cents=tuned,
                vibrato=(rng.uniform(4, 6.5), rng.choice((0.0, rng.uniform(3, 20)))))  # fmt: skip


def _lead(rng: random.Random, *shapes: str) -> Tone:
    low, high = rng.uniform(900, 4000), rng.uniform(3000, 12000)
    return replace(_oscillators(rng, *shapes), cutoff=(high, low, rng.uniform(0.1, 1.5)))


def _pad(rng: random.Random, *shapes: str) -> Tone:
    ends = rng.uniform(500, 2500), rng.uniform(900, 7000)
    tone = replace(_oscillators(rng, *shapes), attack_s=rng.uniform(0.05, 0.7), noise=(rng.uniform(0, 0.02), 3.0))
    first, later = rng.sample(ends, 2)
    return replace(tone, cutoff=(first, later, rng.uniform(0.5, 3.0)), tuning=tuple(range(36, 91, _EVERY)))


def _synth_bass(rng: random.Random) -> Tone:
    tone = replace(_oscillators(rng, "saw", "square", "pulse", "triangle"), vibrato=(5.0, 0.0))
    return replace(tone, cutoff=(rng.uniform(600, 4000), rng.uniform(150, 900), rng.uniform(0.05, 0.5)))


def _bass(rng: random.Random, place: tuple[float, float], dull: tuple[float, float]) -> Tone:
    return _string(rng, place=place, dull=dull, lasts=(4.0, 14.0))


def _guitar(rng: random.Random, dull: tuple[float, float]) -> Tone:
    return _string(rng, place=(0.07, 0.35), dull=dull, lasts=(3.0, 9.0))


def _distorted(rng: random.Random, low: float, high: float) -> Tone:
    """A string through a dark amplifier that is driven hard."""
    tone = replace(_string(rng, place=(0.07, 0.3), dull=(0.7, 1.3), lasts=(12.0, 30.0)), drive=rng.uniform(low, high))
    return replace(tone, cutoff=(5000.0, 3500.0, 1.0))


_BAR, _TUNED = (1.0, 2.756, 5.404, 8.933), (1.0, 4.0, 9.9)  # free bars; bars that are cut out below, as vibraphones'
# General MIDI program -> what builds its instrument.
PROGRAMS: dict[int, Callable[[random.Random], Tone]] = {
    0: lambda r: _piano(r, 1.5, (1.0, 1.9)), 1: lambda r: _piano(r, 1.5, (0.6, 1.2)),
    2: lambda r: _piano(r, 2.5, (0.8, 1.5)), 3: lambda r: _piano(r, 14.0, (0.7, 1.5)),
    4: lambda r: _electric_piano(r, r.uniform(0.05, 0.3)), 5: lambda r: _electric_piano(r, r.uniform(0.2, 0.7)),
    8: lambda r: _bar(r, _BAR, (2.0, 5.0), 0.3), 9: lambda r: _bar(r, _BAR, (3.0, 9.0), 0.5),
    10: lambda r: _bar(r, _BAR[:3], (1.5, 4.0), 0.6), 11: lambda r: _bar(r, _TUNED, (5.0, 14.0), 0.25),
    12: lambda r: _bar(r, _TUNED, (0.6, 1.6), 0.35), 13: lambda r: _bar(r, (1.0, 3.0, 6.1), (0.3, 0.9), 0.6),
    16: _drawbars, 17: lambda r: _drawbars(r, percussion=r.uniform(0.5, 1.5)),
    18: lambda r: _drawbars(r, drive=r.uniform(1.0, 4.0)), 19: _pipes,
    24: lambda r: _guitar(r, (1.2, 2.0)), 25: lambda r: _guitar(r, (0.6, 1.2)), 26: lambda r: _guitar(r, (1.5, 2.4)),
    27: lambda r: replace(_guitar(r, (0.8, 1.5)), drive=r.uniform(0.3, 1.5)),
    28: lambda r: _string(r, place=(0.07, 0.2), dull=(1.0, 1.8), lasts=(0.3, 0.9)),
    29: lambda r: _distorted(r, 4.0, 9.0), 30: lambda r: _distorted(r, 12.0, 40.0),
    32: lambda r: _bass(r, (0.2, 0.4), (1.6, 2.6)), 33: lambda r: _bass(r, (0.1, 0.3), (1.3, 2.1)),
    34: lambda r: _bass(r, (0.05, 0.15), (0.9, 1.5)), 35: lambda r: _bass(r, (0.15, 0.35), (1.5, 2.2)),
    36: lambda r: _bass(r, (0.04, 0.1), (0.6, 1.1)), 38: _synth_bass, 39: _synth_bass,
    46: lambda r: _string(r, place=(0.25, 0.5), dull=(1.3, 2.2), lasts=(4.0, 9.0)),
    80: lambda r: _lead(r, "square", "pulse"), 81: lambda r: _lead(r, "saw"),
    82: lambda r: replace(_lead(r, "triangle"), noise=(r.uniform(0.02, 0.1), 2.0)),
    84: lambda r: replace(_lead(r, "saw", "pulse"), drive=r.uniform(2.0, 8.0)),
    86: lambda r: replace(_lead(r, "saw", "square"), cents=(0.0, 702.0, r.uniform(-8, 8))),
    88: lambda r: _pad(r, "saw", "triangle", "pulse"), 89: lambda r: _pad(r, "triangle", "pulse"),
    90: lambda r: _pad(r, "saw", "pulse"), 94: lambda r: _pad(r, "triangle", "pulse"), 95: lambda r: _pad(r, "saw"),
}  # fmt: skip


def build(seed: int, out: Path) -> None:
    """Write the instruments of this seed, from 0. Raises ``ExportError`` when ``out`` cannot be written."""
    write_soundfont(out, f"Computed instruments {seed}", dict(_programs(seed)), SAMPLE_RATE)


def _programs(seed: int) -> Iterator[tuple[int, list[Recorded]]]:
    for program, instrument in PROGRAMS.items():
        tone = instrument(random.Random(f"additive {seed} {program}"))
        chance = np.random.default_rng([seed, program])
        yield program, [Recorded(pitch, play(tone, pitch, chance)) for pitch in tone.tuning]


def _command(seed: Annotated[int, typer.Argument(min=0)], out: Path) -> None:
    with errors_shown():
        build(seed, out)
        narrate(f"The soundfont is {out}.")


if __name__ == "__main__":
    _command.__doc__ = __doc__
    typer.run(_command)
