"""Where the frames of an MP3 lie, and a header that tells libsndfile how many there are.

libsndfile takes the length of an MP3 from a Xing header, and guesses it from the first frame and the size of the file
where there is none: too short, too long, or ended by a cover. Counting the frames' headers (ISO 11172-3, 13818-3) takes
a few milliseconds a minute; a header made of the count makes the decoder's length right, and its seeks exact.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

from j2a.audio.view import Layout, after_tags, id3_size

_KBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2 and 2.5
}
_RATES = (44_100, 48_000, 32_000)
_MPEG_1, _MPEG_2 = 3, 2
_MONO = 3
_LOST = 16 << 20  # bytes without a frame after which there is none: a cover between joined files has a few million
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

    def layout(self, point: int = 0) -> Layout:
        """What libsndfile is shown from a point on: a header with the true length, then the frames."""
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
    whole = start is None
    start = after_tags(path) if start is None else start
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
            known = whole and _knows_its_length(data, start, first)
            if _header_at(data, start, first):
                start += first[0]
            found = _walk(data, start, len(data) if end is None else end)
            # libsndfile stops at what lies between frames, damage or a tag, whatever the header says.
            return [] if known and len(found) == 1 and len(found[0].ranges) == 1 else found


def _frame(data: mmap.mmap, at: int) -> tuple[int, Kind] | None:
    """Bytes and kind of the frame whose header is there."""
    if at < 0 or at + 4 > len(data):
        return None
    return _decoded(int.from_bytes(data[at : at + 4], "big"))


def _decoded(header: int) -> tuple[int, Kind] | None:
    version, layer = header >> 19 & 3, header >> 17 & 3
    kbits, rate = header >> 12 & 15, header >> 10 & 3
    if header >> 21 != 0x7FF or version == 1 or layer != 1 or kbits in (0, 15) or rate == 3:
        return None
    hertz = _RATES[rate] >> (_MPEG_1 - version if version else 2)
    samples = _samples(version)
    size = samples // 8 * _KBITS[version == _MPEG_1][kbits] * 1000 // hertz + (header >> 9 & 1)
    return size, (version, hertz, 1 if header >> 6 & 3 == _MONO else 2)


def is_layer_2(head: bytes) -> bool:
    """Whether four bytes begin a frame of MPEG layer II (MP2)."""
    return len(head) == 4 and head[0] == 0xFF and head[1] & 0xE6 == 0xE4


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


def _knows_its_length(data: mmap.mmap, at: int, frame: tuple[int, Kind]) -> bool:
    header = _header_at(data, at, frame)
    if header[:4] not in (b"Xing", b"Info") or len(header) < 16:
        return False
    flags, frames, size = struct.unpack(">III", header[4:16])
    there = _end(data) - at
    off = abs(int(size) - there)
    return bool(flags & 3 == 3 and frames) and off <= max(_SLACK * there, 4096)


def _end(data: mmap.mmap) -> int:
    """Where the sound ends: before the tags at the end of the file."""
    end = len(data)
    if data[max(0, end - 128) : end][:3] == b"TAG":
        end -= 128
    footer = data[max(0, end - 32) : end]
    if footer[:8] == b"APETAGEX":
        size, flags = int.from_bytes(footer[12:16], "little"), int.from_bytes(footer[20:24], "little")
        end -= min(end, size + (32 if flags >> 31 else 0))
    return end


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

    header_of = struct.Struct(">I").unpack_from
    while True:
        frame = _decoded(header_of(data, at)[0]) if at + 4 <= size else None
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
    end = min(size, at + _LOST) - 3  # of a header's four bytes
    while (at := data.find(b"\xff", at, end)) >= 0:
        frame = _frame(data, at)
        if frame is not None and _follows(data, at, frame):
            return at
        at += 1
    return -1


def _xing(kind: Kind, frames: int, size: int) -> bytes:
    """A frame that holds nothing but an "Info" header: the count of frames and bytes behind it."""
    version, hertz, channels = kind
    rate = next(n for n, one in enumerate(_RATES) if one >> (_MPEG_1 - version if version else 2) == hertz)
    side = _side_info(kind)
    for kbits in range(1, 15):
        header = 0xFFE1_0000 | version << 19 | 1 << 17 | kbits << 12 | rate << 10 | (_MONO if channels == 1 else 0) << 6
        decoded = _decoded(header)
        if decoded and decoded[0] >= 4 + side + 16:
            break
    assert decoded is not None
    told = b"Info" + struct.pack(">III", 3, frames, size + decoded[0])
    return (header.to_bytes(4, "big") + bytes(side) + told).ljust(decoded[0], b"\0")
