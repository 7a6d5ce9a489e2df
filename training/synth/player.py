"""Notes to sound with a General MIDI soundfont (.sf2), by tinysoundfont: no system library, no sound card.

It knows nothing of music: which notes there are, and on what they are played, is the composers' business.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from j2a.errors import ModelMissingError

SAMPLE_RATE = 44_100
DRUM_BANK, DRUM_CHANNEL = 128, 9
_MIDDLE, _PAN = 64, 10  # MIDI controller 10
_PLACES = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/TimGM6mb.sf2")  # Debian


class Timed(Protocol):
    """A note as it is played."""

    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...
    @property
    def pitch(self) -> int: ...  # MIDI; for drums the General MIDI percussion key
    @property
    def velocity(self) -> int: ...  # 1 to 127


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


class Player:
    """One loaded soundfont; plays one part after the other. Not for two threads at once."""

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
        self._used: set[int] = set()  # channels that may still sound

    def has(self, program: int, bank: int = 0) -> bool:
        """Whether the soundfont has that program; kits are in ``DRUM_BANK``."""
        return self._synth.sfpreset_name(self._font, bank, program) is not None

    def play(
        self, notes: Sequence[Timed], program: int, duration_s: float, *, bank: int = 0, channel: int = 0,
        pan: int = _MIDDLE, cents: float = 0.0,
    ) -> NDArray[np.float32]:  # fmt: skip
        """The notes by themselves, as loud as the soundfont has them: float32 (T, 2), tuned ``cents`` higher.

        Kits, the programs of ``DRUM_BANK``, are told apart by that bank: their strokes ring on.
        """
        drums, length = bank == DRUM_BANK, round(duration_s * self.sample_rate)
        for used in self._used:
            self._synth.sounds_off(used)
        self._generate(self.sample_rate // 10)  # let what was sounding die away
        self._used.add(channel)
        self._synth.program_select(channel, self._font, bank, program, is_drums=drums)
        self._synth.control_change(channel, _PAN, pan)
        self._synth.set_tuning(channel, cents / 100)
        events = [(note.start_s, 1, note) for note in notes] + [(note.end_s, 0, note) for note in notes]
        blocks, position = [], 0
        # At equal times notes end before others begin, so a repeated note is struck again.
        for time_s, starts, note in sorted(events, key=lambda event: (event[0], event[1])):
            frame = min(length, round(time_s * self.sample_rate))
            blocks.append(self._generate(frame - position))
            position = frame
            if starts:
                self._synth.noteon(channel, note.pitch, note.velocity)
            elif not drums:
                self._synth.noteoff(channel, note.pitch)
        blocks.append(self._generate(length - position))
        return np.concatenate(blocks)

    def _generate(self, frames: int) -> NDArray[np.float32]:
        if frames <= 0:
            return np.zeros((0, 2), np.float32)
        return np.frombuffer(self._synth.generate(frames), np.float32).reshape(-1, 2)
