"""The composed pieces as sound, mixed plainly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
from numpy.typing import NDArray

from training.synth.compose import Piece, programs
from training.synth.player import DRUM_BANK, DRUM_CHANNEL, SAMPLE_RATE, Player

PEAK = 0.8  # highest absolute sample of a rendered piece
VORBIS_QUALITY = 0.4  # from 0 to 1; about 110 kbit/s for stereo
_CHANNELS = {"bass": 0, "chords": 1, "pad": 2, "lead": 3, "drums": DRUM_CHANNEL}
PARTS = tuple(_CHANNELS)
# How loud each part is in the mix, in dB. Soundfonts' instruments differ by 20 dB at the same velocity.
MIX_DB = {"lead": 0.0, "bass": -2.0, "chords": -4.0, "drums": -1.0, "pad": -11.0}
_PAN = {"bass": 64, "chords": 50, "pad": 78, "lead": 70, "drums": 64}  # MIDI controller 10


class Renderer(Player):
    """Plays the pieces of ``compose`` in one soundfont, one after the other. Not for two threads at once."""

    def render(self, piece: Piece, *, reverb_s: float = 0.0, wet: float = 0.12) -> NDArray[np.float32]:
        """float32 (T, 2) at ``sample_rate`` Hz, ``piece.plan.duration_s`` long, highest sample at 0.8 of full scale.

        Each part is played by itself and brought to its loudness in ``MIX_DB``. ``reverb_s`` > 0 adds a room that
        decays by 60 dB in that time, at ``wet`` of the dry level.
        """
        sound = np.zeros((round(piece.plan.duration_s * self.sample_rate), 2), np.float32)
        for part in PARTS:
            if any(note.part == part for note in piece.notes):
                stem = self.stem(piece, part)
                sound += stem * (10 ** (MIX_DB[part] / 20) / max(loudness(stem, self.sample_rate), 1e-6))
        if reverb_s:
            sound = sound + wet * reverberation(sound, reverb_s, self.sample_rate)
        peak = float(np.abs(sound).max())
        return (sound * (PEAK / peak)).astype(np.float32) if peak > 0 else sound

    def stem(self, piece: Piece, part: str) -> NDArray[np.float32]:
        """One part by itself, as loud as the soundfont has it: float32 (T, 2)."""
        program, bank = _preset(piece, part)
        notes = [note for note in piece.notes if note.part == part]
        return self.play(
            notes, program, piece.plan.duration_s, bank=bank, channel=_CHANNELS[part], pan=_PAN[part]
        )  # fmt: skip

    def plays(self, piece: Piece, part: str) -> bool:
        """Whether the soundfont has the instrument of a part; for drums, any kit."""
        program = programs(piece.plan).get(part)
        return self.has(0, DRUM_BANK) if program is None else self.has(program, 0)


def _preset(piece: Piece, part: str) -> tuple[int, int]:
    """Program and bank."""
    program = programs(piece.plan).get(part)
    return (piece.plan.drum_kit, DRUM_BANK) if program is None else (program, 0)


def loudness(stem: NDArray[np.float32], sample_rate: int) -> float:
    """RMS of the louder moments (the 90th percentile of 50 ms blocks), so that rests do not count."""
    block = sample_rate // 20
    blocks = stem[:len(stem) // block * block].reshape(-1, block * 2)
    return float(np.percentile(np.sqrt(np.square(blocks).mean(axis=1)), 90)) if len(blocks) else 0.0


def reverberation(sound: NDArray[np.float32], decay_s: float, sample_rate: int) -> NDArray[np.float32]:
    """The sound in a room of exponentially decaying noise, different left and right, always the same room."""
    rng = np.random.default_rng(0)
    times = np.arange(round(decay_s * sample_rate)) / sample_rate
    room = rng.standard_normal((len(times), 2)) * 10 ** (-3 * times / decay_s)[:, None]
    room *= (times > 0.012)[:, None]  # the walls are four metres away
    dark = scipy.signal.lfilter([0.25], [1, -0.75], room, axis=0)  # air and carpet swallow treble
    dark /= np.sqrt(np.square(dark).sum(axis=0))
    wet: NDArray[np.float32] = scipy.signal.fftconvolve(sound, dark, axes=0)[:len(sound)].astype(np.float32)
    return wet


def write_ogg(path: Path, sound: NDArray[np.float32], **tags: str) -> None:
    """Write float32 (T, channels) at 44.1 kHz as Ogg Vorbis; ``tags`` are title, artist, album, license, comment."""
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, sound.shape[1], format="OGG", subtype="VORBIS",
                             compression_level=1 - VORBIS_QUALITY) as file:
        for name, value in tags.items():
            setattr(file, name, value)
        # In pieces of a second: libsndfile's Vorbis encoder overflows its stack on long single writes.
        for start in range(0, len(sound), SAMPLE_RATE):
            file.write(sound[start:start + SAMPLE_RATE])
