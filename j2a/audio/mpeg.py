"""Where the frames of an MP3 lie, and a header that tells libsndfile how many there are.

libsndfile takes the length of an MP3 from a Xing header, and guesses it from the first frame and the size of the file
where there is none: too short, too long, or ended by a cover. Counting the frames' headers (ISO 11172-3, 13818-3) takes
a few milliseconds a minute; a header made of the count makes the decoder's length right, and its seeks exact.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from j2a.audio.view import Layout
from j2a.frames import LOST, SYNC, between_tags, id3_size, layer_3_frame
from j2a.records import dataclass

_RATES = (44_100, 48_000, 32_000)
_MPEG_1, _MONO = 3, 3  # as bits of a header
_SLACK = 0.01  # share that a Xing header's bytes may differ from what is there

_POINT_FRAMES = 64  # between two points at which a decoder can be begun
_PREROLL_FRAMES = 10  # the bit reservoir reaches back no farther

Kind = tuple[int, int, int]  # version bits, sample rate in Hz, channels


@dataclass(frozen=True, slots=True)
class Run:
    """Frames of one kind, one behind the other."""

    kind: Kind
    frames: int
    ranges: tuple[tuple[int, int], ...]  # of the file, without what lies between frames
    points: tuple[int, ...]  # where every so many frames one begins
    as_told: tuple[int, int] | None = None  # header and frames, if the header is right

    def layout(self, point: int = 0) -> Layout:
        """What libsndfile is shown from a point on: a header with the true length, then the frames."""
        if self.as_told:
            return Layout((self.as_told,))
        at = self.points[point]
        ranges = tuple((max(at, start), end) for start, end in self.ranges if end > at)
        frames = self.frames - point * _POINT_FRAMES
        size = sum(end - start for start, end in ranges)
        return MpegLayout((_xing(self.kind, frames, size), *ranges), run=self)


@dataclass(frozen=True, slots=True)
class MpegLayout(Layout):
    """Entered where a frame begins, which is known: the decoder would have to count frames until there."""

    run: Run | None = None

    def entry(self, frame: int) -> tuple[Layout, int] | None:
        """See :class:`Layout`. The frames before it hold the bits that the wanted one borrows."""
        assert self.run is not None
        samples = _samples(self.run.kind[0])
        point = max(0, frame // samples - _PREROLL_FRAMES) // _POINT_FRAMES
        return self.run.layout(point), point * _POINT_FRAMES * samples


def runs(path: Path, start: int | None = None, end: int | None = None) -> list[Run]:
    """The frames of a file, or of a part of it; none where libsndfile knows the length, or it is no MPEG layer III."""
    whole, tags_at = start is None, 0
    if start is None:
        start, tags_at = between_tags(path)
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            return []
        with data:
            first = _frame(data, start)
            if first is None:
                start = _next_frame(data, start, len(data))
                first = _frame(data, start)
            if first is None:
                return []
            header = _header_at(data, start, first)
            sound = start + first[0] if header else start
            found = _walk(data, sound, len(data) if end is None else end)
            if not whole or len(found) != 1 or len(found[0].ranges) != 1:
                return found  # libsndfile stops at what lies between frames, damage or a tag, whatever the header says
            if _is_true(header, tags_at - start):
                return []
            told = (start, found[0].ranges[0][1])
            # What lies behind these frames is something else.
            return [replace(found[0], as_told=told)] if _is_true(header, told[1] - start) else found


def _frame(data: mmap.mmap, at: int) -> tuple[int, Kind] | None:
    """Bytes and kind of the frame of layer III whose header is there."""
    return _read(data[at : at + 4]) if at >= 0 else None


@lru_cache(maxsize=4096)  # a file has a few headers, thousands of times
def _read(header: bytes) -> tuple[int, Kind] | None:
    frame = layer_3_frame(header)
    if frame is None:
        return None
    return frame.size, (header[1] >> 3 & 3, frame.rate, 1 if header[3] >> 6 == _MONO else 2)


def _samples(version: int) -> int:
    return 1152 if version == _MPEG_1 else 576


def _side_info(kind: Kind) -> int:
    """Bytes between a frame's header and what a Xing header lies behind."""
    return {(True, 2): 32, (True, 1): 17, (False, 2): 17, (False, 1): 9}[kind[0] == _MPEG_1, kind[2]]


def _header_at(data: mmap.mmap, at: int, frame: tuple[int, Kind]) -> bytes:
    """The length header that a frame holds in place of sound; "" for none."""
    xing = at + 4 + _side_info(frame[1])
    if data[xing : xing + 4] in (b"Xing", b"Info"):
        return data[xing : at + frame[0]]
    vbri = at + 4 + 32
    return data[vbri : at + frame[0]] if data[vbri : vbri + 4] == b"VBRI" else b""


def _is_true(header: bytes, there: int) -> bool:
    """Whether a Xing header tells the length of so many bytes of sound."""
    if header[:4] not in (b"Xing", b"Info") or len(header) < 16:
        return False
    flags, frames, size = struct.unpack(">III", header[4:16])
    return bool(flags & 3 == 3 and frames) and abs(int(size) - there) <= max(_SLACK * there, 4096)


def _walk(data: mmap.mmap, at: int, size: int) -> list[Run]:
    found: list[Run] = []
    kind: Kind | None = None
    frames, began, ranges, points = 0, at, list[tuple[int, int]](), list[int]()

    def close() -> None:
        nonlocal frames, ranges, points
        if at > began:
            ranges.append((began, at))
        if kind is not None and frames:
            found.append(Run(kind, frames, tuple(ranges), tuple(points)))
        frames, ranges, points = 0, [], []

    while True:
        frame = _frame(data, at) if at + 4 <= size else None
        if frame is None or (kind is not None and frame[1] != kind and not _follows(data, at, frame)):
            after = _next_frame(data, at, size)
            if after < 0:
                close()
                return found
            ranges.append((began, at))
            at = began = after
            continue
        if frame[1] != kind:
            close()
            kind, began = frame[1], at
        if at + frame[0] > size:  # the last one is cut
            close()
            return found
        if not frames % _POINT_FRAMES:
            points.append(at)
        frames += 1
        at += frame[0]


def _follows(data: mmap.mmap, at: int, frame: tuple[int, Kind]) -> bool:
    """Whether another frame of its kind lies behind a frame: by chance, the bytes of a tag look like one."""
    behind = _frame(data, at + frame[0])
    return behind is not None and behind[1] == frame[1]


def _next_frame(data: mmap.mmap, at: int, size: int) -> int:
    """The next place before ``size`` where frames go on, -1 for none: behind a tag, or behind damage."""
    if tag := id3_size(data[at : at + 10]):
        at += tag
    for sync in SYNC.finditer(data, at, min(size, at + LOST)):
        frame = _frame(data, sync.start())
        if frame is not None and _follows(data, sync.start(), frame):
            return sync.start()
    return -1


def _xing(kind: Kind, frames: int, size: int) -> bytes:
    """A frame that holds nothing but an "Info" header: the count of frames and bytes behind it."""
    version, hertz, channels = kind
    rate = next(n for n, one in enumerate(_RATES) if one >> (_MPEG_1 - version if version else 2) == hertz)
    side = _side_info(kind)
    for kbits in range(1, 15):
        header = 0xFFE1_0000 | version << 19 | 1 << 17 | kbits << 12 | rate << 10 | (_MONO if channels == 1 else 0) << 6
        decoded = _read(header.to_bytes(4, "big"))
        if decoded and decoded[0] >= 4 + side + 16:
            break
    assert decoded is not None
    told = b"Info" + struct.pack(">III", 3, frames, size + decoded[0])
    return (header.to_bytes(4, "big") + bytes(side) + told).ljust(decoded[0], b"\0")
