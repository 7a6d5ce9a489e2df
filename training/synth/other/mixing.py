"""Parts to a stereo recording: levels by what the ear weighs, places, a small room, tilt, soft clipping, level.

A part is mixed so that it is clearly heard, or not at all: what is doubtful has no truth.
"""

from __future__ import annotations

import random

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from training.synth.other.instruments import Instrument
from training.synth.other.plan import Part, Plan
from training.synth.other.score import Played
from training.synth.player import DRUM_BANK, DRUM_CHANNEL, Player

Sound = NDArray[np.float32]
_ROLE_DB = {"tune": 1.0, "counter": -1.5, "pads": -4.5, "harmony": -4.5, "inner": -2.0, "drums": 0.5, "arp": -2.5,
            "double": -2.0, "thirds": -1.5, "repeat": -2.0, "ground": -1.0}  # fmt: skip
_OTHERS_DB = -1.5
_FRAME_S, _SILENT = 0.05, 1e-5
CLEAR_DB = -12.0  # how far below all others together a part may be, where it is strongest against them
CLEAR_S = 1.0  # for how long in all
_ROOM_COMBS_MS = (29.7, 37.1, 41.1, 43.7)  # Schroeder, 1962: echoes that do not coincide
_ROOM_ALLPASS_MS = (5.0, 1.7)
_WARM_UP_S = 2.0  # what was struck before the clip begins is played, too


def mix(plan: Plan, played: dict[str, list[Played]], font: Player, seed: int) -> tuple[Sound, set[str]]:
    """The clip as float32 (T, 2) at the player's rate, and the parts that are clearly heard: no others are in it."""
    rng = random.Random(f"other mix {seed}")
    rate = font.sample_rate
    stems = {part.name: _placed(_stem(plan, part, played[part.name], font), part)
             for part in plan.parts if part.name in played}  # fmt: skip
    stems = {name: stem for name, stem in stems.items() if _active(stem, rate) > _SILENT}
    for part in plan.parts:
        if part.name in stems:
            gain_db = _ROLE_DB.get(part.role, _OTHERS_DB) + part.gain_db
            stems[part.name] *= np.float32(10 ** (gain_db / 20) / _active(stems[part.name], rate))
    while doubtful := _doubtful(stems, rate):
        del stems[doubtful]
    length = round(plan.duration_s * rate)
    sound = sum(stems.values(), np.zeros((length, 2), np.float32))
    if rng.random() < 0.6:
        sound = sound + np.float32(rng.uniform(0.06, 0.3)) * room(sound, rng.uniform(0.4, 1.6), rate)
    sound = tilted(sound, rng.uniform(-1.6, 1.2) if rng.random() < 0.7 else 0.0, rate)
    return _levelled(sound, rng), set(stems)


def _stem(plan: Plan, part: Part, notes: list[Played], font: Player) -> Sound:
    """From two seconds before the clip on, of which it is then freed. What the font lacks, its plain kin plays."""
    early = [
        Played(max(0.0, one.start_s + _WARM_UP_S), one.end_s + _WARM_UP_S, one.pitch, one.velocity) for one in notes
    ]  # fmt: skip
    if part.instrument is None:
        program, bank, channel = (plan.kit if font.has(plan.kit, DRUM_BANK) else 0), DRUM_BANK, DRUM_CHANNEL
    else:
        (program, bank), channel = _preset(part.instrument, font), 0
    cents = plan.cents if part.instrument else 0.0
    stem = font.play(early, program, plan.duration_s + _WARM_UP_S, bank=bank, channel=channel, cents=cents)
    return stem[round(_WARM_UP_S * font.sample_rate) :][: round(plan.duration_s * font.sample_rate)]


def _preset(instrument: Instrument, font: Player) -> tuple[int, int]:
    bank = instrument.variant if font.has(instrument.program, instrument.variant) else 0
    return instrument.program, bank


def _placed(stem: Sound, part: Part) -> Sound:
    """At its place between the loudspeakers, as loud in sum wherever that is."""
    angle = (part.place + 1) * np.pi / 4
    sides = np.array([np.cos(angle), np.sin(angle)], np.float32)
    return np.asarray(stem.mean(axis=1, keepdims=True) * sides * np.sqrt(2) * 0.6 + stem * 0.4, np.float32)


def _weighed(stem: Sound, rate: int) -> NDArray[np.float64]:
    """Mean square of each frame (F,), lows counting less as they do to the ear."""
    high = scipy.signal.lfilter(*scipy.signal.butter(1, 180.0, "highpass", fs=rate), stem, axis=0)
    frame = round(_FRAME_S * rate)
    return np.asarray(np.square(high[: len(high) // frame * frame]).reshape(-1, frame * 2).mean(axis=1), np.float64)


def _active(stem: Sound, rate: int) -> float:
    """RMS of the frames in which a part plays: those at most 25 dB below its loudest."""
    frames = _weighed(stem, rate)
    return float(np.sqrt(frames[frames >= frames.max() * 10**-2.5].mean())) if len(frames) and frames.max() else 0.0


def _doubtful(stems: dict[str, Sound], rate: int) -> str | None:
    """The part that is heard least, if it is not heard clearly for long enough."""
    if len(stems) < 2:
        return None
    frames = {name: _weighed(stem, rate) for name, stem in stems.items()}
    total = sum(frames.values(), np.zeros(len(next(iter(frames.values())))))
    loudest = max(one.max() for one in frames.values())
    clear_s = {
        name: _FRAME_S * float(((one > (total - one) * 10 ** (CLEAR_DB / 10)) & (one > loudest * 1e-3)).sum())
        for name, one in frames.items()
    }  # fmt: skip
    least = min(clear_s, key=lambda name: (clear_s[name], name))
    return least if clear_s[least] < CLEAR_S else None


def room(sound: Sound, decay_s: float, rate: int) -> Sound:
    """Echoes that die away by 60 dB in ``decay_s``: four combs side by side, two all-passes behind them."""
    wet = np.zeros_like(sound)
    for delay_ms in _ROOM_COMBS_MS:
        wet += _comb(sound, round(delay_ms * rate / 1000), 10 ** (-3 * delay_ms / 1000 / decay_s)) / 4
    for delay_ms in _ROOM_ALLPASS_MS:
        delay = round(delay_ms * rate / 1000)
        echoed = _comb(wet, delay, 0.7)
        late = np.concatenate([np.zeros((delay, 2), np.float32), echoed])[: len(wet)]
        wet = np.float32(1 - 0.7**2) * late - np.float32(0.7) * wet
    return wet[:, ::-1]  # what is left is reflected by the wall on the right


def _comb(sound: Sound, delay: int, feedback: float) -> Sound:
    out = sound.copy()
    for start in range(delay, len(out), delay):
        block = out[start : start + delay]
        block += np.float32(feedback) * out[start - delay : start - delay + len(block)]
    return out


def tilted(sound: Sound, db_per_octave: float, rate: int) -> Sound:
    """Brighter or darker about 1 kHz, all octaves from 60 Hz to 8 kHz alike."""
    if not db_per_octave:
        return sound
    hz = np.clip(np.fft.rfftfreq(len(sound), 1 / rate), 60.0, 8000.0)
    gain = 10 ** (db_per_octave * np.log2(hz / 1000.0) / 20)
    return np.fft.irfft(np.fft.rfft(sound, axis=0) * gain[:, None], len(sound), axis=0).astype(np.float32)


def _levelled(sound: Sound, rng: random.Random) -> Sound:
    """At -30 to -12 dBFS RMS, lower where peaks would not fit; driven into a soft knee in some clips."""
    peak = float(np.abs(sound).max(initial=0.0))
    if peak < _SILENT:
        return sound
    if rng.random() < 0.25:
        drive = rng.uniform(1.0, 3.0)
        sound = (np.arctan(sound / peak * drive) / np.arctan(drive)).astype(np.float32)
    rms = float(np.sqrt(np.square(sound).mean()))
    gain = min(10 ** (rng.uniform(-30, -12) / 20) / rms, 0.97 / float(np.abs(sound).max()))
    return np.asarray(sound * np.float32(gain), np.float32)
