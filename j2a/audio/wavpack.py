"""The streams of a WavPack file: FFmpeg reads the first of several that were joined, and stumbles over tails."""

from __future__ import annotations

from pathlib import Path

from j2a.audio.view import Layout, find
from j2a.frames import LOST, between_tags

_MAGIC, _HEADER_BYTES = b"wvpk", 32  # of a block
_INITIAL = 8  # bit of the second byte of a block's flags
_LARGEST = 1 << 20  # bytes of a block


def layouts(path: Path) -> list[Layout]:
    """Each stream: blocks, whose numbers of samples grow, without what lies between them."""
    at, end = between_tags(path)
    streams, last = list[list[tuple[int, int]]](), -1
    with path.open("rb") as file:
        while 0 <= at < end:
            file.seek(at)
            head = file.read(_HEADER_BYTES)
            size = 8 + int.from_bytes(head[4:8], "little")
            if head[:4] != _MAGIC or not _HEADER_BYTES <= size <= _LARGEST or at + size > end:
                at = find(file, _MAGIC, at + 1, min(end, at + LOST))
                continue
            sounds, number = any(head[20:24]), int.from_bytes(head[16:20], "little") | head[10] << 32
            # The blocks of a file with many channels share their numbers; only one of them is the first.
            if not streams or (sounds and head[25] & _INITIAL and number <= last and streams[-1]):
                streams.append([])
                last = -1
            last = number if sounds else last
            if streams[-1] and streams[-1][-1][1] == at:
                streams[-1][-1] = streams[-1][-1][0], at + size
            else:
                streams[-1].append((at, at + size))
            at += size
    return [Layout(tuple(ranges)) for ranges in streams]
