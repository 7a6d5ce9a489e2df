"""A clip cut out of a recording, and whether it is as long as it should be."""

from __future__ import annotations

import os
from pathlib import Path

import soundfile

from j2a.audio import AudioReader
from j2a.errors import AudioError
from training.download.outcome import NotHere, Reason

TOLERANCE_S = 0.5
_BLOCK_FRAMES = 1 << 16


def cut(audio: Path, start_s: float, end_s: float | None, out: Path) -> None:
    """Write the section of ``audio`` to ``out`` as FLAC, 16 bit, with its rate and channels (all, up to two).

    ``out`` appears when it is whole. Raises ``NotHere`` when the audio ends more than ``TOLERANCE_S`` too early or
    cannot be decoded, ``OSError`` when the disk is full.
    """
    part = out.with_name(f".{out.name}.part")
    try:
        with AudioReader(audio) as reader:
            rate = reader.info.sample_rate
            reader.seek(start_s)
            wanted = None if end_s is None else round((end_s - start_s) * rate)
            written = _copy(reader, part, wanted)
        least = 1 if wanted is None else wanted - round(TOLERANCE_S * rate)
        if written < least:
            raise NotHere(
                Reason.CUT_SHORT, f"{written / rate:.2f} s of {(end_s or 0) - start_s:g} s came (from {start_s:g} s on)"
            )
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(out)
    except AudioError as error:
        raise NotHere(Reason.UNREADABLE, error.message) from error
    finally:
        part.unlink(missing_ok=True)


def is_section(audio: Path, start_s: float, end_s: float | None) -> bool:
    """Whether a file is as long as the section and not as the recording: it was cut before. Raises ``NotHere``."""
    if end_s is None:
        return False
    try:
        with AudioReader(audio) as reader:
            return abs(reader.info.duration_s - (end_s - start_s)) <= TOLERANCE_S
    except AudioError as error:
        raise NotHere(Reason.UNREADABLE, error.message) from error


def _copy(reader: AudioReader, path: Path, wanted: int | None) -> int:
    """Write up to ``wanted`` frames (``None``: all that are left); gives how many there were."""
    written = 0
    channels = min(2, reader.info.channels)
    try:
        with soundfile.SoundFile(
            str(path), "w", samplerate=reader.info.sample_rate, channels=channels, format="FLAC", subtype="PCM_16"
        ) as out:
            while wanted is None or written < wanted:
                block = reader.read(_BLOCK_FRAMES if wanted is None else min(_BLOCK_FRAMES, wanted - written))
                if not len(block):
                    break
                out.write(block[:, :channels])
                written += len(block)
    except soundfile.SoundFileError as error:
        raise OSError(0, f"libsndfile cannot write it ({error})") from error
    return written
