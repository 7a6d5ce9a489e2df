"""WAV files whose recorder stopped before it wrote the sizes into the header, or that were joined; AIFF, too."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from j2a.audio.view import Layout

_RIFF_BYTES, _CHUNK_BYTES = 12, 8
_FORMS = ((b"RIFF", b"WAVE"), (b"FORM", b"AIFF"), (b"FORM", b"AIFC"))
_MOST_PARTS = 1000
_MOST = 0xFFFF_FFFF  # bytes that a WAV can tell of
_MPEG_LAYER_III = b"\x55\0"  # its format tag


def layouts(path: Path) -> list[Layout | None]:
    """WAV or AIFF files that were joined to one: libsndfile reads the first. Of a single one its :func:`layout`."""
    parts = list[tuple[int, int]]()
    with path.open("rb") as file:
        size, at = file.seek(0, 2), 0
        while at < size and len(parts) < _MOST_PARTS:
            file.seek(at)
            head = file.read(_RIFF_BYTES)
            if (head[:4], head[8:]) not in _FORMS:
                break
            told = int.from_bytes(head[4:8], "little" if head[:4] == b"RIFF" else "big")
            end = at + _CHUNK_BYTES + told + told % 2
            parts.append((at, min(end, size)))
            at = end
    return [layout(path)] if len(parts) < 2 else [Layout((part,)) for part in parts]


def layout(path: Path) -> Layout | None:
    """The sound behind a "data" chunk that says it is empty; None for every other file."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        chunks = _chunks(file)
        if b"data" not in chunks or chunks[b"data"][1]:
            return None
        sound = chunks[b"data"][0]
        end = sound  # where chunks that follow would lead: to the end of the file, if they are some
        while len(chunk := _chunk(file, end)) == _CHUNK_BYTES and chunk[:4].isalnum():
            end += _CHUNK_BYTES + _padded(chunk)
        if end == size:
            return None
        file.seek(0)
        told = file.read(sound - 4) + min(size - sound, _MOST).to_bytes(4, "little")
    return Layout((told[:4] + min(size - 8, _MOST).to_bytes(4, "little") + told[8:], (sound, size)))


def mpeg_in(path: Path) -> tuple[int, int] | None:
    """Where MPEG layer III lies (start, end) in a WAV that holds it: there libsndfile guesses the length."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        chunks = _chunks(file)
        if b"fmt " not in chunks or b"data" not in chunks:
            return None
        file.seek(chunks[b"fmt "][0])
        if file.read(2) != _MPEG_LAYER_III:
            return None
        start, length = chunks[b"data"]
    return start, min(size, start + length) if length else size


def _chunks(file: BinaryIO) -> dict[bytes, tuple[int, int]]:
    """Name to (start, bytes) of the chunks up to "data"; empty for what is no WAV."""
    file.seek(0)
    head = file.read(_RIFF_BYTES)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return {}
    found: dict[bytes, tuple[int, int]] = {}
    at = _RIFF_BYTES
    while b"data" not in found and len(chunk := _chunk(file, at)) == _CHUNK_BYTES:
        found[chunk[:4]] = at + _CHUNK_BYTES, int.from_bytes(chunk[4:], "little")
        at += _CHUNK_BYTES + _padded(chunk)
    return found


def _chunk(file: BinaryIO, at: int) -> bytes:
    file.seek(at)
    return bytes(file.read(_CHUNK_BYTES))


def _padded(chunk: bytes) -> int:
    size = int.from_bytes(chunk[4:], "little")
    return size + size % 2
