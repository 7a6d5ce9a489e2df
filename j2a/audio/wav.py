"""WAV files whose recorder stopped before it wrote the sizes into the header, or that were joined; AIFF, too."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from j2a.audio.view import Layout, find
from j2a.frames import LOST, between_tags

_RIFF_BYTES, _CHUNK_BYTES = 12, 8
_FORMS = ((b"RIFF", b"WAVE"), (b"FORM", b"AIFF"), (b"FORM", b"AIFC"))
_MOST_PARTS = 1000
_MOST = 0xFFFF_FFFF  # bytes that a WAV can tell of
_MPEG_LAYER_III = b"\x55\0"  # its format tag


def layouts(path: Path) -> list[Layout | None]:
    """WAV or AIFF files that were joined to one, whatever lies between: libsndfile reads the first.

    None for a single one whose header can be taken at its word.
    """
    start, end = between_tags(path)
    with path.open("rb") as file:
        size, at, parts = file.seek(0, 2), start, list[tuple[int, int]]()
        while 0 <= at < end and len(parts) < _MOST_PARTS:
            told = _told_end(file, at, end)
            following = _next(file, at + _RIFF_BYTES if told is None else told, end)
            parts.append((at, following if following >= 0 else size))
            at = following
        found = [_part(file, *part) for part in parts]
    if len(parts) < 2:
        return [found[0] or (Layout((parts[0],)) if start else None)] if parts else [None]
    return [layout or Layout((part,)) for layout, part in zip(found, parts, strict=True)]


def _told_end(file: BinaryIO, at: int, end: int) -> int | None:
    """Where the sound of a WAV that begins there ends by its header, or an AIFF; None: nobody knows."""
    file.seek(at)
    head = file.read(_RIFF_BYTES)
    if head[:4] == b"FORM":
        told = at + _CHUNK_BYTES + int.from_bytes(head[4:8], "big")
    else:
        start, length = _chunks(file, at).get(b"data", (0, 0))
        told = start + length if length else end + 1
    return told if told <= end else None


def _next(file: BinaryIO, at: int, end: int) -> int:
    """Where the next file begins, -1 for nowhere near."""
    reach, found = min(end, at + LOST), list[int]()
    for magic in (b"RIFF", b"FORM"):
        place = at
        while (place := find(file, magic, place, reach)) >= 0:
            file.seek(place)
            head = file.read(_RIFF_BYTES)
            if (head[:4], head[8:]) in _FORMS:
                found.append(place)
                break
            place += 1
    return min(found, default=-1)


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
