"""A soundfont from FreePats' Gravis UltraSound patches, for the training corpus.

``python -m training.synth.patches FOLDER OUT.sf2``: FOLDER holds ``Tone_000`` and ``Drum_000``, as Debian's package
``freepats`` installs them in /usr/share/midi/freepats (GPL-2, with an exception for music that is made with them). They
are recordings by volunteers, independent of the other soundfonts of the corpus.

The format: Gravis, "UltraSound Software Development Kit", 1994, appendix on patch files. Loops and envelopes are played
out here, for soundfonts of ours have neither: an envelope is faster on higher keys, and a loop of a part of a sample is
brought to whole ones, at most a sixth of a semitone away.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr
from numpy.typing import NDArray

from j2a.errors import AudioError, J2AError
from training.synth.recordings import LONGEST_S, SAMPLE_RATE, command, levelled
from training.synth.soundfont import Recorded, key_ranges, write_soundfont

_MAGIC = b"GF1PATCH110\0ID#000002\0"
_HEADERS = 129 + 63 + 47  # of the file, its instrument, and that one's layer
_SAMPLES_AT = _HEADERS - 41  # where the layer's header says how many samples there are
_SAMPLE = struct.Struct("<7sB3IH3IHB6s6s6sBHH36s")
_16_BIT, _UNSIGNED, _LOOPED, _BACK_AND_FORTH, _BACKWARDS, _SUSTAINED, _SHAPED = (1 << bit for bit in range(7))
_HELD_STAGES = 3  # of an envelope's six: what happens before a key is let go
_OCTAVES_OF_LEVEL = 6.0  # of amplitude, from an envelope's lowest level to its highest
_WIDEST = 24  # semitones that the outermost recordings reach: many instruments have one alone
_STEPS_PER_S = 44_100 / (1 << 21)  # of the slowest rate, in envelope levels from 0 to 1


class _Sample(NamedTuple):
    """A recording in a patch, at ``rate`` Hz."""

    sound: NDArray[np.float32]  # from -1 to 1
    loop: slice | None
    rate: int
    root_hz: float
    envelope: list[tuple[float, float]]  # seconds from the start of the note, level from 0 to 1; empty: none


def build(folder: Path, out: Path) -> None:
    """Write the soundfont of the patches that ``folder`` has: "073_Flute.pat" is program 73.

    Raises ``J2AError`` when it has no instruments, ``AudioError`` for a patch that cannot be read.
    """
    programs = {number: _notes(path) for number, path in _numbered(folder / "Tone_000").items()}
    drums = [
        # A drum is struck and not held: its loop would go on and on.
        Recorded(number, _sound(_samples(path)[0]._replace(loop=None)))
        for number, path in _numbered(folder / "Drum_000").items()
    ]
    if not programs:
        raise J2AError(f"{folder} holds no patches.", "It should have Tone_000 and Drum_000, as of Debian's freepats.")
    write_soundfont(out, "FreePats", programs, SAMPLE_RATE, drums, _WIDEST)


def _numbered(folder: Path) -> dict[int, Path]:
    """The patches by their General MIDI numbers, which rise; of several with one number the first."""
    found: dict[int, Path] = {}
    for path in sorted(folder.glob("[01][0-9][0-9]_*.pat")):
        if int(path.name[:3]) <= 127:
            found.setdefault(int(path.name[:3]), path)
    return found


def _notes(path: Path) -> list[Recorded]:
    """Of an instrument's recordings, the first one of each pitch, which is brought to the nearest MIDI pitch."""
    found: dict[int, tuple[_Sample, float]] = {}
    for sample in _samples(path):
        pitch = 69 + 12 * math.log2(sample.root_hz / 440)
        nearest = min(127, max(0, round(pitch)))
        found.setdefault(nearest, (sample, 2 ** ((nearest - pitch) / 12)))
    notes = []
    for (pitch, (sample, faster)), (_, highest) in zip(
        sorted(found.items(), key=lambda one: one[0]), key_ranges(sorted(found), _WIDEST), strict=True
    ):
        notes.append(Recorded(pitch, levelled(_sound(sample, faster, LONGEST_S * 2 ** ((highest - pitch) / 12)))))
    return notes


def _sound(sample: _Sample, faster: float = 1.0, seconds: float = LONGEST_S) -> NDArray[np.float32]:
    """A held note at 32 kHz: looped and shaped as the patch says, ``faster`` than it was recorded."""
    rate = sample.rate * faster
    sound, wanted = sample.sound, round(seconds * rate)
    if sample.loop is not None:
        around = sound[sample.loop]
        sound = np.concatenate([sound[: sample.loop.stop], np.resize(around, max(0, wanted - sample.loop.stop))])
    sound = sound[:wanted]
    if sample.envelope:
        times, levels = zip((0.0, 0.0), *sample.envelope, strict=True)
        level = np.interp(np.arange(len(sound)) / rate, times, levels)
        sound = sound * np.exp2(_OCTAVES_OF_LEVEL * (level - 1))
    return np.asarray(soxr.resample(sound, rate, SAMPLE_RATE), np.float32)


def _samples(path: Path) -> list[_Sample]:
    try:
        patch = path.read_bytes()
        if not patch.startswith(_MAGIC):
            raise ValueError("it does not begin as a patch")
        samples, place = [], _HEADERS
        for _ in range(patch[_SAMPLES_AT]):
            header = _SAMPLE.unpack_from(patch, place)
            place += _SAMPLE.size
            samples.append(_sample(header, patch[place : place + header[2]]))
            place += header[2]
    except (OSError, ValueError, struct.error) as error:
        raise AudioError(f"{path} cannot be read: {error}.") from error
    if not samples:
        raise AudioError(f"{path} holds no sound.")
    return samples


def _sample(header: tuple[object, ...], pcm: bytes) -> _Sample:
    """Raises ``ValueError`` for a sample that is cut short or makes no sense."""
    _, _, size, loop_start, loop_end, rate, _, _, root, _, _, rates, levels, _, modes, *_ = header
    assert isinstance(size, int) and isinstance(loop_start, int) and isinstance(loop_end, int)
    assert isinstance(rate, int) and isinstance(root, int) and isinstance(modes, int)
    assert isinstance(rates, bytes) and isinstance(levels, bytes)
    width = 2 if modes & _16_BIT else 1
    if len(pcm) < size or size < width or not rate or not root:
        raise ValueError("a sample is cut short")
    values = np.frombuffer(pcm[: size // width * width], f"<{'u' if modes & _UNSIGNED else 'i'}{width}")
    full = 1 << (8 * width - 1)
    sound = ((values.astype(np.float64) - (full if modes & _UNSIGNED else 0)) / full).astype(np.float32)
    loop = None
    if modes & _LOOPED and 0 <= loop_start < loop_end <= size:
        loop = slice(loop_start // width, loop_end // width)
        if modes & _BACK_AND_FORTH:
            sound = np.concatenate([sound[: loop.stop], sound[loop][::-1]])
            loop = slice(loop.start, len(sound))
    if modes & _BACKWARDS:
        sound, loop = sound[::-1], None
    shape = _envelope(rates, levels, held=bool(modes & _SUSTAINED)) if modes & _SHAPED else []
    return _Sample(sound, loop, rate, root / 1000, shape)


def _envelope(rates: bytes, levels: bytes, *, held: bool) -> list[tuple[float, float]]:
    """When each level is reached. Rates are 6 bits and an exponent; a sustained note stays on its third level."""
    time_s, level, points = 0.0, 0.0, []
    for rate, wanted in list(zip(rates, levels, strict=True))[: _HELD_STAGES if held else None]:
        per_s = (rate & 63) * 8 ** (3 - (rate >> 6)) * _STEPS_PER_S
        if wanted / 255 != level:
            if not per_s:
                break  # it never arrives
            time_s += abs(wanted / 255 - level) / per_s
        level = wanted / 255
        points.append((time_s, level))
    return points


if __name__ == "__main__":
    command(__doc__, build)
