"""A file as a decoder should see it: some of its bytes, with others in front of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Part = bytes | tuple[int, int]  # bytes as they are, or a range of the file: (start, end)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a decoder is to be shown of a file, and which of the samples that it then tells of are there."""

    parts: tuple[Part, ...]  # none: the file as it is
    first: int = 0  # number that the decoder gives to the first sample
    frames: int | None = None  # samples of one channel; None: as many as the decoder says
    last_seek: int | None = None  # frame behind which seeks lead astray; None: they never do

    def entry(self, frame: int) -> tuple[Layout, int] | None:
        """What to show a decoder that shall begin shortly before a frame, and the frame that it then begins with.

        None where the decoder seeks well by itself.
        """
        return None


class FileView(io.RawIOBase):
    """The parts of a file one behind the other, readable and seekable; what soundfile takes in place of a path."""

    def __init__(self, path: Path, parts: Sequence[Part]) -> None:
        self._file = path.open("rb")
        self._parts = list(parts)
        self._position = 0
        self._size = sum(map(_length, self._parts))

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As files do it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes: fewer than asked for at the end alone."""
        left = self._size - self._position if size is None or size < 0 else size
        found, start = bytearray(), 0
        for part in self._parts:
            inside = self._position - start
            start += _length(part)
            if 0 <= inside < _length(part) and left > 0:
                piece = self._piece(part, inside, left)
                found += piece
                left -= len(piece)
                self._position += len(piece)
        return bytes(found)

    def _piece(self, part: Part, inside: int, size: int) -> bytes:
        if isinstance(part, bytes):
            return part[inside : inside + size]
        self._file.seek(part[0] + inside)
        return self._file.read(min(size, part[1] - part[0] - inside))

    def readinto(self, buffer: object) -> int:
        """Fill a buffer."""
        target = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        found = self.read(len(target))
        target[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Release the file."""
        self._file.close()
        super().close()


def _length(part: Part) -> int:
    return len(part) if isinstance(part, bytes) else part[1] - part[0]


def id3_size(head: bytes) -> int:
    """Bytes of the ID3v2 tag that ``head`` begins with, 0 for none."""
    if len(head) < 10 or head[:3] != b"ID3" or max(head[6:10]) > 127:
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + size + (10 if head[5] & 0x10 else 0)


def after_tags(path: Path) -> int:
    """Where the sound begins: behind all ID3v2 tags in front of it."""
    start = 0
    with path.open("rb") as file:
        while size := id3_size(file.read(10)):
            start += size
            file.seek(start)
    return start
