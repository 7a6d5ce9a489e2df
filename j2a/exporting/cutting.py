"""Windows cut out of their files, sample by sample, for those who know no start and end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

from j2a.audio.decode import frames_of, probe, read_blocks
from j2a.clip import Clip
from j2a.errors import AudioError
from j2a.exporting.write import write_atomically_by
from j2a.formats import Entry

Kind = Literal["flac", "wav"]
KINDS: tuple[Kind, ...] = ("flac", "wav")
_BITS = (("PCM_16", 15), ("PCM_24", 23))


def cut_names(entries: Sequence[Entry], kind: Kind) -> list[Entry]:
    """The entries as whole files of their own: ``song_12500-22500.flac`` (milliseconds) of a window of ``song.mp3``.

    Where two files differ in their ending alone it is part of the name. A window to the end of its file has ``end``.
    """
    stems = Counter(stem for _, stem in {(one.file, one.stem) for one in entries})
    return [_cut(one, kind, alone=stems[one.stem] == 1) for one in entries]


def _cut(entry: Entry, kind: Kind, *, alone: bool) -> Entry:
    end = "end" if entry.end_s is None else f"{round(entry.end_s * 1000)}"
    ending = "" if alone else f"_{PurePosixPath(entry.file).suffix[1:]}"
    name = f"{entry.stem}{ending}_{round(entry.start_s * 1000)}-{end}.{kind}"
    return replace(entry, file=name, start_s=0.0, end_s=None, duration_s=entry.length_s)


def save_cut(clip: Clip, target: Path) -> None:
    """Write a window to a file, as flac or wav by its ending, wholly or not at all.

    The samples are those that J2A decodes: as whole numbers of 16 or 24 bits where they are such numbers; else, as of
    mp3, ogg and opus, in a wav as they are (float32), in a flac to the nearest 24 bits. Raises ``AudioError`` for a
    file that cannot be read or has more channels than flac holds, ``ExportError`` for what cannot be written.
    """
    info = probe(clip.path)
    subtype = _subtype(clip) or ("PCM_24" if target.suffix == ".flac" else "FLOAT")
    container = target.suffix[1:].upper()
    if not soundfile.check_format(container, subtype) or (container == "FLAC" and info.channels > 8):
        raise AudioError(f"{clip.path.name} has {info.channels} channels, which flac cannot hold.", "Choose wav.")
    with write_atomically_by(target) as file:
        told = _Told(file)
        try:
            with soundfile.SoundFile(told, "w", info.sample_rate, info.channels, subtype, format=container) as out:
                for block in read_blocks(clip):
                    out.write(_as(subtype, block))
                    told.raise_error()
        except (AssertionError, soundfile.LibsndfileError):  # what soundfile makes of a write that failed
            told.raise_error()
            raise
        told.raise_error()  # of the last block, or the header


class _Told:
    """A file for libsndfile, which takes no exceptions: why a write failed is told behind it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._error: OSError | None = None
        self.tell, self.read = file.tell, file.read

    def write(self, data: bytes) -> int:
        """How much was written: nothing where that failed."""
        try:
            return self._file.write(data)
        except OSError as error:
            self._error = self._error or error
            return 0

    def seek(self, place: int, whence: int = 0) -> int:
        """As of files; what is buffered is written first."""
        try:
            return self._file.seek(place, whence)
        except OSError as error:
            self._error = self._error or error
            return 0

    def raise_error(self) -> None:
        """Raise the ``OSError`` of a write that failed."""
        if self._error is not None:
            raise self._error


def is_cut_of(clip: Clip, target: Path) -> bool:
    """Whether a file is as long as its window, and has its rate and channels: it was cut before."""
    info = probe(clip.path)
    first, end = frames_of(clip, info)
    try:
        there = soundfile.info(str(target))
    except soundfile.LibsndfileError:
        return False
    return bool((there.frames, there.samplerate, there.channels) == (end - first, info.sample_rate, info.channels))


def _subtype(clip: Clip) -> str | None:
    """The fewest bits that hold every sample exactly; ``None`` where whole numbers do not."""
    fitting = list(_BITS)
    for block in read_blocks(clip):
        fitting = [(name, bits) for name, bits in fitting if _is_whole(block * np.float32(1 << bits), bits)]
        if not fitting:
            return None
    return fitting[0][0]


def _is_whole(scaled: NDArray[np.float32], bits: int) -> bool:
    return bool(np.all(scaled == np.rint(scaled)) and np.all(scaled < 1 << bits) and np.all(scaled >= -(1 << bits)))


def _as(subtype: str, block: NDArray[np.float32]) -> NDArray[np.float32] | NDArray[np.int16] | NDArray[np.int32]:
    """Samples as libsndfile takes them without changing them: its own turning of floats into numbers is one off."""
    if subtype == "FLOAT":
        return block
    if subtype == "PCM_16":
        return (block * np.float32(1 << 15)).astype(np.int16)
    whole = np.clip(np.rint(block.astype(np.float64) * (1 << 23)), -(1 << 23), (1 << 23) - 1)
    return whole.astype(np.int32) << np.int32(8)
