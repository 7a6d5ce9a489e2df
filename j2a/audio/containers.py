"""Where a file ends by what its own header says, in formats of which the readers know one file alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from j2a.audio.beginnings import HEAD_BYTES, Beginning, kind_of, next_file
from j2a.audio.view import MOST_PARTS
from j2a.frames import LOST, between_tags

_MOST_CHUNKS = 100_000  # of a file; a fragmented one has some thousands
_UNKNOWN = 0xFFFF_FFFF
_W64_HEAD, _W64_CHUNK, _W64_DATA = 40, 24, b"data\xf3\xac\xd3\x11"
_ASF_OBJECT, _ASF_DATA = 24, b"6&\xb2u\x8ef\xcf\x11"
_MP4_SOUND = b"moov", b"moof", b"mdat"
_SEGMENT = b"\x18\x53\x80\x67"
_TTA_HEAD, _TTA_FRAME = 22, (256, 245)  # a frame has 256 / 245 seconds


def files(path: Path, kinds: Iterable[str]) -> list[tuple[int, int]]:
    """Where the files of some formats lie that were joined to one (start, end), one more than is read at most."""
    start, end = between_tags(path)
    found, wanted = list[tuple[int, int]](), set(kinds)
    with path.open("rb") as file:
        file.seek(start)
        here: Beginning | None = Beginning(start, kind_of(file.read(HEAD_BYTES)))
        while here and len(found) <= MOST_PARTS:
            told = end_of(file, here, end)
            behind = here.at + HEAD_BYTES if told is None else told
            following = next_file(file, behind, min(end, behind + LOST), frames=told is not None)
            if here.kind in wanted:
                found.append((here.at, told or (following.at if following else end)))
            here = following
    return found


def end_of(file: BinaryIO, begins: Beginning, end: int) -> int | None:
    """Where a file that begins there ends, before ``end``; None: nobody knows."""
    ends = _ENDS.get(begins.kind)
    told = ends(file, begins.at, end) if ends else None
    return told if told is not None and begins.at < told <= end else None


def _number(file: BinaryIO, at: int, size: int, order: str = "little") -> int:
    file.seek(at)
    return int.from_bytes(file.read(size), "big" if order == "big" else "little")


def _bytes(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


def _name(file: BinaryIO, at: int) -> bytes:
    """Of a chunk, four letters; "" where none begins, or a file does."""
    name = _bytes(file, at, 4)
    chunk = len(name) == 4 and name.isascii() and name.decode().isprintable() and not _begins(file, at)
    return name if chunk else b""


def _begins(file: BinaryIO, at: int) -> bool:
    return bool(kind_of(_bytes(file, at, HEAD_BYTES)))


def _wav(file: BinaryIO, start: int, end: int) -> int | None:
    """Behind its sound: what RIFF tells is wrong in many."""
    sound, at = None, start + 12
    for _ in range(_MOST_CHUNKS):
        name, size = _bytes(file, at, 4), _number(file, at + 4, 4)
        if name == b"ds64":
            sound = _number(file, at + 16, 8)
        if name == b"data":
            size = sound if sound and size == _UNKNOWN else size
            return at + 8 + size if size else None
        if len(name) < 4 or at > end:
            break
        at += 8 + size + size % 2
    return None


def _aiff(file: BinaryIO, start: int, end: int) -> int | None:
    """Behind the last of its chunks, whatever FORM tells."""
    at, sound = start + 12, False
    while name := _name(file, at):
        size = _number(file, at + 4, 4, "big")
        if at + 8 + size > end:
            break
        sound = sound or (name == b"SSND" and size > 8)
        at += 8 + size + size % 2
    return min(at, end) if sound else None


def _caf(file: BinaryIO, start: int, end: int) -> int | None:
    at, sound = start + 8, False
    while name := _name(file, at):
        size = _number(file, at + 4, 8, "big")
        if at + 12 + size > end:  # also what nobody knows: -1
            break
        sound = sound or name == b"data"
        at += 12 + size
    return at if sound else None


def _au(file: BinaryIO, start: int, end: int) -> int | None:
    size = _number(file, start + 8, 4, "big")
    return None if size in (0, _UNKNOWN) else start + _number(file, start + 4, 4, "big") + size


def _w64(file: BinaryIO, start: int, end: int) -> int | None:
    at = start + _W64_HEAD
    for _ in range(_MOST_CHUNKS):
        name, size = _bytes(file, at, 16), _number(file, at + 16, 8)
        if size < _W64_CHUNK or at + size > end:
            return None
        if name.startswith(_W64_DATA):
            return at + size
        at += size + -size % 8
    return None


def _tta(file: BinaryIO, start: int, end: int) -> int | None:
    """A header, the sizes of all frames, a checksum, the frames."""
    rate, samples = _number(file, start + 10, 4), _number(file, start + 14, 4)
    each = rate * _TTA_FRAME[0] // _TTA_FRAME[1]
    frames = -(-samples // each) if each else 0
    if not 0 < 4 * frames <= end - start:
        return None
    sizes = np.frombuffer(_bytes(file, start + _TTA_HEAD, 4 * frames), "<u4")
    return start + _TTA_HEAD + 4 * frames + 4 + int(sizes.sum(dtype=np.int64)) if len(sizes) == frames else None


def _mp4(file: BinaryIO, start: int, end: int) -> int | None:
    """Behind the last box, before a second one that begins a file."""
    at, names = start, set[bytes]()
    for _ in range(_MOST_CHUNKS):
        size, name = _number(file, at, 4, "big"), _bytes(file, at + 4, 4)
        if size == 1:
            size = _number(file, at + 8, 8, "big")
        inside = 8 <= size <= end - at
        if not inside and name in _MP4_SOUND:  # as long as what is left, or cut short
            return None
        if not inside or (names and _begins(file, at)) or not name.isascii():
            break
        names.add(name)
        at += size
    return at if names.issuperset(_MP4_SOUND[:1]) else None


def _asf(file: BinaryIO, start: int, end: int) -> int | None:
    """Behind its sound and the indexes that follow it."""
    at, sound = start, False
    for _ in range(_MOST_CHUNKS):
        name, size = _bytes(file, at, 16), _number(file, at + 16, 8)
        if (at > start and _begins(file, at)) or not _ASF_OBJECT <= size <= end - at:
            break
        sound = sound or name.startswith(_ASF_DATA)
        at += size
    return at if sound else None


def _matroska(file: BinaryIO, start: int, end: int) -> int | None:
    head = _variable(file, start + 4)
    if head is None or _bytes(file, at := head[1] + head[0], 4) != _SEGMENT:
        return None
    segment = _variable(file, at + 4)
    return segment[1] + segment[0] if segment else None


def _variable(file: BinaryIO, at: int) -> tuple[int, int] | None:
    """A number of EBML and the place behind it; None for one that nobody knows."""
    data = _bytes(file, at, 8)
    length = 9 - data[0].bit_length() if data else 9
    if length > len(data):
        return None
    number = int.from_bytes(data[:length], "big") & ((1 << 7 * length) - 1)
    return None if number == (1 << 7 * length) - 1 else (number, at + length)


_ENDS: dict[str, Callable[[BinaryIO, int, int], int | None]] = {
    "WAV": _wav, "AIFF": _aiff, "CAF": _caf, "AU": _au, "W64": _w64, "TTA": _tta, "MP4": _mp4, "WMA": _asf,
    "Matroska": _matroska,
}  # fmt: skip
