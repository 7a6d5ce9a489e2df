"""Notes to sound with a General MIDI soundfont (.sf2), by tinysoundfont: no system library, no sound card."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
from numpy.typing import NDArray

from j2a.errors import ModelMissingError
from training.synth.compose import Piece, programs

SAMPLE_RATE = 44_100
PEAK = 0.8  # highest absolute sample of a rendered piece
VORBIS_QUALITY = 0.4  # from 0 to 1; about 110 kbit/s for stereo
_PLACES = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/TimGM6mb.sf2")  # Debian
_CHANNELS = {"bass": 0, "chords": 1, "pad": 2, "lead": 3, "drums": 9}
_VOLUME = {"bass": 105, "chords": 92, "pad": 70, "lead": 104, "drums": 92}  # MIDI controller 7
_PAN = {"bass": 64, "chords": 50, "pad": 78, "lead": 70, "drums": 64}  # MIDI controller 10


def find_soundfont(path: Path | None = None) -> Path:
    """The soundfont to use: ``path``, else ``$J2A_SOUNDFONT``, else one that Debian installed.

    Raises ``ModelMissingError`` when there is none.
    """
    named = path or (Path(os.environ["J2A_SOUNDFONT"]) if os.environ.get("J2A_SOUNDFONT") else None)
    for candidate in [named] if named else [Path(place) for place in _PLACES]:
        if candidate.is_file():
            return candidate
    raise ModelMissingError(f"there is no soundfont at {named}." if named else "no soundfont was found.",
                            "Name one with J2A_SOUNDFONT=/path/to/file.sf2, or: apt-get install fluid-soundfont-gm")


class Renderer:
    """One loaded soundfont; renders one piece after the other. Not for two threads at once."""

    def __init__(self, soundfont: Path | None = None, sample_rate: int = SAMPLE_RATE) -> None:
        try:
            import tinysoundfont
        except ImportError as error:
            raise ModelMissingError("rendering needs the package tinysoundfont.",
                                    "Install it: pip install --no-deps tinysoundfont") from error
        self.sample_rate = sample_rate
        self.soundfont = find_soundfont(soundfont)
        self._synth = tinysoundfont.Synth(gain=-6, samplerate=sample_rate)
        self._font = self._synth.sfload(str(self.soundfont))

    def render(self, piece: Piece, *, reverb_s: float = 0.0, wet: float = 0.12) -> NDArray[np.float32]:
        """float32 (T, 2) at ``sample_rate`` Hz, ``piece.plan.duration_s`` long, highest sample at 0.8 of full scale.

        ``reverb_s`` > 0 adds a room that decays by 60 dB in that time, at ``wet`` of the dry level.
        """
        self._prepare(piece)
        length = round(piece.plan.duration_s * self.sample_rate)
        events = [(note.start_s, 1, note) for note in piece.notes] + [(note.end_s, 0, note) for note in piece.notes]
        blocks, position = [], 0
        # At equal times notes end before others begin, so a repeated note is struck again.
        for time_s, starts, note in sorted(events, key=lambda event: (event[0], event[1])):
            frame = min(length, round(time_s * self.sample_rate))
            blocks.append(self._generate(frame - position))
            position = frame
            channel = _CHANNELS[note.part]
            if starts:
                self._synth.noteon(channel, note.pitch, note.velocity)
            elif note.part != "drums":
                self._synth.noteoff(channel, note.pitch)
        blocks.append(self._generate(length - position))
        sound = np.concatenate(blocks)
        if reverb_s:
            sound = sound + wet * _reverberation(sound, reverb_s, self.sample_rate)
        peak = float(np.abs(sound).max())
        return (sound * (PEAK / peak)).astype(np.float32) if peak > 0 else sound

    def _prepare(self, piece: Piece) -> None:
        for channel in _CHANNELS.values():
            self._synth.sounds_off(channel)
        for part, program in programs(piece.plan).items():
            self._synth.program_select(_CHANNELS[part], self._font, 0, program)
        self._synth.program_select(_CHANNELS["drums"], self._font, 128, 0, is_drums=True)
        for part, channel in _CHANNELS.items():
            self._synth.control_change(channel, 7, _VOLUME[part])
            self._synth.control_change(channel, 10, _PAN[part])
        self._generate(self.sample_rate // 10)  # let what was sounding die away

    def _generate(self, frames: int) -> NDArray[np.float32]:
        if frames <= 0:
            return np.zeros((0, 2), np.float32)
        return np.frombuffer(self._synth.generate(frames), np.float32).reshape(-1, 2)


def _reverberation(sound: NDArray[np.float32], decay_s: float, sample_rate: int) -> NDArray[np.float32]:
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
