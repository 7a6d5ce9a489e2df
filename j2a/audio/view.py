"""A file as a decoder should see it: some of its bytes, with others in front of them."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from j2a.records import dataclass

MOST_PARTS = 1000  # of a file, of which more is not looked at
_BLOCK = 1 << 16  # bytes that are looked through at a time

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
        self._starts = [0, *accumulate(map(_length, self._parts))]
        self._position, self._size = 0, self._starts[-1]

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
        found = bytearray()
        number = bisect_right(self._starts, self._position) - 1
        while left > 0 and number < len(self._parts):
            piece = self._piece(self._parts[number], self._position - self._starts[number], left)
            found += piece
            left -= len(piece)
            self._position += len(piece)
            number += 1
            if self._position < self._starts[number]:  # enough, or the file has become shorter
                break
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


def find(file: BinaryIO, wanted: bytes, at: int, end: int) -> int:
    """Where some bytes next lie in a file, before ``end``; -1 for nowhere."""
    while at < end:
        file.seek(at)
        block = file.read(min(_BLOCK, end - at))
        place = block.find(wanted)
        if place >= 0:
            return at + place
        if len(block) < len(wanted):
            return -1
        at += len(block) - len(wanted) + 1
    return -1
