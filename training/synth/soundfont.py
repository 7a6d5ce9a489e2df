"""Writes soundfonts (SoundFont 2.01 technical specification, E-mu 1998) from recorded notes."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from j2a.exporting import write_atomically

RELEASE_S = 0.25  # how long a note takes to die away once it is let go
_GAP = bytes(2 * 46)  # silence that the specification wants behind every sample
_KEY_RANGE, _RELEASE, _INSTRUMENT, _SAMPLE, _ROOT_KEY = 43, 38, 41, 53, 58  # generators
_MONO = 1
_DRUM_BANK = 128


class Recorded(NamedTuple):
    """One note of an instrument."""

    pitch: int  # MIDI
    sound: NDArray[np.float32]  # (T,), from -1 to 1


def write_soundfont(
    path: Path, name: str, programs: Mapping[int, Sequence[Recorded]], sample_rate: int,
    drums: Sequence[Recorded] = (), widest: int = 12,
) -> None:  # fmt: skip
    """A soundfont of General MIDI programs, each with one instrument of recorded notes, and perhaps a drum kit.

    Every key plays the recording nearest to it, up to ``widest`` semitones beyond an instrument's outermost ones; of
    the drums it plays its own alone. Notes are not looped. Raises ``ExportError`` when ``path`` cannot be written,
    ``ValueError`` for notes that do not rise in pitch.
    """
    kinds = [(program, 0, notes, key_ranges(_pitches(notes), widest)) for program, notes in sorted(programs.items())]
    if drums:
        kinds.append((0, _DRUM_BANK, drums, [(pitch, pitch) for pitch in _rising(_pitches(drums))]))
    samples: list[tuple[str, Recorded]] = []
    presets: list[bytes] = []
    preset_bags: list[bytes] = []
    preset_generators: list[bytes] = []
    instruments: list[bytes] = []
    bags: list[bytes] = []
    generators: list[bytes] = []
    sample_of: dict[int, int] = {}  # notes that several programs share are written once
    for index, (program, bank, notes, ranges) in enumerate(kinds):
        presets.append(struct.pack("<20sHHHIII", f"Program {program}".encode(), program, bank, index, 0, 0, 0))
        preset_bags.append(struct.pack("<HH", index, 0))
        preset_generators.append(struct.pack("<HH", _INSTRUMENT, index))
        instruments.append(struct.pack("<20sH", f"Program {program}".encode(), len(bags)))
        for note, (low, high) in zip(notes, ranges, strict=True):
            if id(note) not in sample_of:
                sample_of[id(note)] = len(samples)
                samples.append((f"{program} {note.pitch}", note))
            bags.append(struct.pack("<HH", len(generators), 0))
            generators += [
                struct.pack("<HBB", _KEY_RANGE, low, high),
                struct.pack("<Hh", _RELEASE, round(1200 * math.log2(RELEASE_S))),
                struct.pack("<HH", _ROOT_KEY, note.pitch),
                struct.pack("<HH", _SAMPLE, sample_of[id(note)]),
            ]
    pcm, headers = _sample_data(samples, sample_rate)
    end = b"EO"
    tables = {
        b"phdr": [*presets, struct.pack("<20sHHHIII", end, 0, 0, len(preset_bags), 0, 0, 0)],
        b"pbag": [*preset_bags, struct.pack("<HH", len(preset_generators), 0)],
        b"pmod": [bytes(10)],
        b"pgen": [*preset_generators, bytes(4)],
        b"inst": [*instruments, struct.pack("<20sH", end, len(bags))],
        b"ibag": [*bags, struct.pack("<HH", len(generators), 0)],
        b"imod": [bytes(10)],
        b"igen": [*generators, bytes(4)],
        b"shdr": [*headers, struct.pack("<20sIIIIIBbHH", end, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    }
    told = _chunk(b"ifil", struct.pack("<HH", 2, 1)) + _chunk(b"isng", b"EMU8000\0") + _chunk(b"INAM", _text(name))
    body = (
        _chunk(b"LIST", b"INFO" + told)
        + _chunk(b"LIST", b"sdta" + _chunk(b"smpl", pcm))
        + _chunk(b"LIST", b"pdta" + b"".join(_chunk(tag, b"".join(rows)) for tag, rows in tables.items()))
    )
    write_atomically(path, _chunk(b"RIFF", b"sfbk" + body))


def _pitches(notes: Sequence[Recorded]) -> list[int]:
    return [note.pitch for note in notes]


def key_ranges(pitches: Sequence[int], widest: int) -> list[tuple[int, int]]:
    """The keys, first and last, of each of these pitches. Raises ``ValueError`` unless they rise."""
    borders = [(one + later) // 2 for one, later in itertools.pairwise(_rising(pitches))]
    lows = [max(0, pitches[0] - widest), *(border + 1 for border in borders)]
    return list(zip(lows, [*borders, min(127, pitches[-1] + widest)], strict=True))


def _rising(pitches: Sequence[int]) -> Sequence[int]:
    if any(later <= one for one, later in itertools.pairwise(pitches)):
        raise ValueError("an instrument's notes must rise in pitch")
    return pitches


def _sample_data(samples: Sequence[tuple[str, Recorded]], sample_rate: int) -> tuple[bytes, list[bytes]]:
    pcm, headers = bytearray(), []
    for name, (pitch, sound) in samples:
        start = len(pcm) // 2
        pcm += (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
        end = len(pcm) // 2
        headers.append(
            struct.pack("<20sIIIIIBbHH", name.encode(), start, end, start, end, sample_rate, pitch, 0, 0, _MONO)
        )
        pcm += _GAP
    return bytes(pcm), headers


def _text(text: str) -> bytes:
    encoded = text.encode("ascii", "replace") + b"\0"
    return encoded + bytes(len(encoded) % 2)


def _chunk(tag: bytes, content: bytes) -> bytes:
    return tag + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
