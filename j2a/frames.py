"""Where the sound of a file lies: between the tags around it, in frames of MPEG audio (ISO 11172-3, 13818-3) or ADTS.

For what reads a file's length cheaply, and for what decodes it.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

T = TypeVar("T")
_MOST_TAGS = 100  # one behind the other
SYNC = re.compile(rb"\xff[\xe2-\xff][^\xf0-\xff]")  # what frames begin with
LOST = 16 << 20  # bytes without a frame after which there is none: a cover between joined files has a few million
_COUNTED = 16 << 20  # bytes of sound whose frames are counted for a length: minutes of it, and a moment's work
_PLACES, _EACH = 10, 10  # where the bit rate of a longer one is looked at, and how many frames of it
_ID3V1_BYTES, _ENHANCED_BYTES, _APE_BYTES, _ID3_FOOTER_BYTES, _LYRICS_BYTES = 128, 227, 32, 10, 15

_KBITS = {  # by (MPEG 1, layer)
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MPEG_RATES, _MPEG_1 = (44_100, 48_000, 32_000), 3
_ADTS_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)


def id3_size(head: bytes) -> int:
    """Bytes of the ID3v2 tag that ``head`` begins with, 0 for none."""
    if len(head) < 10 or head[:3] != b"ID3" or max(head[6:10]) > 127:
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + size + (10 if head[5] & 0x10 else 0)


def between_tags(path: Path) -> tuple[int, int]:
    """Where the sound begins, behind all ID3v2 tags in front of it, and where it ends, before the tags behind it."""
    start = 0
    with path.open("rb") as file:
        for _ in range(_MOST_TAGS):
            start += (size := id3_size(file.read(10)))
            if not size:
                break
            file.seek(start)
        end = file.seek(0, 2)
        start = min(start, end)
        for _ in range(_MOST_TAGS):
            size = _tag_before(file, end)
            if not 0 < size <= end - start:
                break
            end -= size
    return start, end


def _tag_before(file: BinaryIO, end: int) -> int:
    """Bytes of the tag that ends there: ID3v1, APE, Lyrics3 or ID3v2; 0 for none."""
    file.seek(max(0, end - _ENHANCED_BYTES))
    tail = file.read(min(end, _ENHANCED_BYTES))
    if tail[-_ID3V1_BYTES:][:3] == b"TAG":
        return _ENHANCED_BYTES + _ID3V1_BYTES if _enhanced(file, end) else _ID3V1_BYTES
    if (footer := tail[-_APE_BYTES:])[:8] == b"APETAGEX":
        size, flags = int.from_bytes(footer[12:16], "little"), int.from_bytes(footer[20:24], "little")
        return size + (_APE_BYTES if flags >> 31 else 0)
    if (footer := tail[-_LYRICS_BYTES:])[6:] == b"LYRICS200" and footer[:6].isdigit():
        return int(footer[:6]) + _LYRICS_BYTES
    if (footer := tail[-_ID3_FOOTER_BYTES:])[:3] == b"3DI":
        return id3_size(b"ID3" + footer[3:])
    return 0


def _enhanced(file: BinaryIO, end: int) -> bool:
    """Whether an ID3v1 tag that ends there has its longer form in front of it."""
    file.seek(max(0, end - _ID3V1_BYTES - _ENHANCED_BYTES))
    return file.read(4) == b"TAG+"


class Frame(NamedTuple):
    """What the header of a frame says."""

    size: int  # bytes, header included
    samples: int  # of one channel
    rate: int  # Hz
    kind: int  # bits that all frames of a stream share
    kbits: int  # a second, of MPEG; 0 of ADTS


FrameAt = Callable[[bytes], Frame | None]
_HEADER_BYTES = 7


def mpeg_frame(head: bytes) -> Frame | None:
    """The frame of MPEG audio that some bytes begin with."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer, rate = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3), head[2] >> 2 & 3
    if version == 1 or layer == 4 or rate == 3 or head[2] >> 4 in (0, 15):
        return None
    kbits = _KBITS[version == _MPEG_1, layer][head[2] >> 4]
    hertz = _MPEG_RATES[rate] >> (_MPEG_1 - version if version else 2)
    samples = 384 if layer == 1 else 576 if layer == 3 and version != _MPEG_1 else 1152
    slot = 4 if layer == 1 else 1
    size = (samples // 8 // slot * kbits * 1000 // hertz + (head[2] >> 1 & 1)) * slot
    return Frame(size, samples, hertz, head[1] & 0xFE, kbits)


def layer_3_frame(head: bytes) -> Frame | None:
    """The frame of MPEG layer III (MP3) that some bytes begin with."""
    return mpeg_frame(head) if head[1:2] and head[1] & 6 == 2 else None


def layer_2_frame(head: bytes) -> Frame | None:
    """The frame of MPEG layer II (MP2) that some bytes begin with."""
    return mpeg_frame(head) if head[1:2] and head[1] & 6 == 4 else None


def adts_frame(head: bytes) -> Frame | None:
    """The frame of AAC in ADTS (ISO 13818-7) that some bytes begin with."""
    if len(head) < _HEADER_BYTES or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    rate, size = head[2] >> 2 & 15, (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if rate >= len(_ADTS_RATES) or size <= _HEADER_BYTES:
        return None
    return Frame(size, 1024 * ((head[6] & 3) + 1), _ADTS_RATES[rate], head[1] << 8 | head[2] & 0xFC, 0)


class Walk(NamedTuple):
    """The frames of a file, counted."""

    ranges: tuple[tuple[int, int], ...]  # of the file, without what lies between frames
    seconds: float
    samples: int


def walk(data: mmap.mmap, frame_at: FrameAt, start: int, end: int) -> Walk:
    """The whole frames between two bytes; whatever lies between them is passed over."""
    ranges, at, began, seconds, samples = list[tuple[int, int]](), start, start, 0.0, 0
    while 0 <= at < end:
        frame = frame_at(data[at : at + _HEADER_BYTES])
        if frame and at + frame.size <= end:
            seconds += frame.samples / frame.rate
            samples += frame.samples
            at += frame.size
            continue
        if at > began:
            ranges.append((began, at))
        at = began = next_frame(data, frame_at, at + (1 if frame else 0), end)
    if at > began:
        ranges.append((began, at))
    return Walk(tuple(ranges), seconds, samples)


def next_frame(data: mmap.mmap, frame_at: FrameAt, at: int, end: int) -> int:
    """The next place before ``end`` where a frame lies in front of another of its kind, -1 for none."""
    at += id3_size(data[at : at + 10])
    for sync in SYNC.finditer(data, at, min(end, at + LOST)):
        at = sync.start()
        frame = frame_at(data[at : at + _HEADER_BYTES])
        behind = frame and frame_at(data[at + frame.size : at + frame.size + _HEADER_BYTES])
        if frame and behind and frame.kind == behind.kind:
            return at
    return -1


def walked(path: Path, frame_at: FrameAt) -> Walk:
    """The frames of a file."""
    start, end = between_tags(path)
    return _mapped(path, lambda data: walk(data, frame_at, start, end)) or Walk((), 0.0, 0)


def counted_s(path: Path, frame_at: FrameAt) -> float | None:
    """Seconds of sound in a file of frames; None where that would take long to know."""
    start, end = between_tags(path)
    if end - start > _COUNTED:
        return _mapped(path, lambda data: _by_rate_s(data, frame_at, start, end))
    return _mapped(path, lambda data: walk(data, frame_at, start, end).seconds) or None


def _by_rate_s(data: mmap.mmap, frame_at: FrameAt, start: int, end: int) -> float | None:
    """Seconds of a long file, if its bit rate is the same wherever one looks."""
    seen = set[Frame]()
    for place in range(_PLACES):
        at = next_frame(data, frame_at, start + (end - start) * place // _PLACES, end)
        for _ in range(_EACH):
            frame = frame_at(data[at : at + _HEADER_BYTES]) if at >= 0 else None
            if frame is None:
                return None
            seen.add(frame)
            at += frame.size
    one = seen.pop()
    if not seen:  # no frame has a byte more than another, as some encoders have it
        return (end - start) / one.size * one.samples / one.rate
    same = all((other.kbits, other.rate) == (one.kbits, one.rate) for other in seen)
    return (end - start) * 8 / (1000 * one.kbits) if same and one.kbits else None


def _mapped(path: Path, use: Callable[[mmap.mmap], T]) -> T | None:
    """What is found in the bytes of a file; None where they cannot be mapped."""
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            return None
        with data:
            return use(data)
