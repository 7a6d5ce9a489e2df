"""From stems to a recording: mix, room, tone, noise and level, each drawn at random.

What is heard at all is part of the truth, so a part is never mixed so low that it is lost.
"""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import scipy.signal
import soxr
from numpy.typing import NDArray

from training.synth.compose import Piece
from training.synth.render import PARTS, Renderer, loudness, reverberation

SAMPLE_RATE = 16_000  # Hz, of the clips: what the encoder hears
RENDER_RATE = 32_000  # Hz: soundfont players alias near their own rate
_SILENT = 1e-5  # a stem below this RMS
_USUAL_DB = {"bass": -2.0, "chords": -3.0, "pad": -6.0, "lead": -1.0, "drums": -1.0}
DOUBLED = 0.2  # share of the parts that a second instrument plays too
_SPREAD_DB, _QUIETEST_DB, _LOUDEST_DB = 3.0, -6.0, 5.0

Sound = NDArray[np.float32]


def record(piece: Piece, fonts: list[Renderer], seed: int, *, toned: bool = False) -> tuple[Sound, set[str]]:
    """One piece as mono float32 (T,) at 16 kHz, and the parts that are heard. The same for the same seed.

    ``fonts`` render at 32 kHz. Half of the pieces take every part from one of them, where it has the instrument, half
    each part from any. ``toned``: each part through an equaliser of its own, so that there are as many tones of an
    instrument as there are clips.
    """
    rng = random.Random(f"production {seed}")
    tones = random.Random(f"tones {seed}")
    only = rng.choice(fonts) if rng.random() < 0.5 else None
    mix = np.zeros(round(piece.plan.duration_s * RENDER_RATE), np.float32)
    heard = set()
    for part in PARTS:
        if part not in piece.plan.instruments or not any(note.part == part for note in piece.notes):
            continue
        able = [font for font in fonts if font.plays(piece, part)]
        if not able:
            continue
        stem = _played(piece, part, [only] if only in able else able, able, rng)
        if toned:
            stem = _toned(stem, tones)
        level = loudness(stem[:, None], RENDER_RATE)
        gain_db = _USUAL_DB[part] + min(_LOUDEST_DB, max(_QUIETEST_DB, rng.gauss(0.0, _SPREAD_DB)))
        if level > _SILENT:
            mix += stem * np.float32(10 ** (gain_db / 20) / level)
            heard.add(part)
    if rng.random() < 0.45:
        mix = _room(mix, rng.uniform(0.3, 2.5), rng.uniform(0.05, 0.4))
    return _finish(soxr.resample(mix, RENDER_RATE, SAMPLE_RATE), rng), heard


def _played(piece: Piece, part: str, fonts: list[Renderer], others: list[Renderer], rng: random.Random) -> Sound:
    """One part as some player's instrument: of a soundfont, mostly built larger or smaller, sometimes doubled.

    ``others`` play it where the chosen one is silent: an instrument of few recordings may lack the register.
    """
    semitones = rng.choice((0, 0, 0, -3, -2, -1, 1, 2, 3))
    stem = _built(piece, part, rng.choice(fonts), semitones)
    for font in others:
        if _rms(stem) < _SILENT:
            stem = _built(piece, part, font, semitones)
    if rng.random() < DOUBLED:
        other = _built(piece, part, rng.choice(fonts), rng.choice((-2, -1, 0, 1, 2)))
        stem = stem + other * np.float32(rng.uniform(0.3, 1.0) * _rms(stem) / max(_SILENT, _rms(other)))
    return stem


def _built(piece: Piece, part: str, font: Renderer, semitones: int) -> Sound:
    """The part on an instrument whose body resonates higher by ``semitones``: played lower and slower, then sped up.

    Its pitch and its time stay, drums are tuned higher. A few soundfonts sound like many instruments this way.
    """
    if not semitones:
        return np.asarray(font.stem(piece, part).mean(axis=1), np.float32)
    faster = 2 ** (semitones / 12)
    lower = 0 if part == "drums" else semitones
    notes = [
        dataclasses.replace(
            note, start_s=note.start_s * faster, end_s=note.end_s * faster, pitch=max(0, note.pitch - lower)
        )
        for note in piece.notes
    ]
    plan = dataclasses.replace(piece.plan, duration_s=piece.plan.duration_s * faster)
    stem = font.stem(dataclasses.replace(piece, plan=plan, notes=notes), part).mean(axis=1)
    sped = soxr.resample(stem, RENDER_RATE * faster, RENDER_RATE)
    wanted = round(piece.plan.duration_s * RENDER_RATE)
    return np.pad(sped[:wanted], (0, max(0, wanted - len(sped)))).astype(np.float32)


def _toned(stem: Sound, rng: random.Random) -> Sound:
    """As another player's instrument or microphone may sound: duller or sharper, with one band nearer or further,
    through a chorus or an amplifier that is a little too small."""
    for kind, chance, hz in (("low", 0.4, (100.0, 600.0)), ("high", 0.5, (1200.0, 5000.0))):
        if rng.random() < chance:
            stem = _shelf(stem, kind, rng.uniform(*hz), rng.uniform(-9.0, 6.0), RENDER_RATE)
    if rng.random() < 0.5:
        middle, gain = rng.uniform(250.0, 5000.0), 10 ** (rng.uniform(-9.0, 7.0) / 20)
        b, a = scipy.signal.iirpeak(middle, rng.uniform(0.7, 2.5), fs=RENDER_RATE)
        stem = (stem + (gain - 1) * scipy.signal.lfilter(b, a, stem)).astype(np.float32)
    if rng.random() < 0.15:
        stem = _chorus(stem, rng.uniform(0.008, 0.025), rng.uniform(0.3, 3.0), rng.uniform(0.3, 1.0))
    if rng.random() < 0.15:
        drive = rng.uniform(0.5, 2.5) / max(_SILENT, float(np.abs(stem).max()))
        stem = np.tanh(stem * np.float32(drive))
    return stem


def _chorus(stem: Sound, delay_s: float, hz: float, level: float) -> Sound:
    """Beside itself a little later, by a ``delay_s`` that sways, as chorus pedals and rotating loudspeakers do it."""
    times = np.arange(len(stem), dtype=np.float32) / RENDER_RATE
    swaying = delay_s * (1 + 0.3 * np.sin(np.float32(2 * np.pi * hz) * times)) * RENDER_RATE
    places = np.arange(len(stem), dtype=np.float32) - swaying
    return (stem + np.float32(level) * np.interp(places, np.arange(len(stem)), stem, left=0.0)).astype(np.float32)


def _rms(sound: Sound) -> float:
    return float(np.sqrt(np.square(sound).mean()))


def _room(sound: Sound, decay_s: float, wet: float) -> Sound:
    return sound + np.float32(wet) * reverberation(sound[:, None], decay_s, RENDER_RATE)[:, 0]


def _finish(sound: Sound, rng: random.Random) -> Sound:
    """Tone, drive, noise and level, at 16 kHz."""
    sound = sound / np.float32(max(1e-9, np.abs(sound).max()))
    for kind, chance, hz in (("low", 0.35, (80.0, 400.0)), ("high", 0.5, (1500.0, 5000.0))):
        if rng.random() < chance:
            sound = _shelf(sound, kind, rng.uniform(*hz), rng.uniform(-9.0, 6.0))
    if rng.random() < 0.3:
        sound = _filter(sound, "lowpass", rng.uniform(2500.0, 7000.0))
    if rng.random() < 0.12:
        sound = _filter(sound, "highpass", rng.uniform(60.0, 300.0))
    if rng.random() < 0.2:
        drive = rng.uniform(1.0, 4.0)
        sound = np.tanh(sound * np.float32(drive)) / np.float32(np.tanh(drive))
    if rng.random() < 0.25:
        sound = sound + _noise(len(sound), rng) * np.float32(10 ** (rng.uniform(-50.0, -22.0) / 20))
    peak = 10 ** (rng.uniform(-24.0, -0.5) / 20)
    return (sound * (peak / max(1e-9, float(np.abs(sound).max())))).astype(np.float32)


def _filter(sound: Sound, kind: str, hz: float) -> Sound:
    sections = scipy.signal.butter(4, hz, kind, fs=SAMPLE_RATE, output="sos")
    filtered: Sound = scipy.signal.sosfilt(sections, sound).astype(np.float32)
    return filtered


def _shelf(sound: Sound, kind: str, hz: float, gain_db: float, rate: int = SAMPLE_RATE) -> Sound:
    """More or less of what is below or above ``hz``: the sound plus a scaled first-order part of it."""
    b, a = scipy.signal.butter(1, hz, "lowpass" if kind == "low" else "highpass", fs=rate)
    shelved: Sound = (sound + (10 ** (gain_db / 20) - 1) * scipy.signal.lfilter(b, a, sound)).astype(np.float32)
    return shelved


def _noise(length: int, rng: random.Random) -> Sound:
    """Hiss from white to dark, at an RMS of 1."""
    noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(length)
    darkness = rng.uniform(0.0, 0.95)
    noise = scipy.signal.lfilter([1.0], [1.0, -darkness], noise)
    scaled: Sound = (noise / np.sqrt(np.square(noise).mean())).astype(np.float32)
    return scaled
