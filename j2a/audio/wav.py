"""WAV files whose recorder stopped before it wrote the sizes into the header; they, AIFF, W64, AU and CAF joined."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from j2a.audio import containers
from j2a.audio.beginnings import left_out
from j2a.audio.view import Layout

_RIFF_BYTES, _CHUNK_BYTES = 12, 8
KINDS = "WAV", "AIFF", "W64", "AU", "CAF"  # what libsndfile reads of them
_MOST = 0xFFFF_FFFF  # bytes that a WAV can tell of
_MPEG_LAYER_III = b"\x55\0"  # its format tag


def layouts(path: Path) -> list[Layout | None]:
    """Files that were joined to one, whatever lies between: libsndfile reads the first, and some tags as sound.

    None for a single one whose header can be taken at its word.
    """
    parts = containers.files(path, KINDS)
    if not parts:
        return [None]
    with path.open("rb") as file:
        size = file.seek(0, 2)
        found = [_part(file, *part) for part in parts]
    shown = [layout or Layout((part,)) for layout, part in zip(found, parts, strict=True)]
    alone = len(parts) == 1 and not found[0] and (parts[0] == (0, size) or _ends_by_itself(path))
    return [None] if alone and not left_out(path, shown, size) else [*shown]


def _ends_by_itself(path: Path) -> bool:
    """Whether libsndfile looks at nothing behind the sound of a file."""
    with path.open("rb") as file:
        return file.read(4) in (b"RIFF", b"FORM")


def _part(file: BinaryIO, start: int, size: int) -> Layout | None:
    """The sound behind a "data" chunk that says it is empty; None for every other file. Between two bytes."""
    chunks = _chunks(file, start)
    if b"data" not in chunks or chunks[b"data"][1]:
        return None
    sound = chunks[b"data"][0]
    end = sound  # where chunks that follow would lead: to the end of the file, if they are some
    while len(chunk := _chunk(file, end)) == _CHUNK_BYTES and chunk[:4].isalnum() and end < size:
        end += _CHUNK_BYTES + _padded(chunk)
    if end == size:
        return None
    file.seek(start)
    told = file.read(sound - start - 4) + min(size - sound, _MOST).to_bytes(4, "little")
    return Layout((told[:4] + min(size - start - 8, _MOST).to_bytes(4, "little") + told[8:], (sound, size)))


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


def _chunks(file: BinaryIO, start: int = 0) -> dict[bytes, tuple[int, int]]:
    """Name to (start, bytes) of the chunks up to "data"; empty for what is no WAV."""
    file.seek(start)
    head = file.read(_RIFF_BYTES)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return {}
    found: dict[bytes, tuple[int, int]] = {}
    at = start + _RIFF_BYTES
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
