"""Which samples a FLAC file really holds, where its header does not say it or libFLAC would be led astray (RFC 9639).

The frames of a FLAC that was cut without encoding it again keep their numbers, so that its first sample is not sample
0; one that was written to a pipe does not know its length. The headers of the first and the last frame tell both.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO, NamedTuple

from j2a.audio.beginnings import next_file
from j2a.audio.view import MOST_PARTS, Layout
from j2a.frames import LOST, between_tags
from j2a.records import dataclass

KIND, _MAGIC = "FLAC", b"fLaC"
_STREAMINFO, _STREAMINFO_BYTES = 0, 34
_TOTAL_MASK = (1 << 36) - 1  # the last 36 bits of 64, behind rate, channels and sample size
_HEADER_BYTES = 16  # of a frame, at most
_TAIL = 1 << 20  # bytes at the end of the file in which the last frame is looked for: the largest frames are half of it
_MOST_BLOCKS = 1000  # of metadata: beyond them it is damaged
_UNKNOWN_BYTES = 4 << 30  # that are looked through for another stream behind one of unknown length
# Where the numbers of frames are looked at, to see that they never go back: no number of equal parts fits these places.
_PLACES, _PLACE_BYTES = sorted(place * 0.618034 % 1 for place in range(1, 17)), 1 << 16
_TAGS = re.compile(rb"ID3|TAG|APETAGEX|LYRICSBEGIN")  # what may lie between the last frame and what follows


def layouts(path: Path) -> list[Layout | None]:
    """The streams of a file, mostly one; libsndfile reads the first of several that were joined.

    None where the header can be taken at its word, and for what is no FLAC or is damaged at its beginning.
    """
    start, end = between_tags(path)
    with path.open("rb") as file:
        streams = _streams(file, start, end)
        if streams == [(start, end)]:
            return [_layout(file, start, end)]
        found = [_layout(file, *part) or Layout((part,)) for part in streams]
    return [*found]


def _streams(file: BinaryIO, start: int, end: int) -> list[tuple[int, int]]:
    """Where streams lie, without files of other formats that were joined to them.

    The file is read for them only where it does not look like one stream.
    """
    found, head = list[tuple[int, int]](), _Head.read(file, start)
    while head and len(found) <= MOST_PARTS:
        last = _last_of_one(file, head, end)
        after = min(end, last + LOST if last else head.largest + LOST)
        other = next_file(file, last or start + len(_MAGIC), after, frames=last > 0)
        found.append((start, other.at if other else end))
        while other and other.kind != KIND:
            other = next_file(file, other.at + len(_MAGIC), end, frames=False)
        start = other.at if other else end
        head = _Head.read(file, start)
    return found or [(start, end)]


def _last_of_one(file: BinaryIO, head: _Head, end: int) -> int:
    """Where the last frame lies, if it has the number that it should have, and the numbers before it never go back.

    0 for no: then another stream may lie in between.
    """
    last = _last_frame(file, head, min(end, head.largest))
    if not last.samples or last.sample + last.samples != head.total:
        return 0
    number = 0
    for place in _PLACES:
        file.seek(head.sound + round((last.at - head.sound) * place))
        before, number = number, _first_number(file.read(_PLACE_BYTES), head.block_size, number)
        if number < before or (number == 0 and last.at > head.sound):
            return 0
    return last.at


def is_one(path: Path) -> bool:
    """Whether a file looks like one stream that its header tells the length of. Reads little of it."""
    start, end = between_tags(path)
    with path.open("rb") as file:
        head = _Head.read(file, start)
        return head is not None and _last_of_one(file, head, end) > 0


def _first_number(data: bytes, block_size: int, otherwise: int) -> int:
    """The number of the first sample of the first frame in some bytes."""
    at = -1
    while (at := data.find(b"\xff", at + 1)) >= 0:
        if frame := _Frame.read(data[at : at + _HEADER_BYTES], block_size):
            return frame.sample
    return otherwise


@dataclass(frozen=True, slots=True)
class _Head:
    """The STREAMINFO block."""

    data: bytes  # with what is before it
    start: int  # of it in the file
    sound: int  # where the first frame begins
    total: int  # samples of one channel; 0: nobody knows

    @classmethod
    def read(cls, file: BinaryIO, start: int) -> _Head | None:
        file.seek(start)
        data = file.read(8 + _STREAMINFO_BYTES)
        if data[:4] != _MAGIC or len(data) < 8 + _STREAMINFO_BYTES or data[4] & 0x7F != _STREAMINFO:
            return None
        if int.from_bytes(data[5:8], "big") != _STREAMINFO_BYTES:
            return None
        return cls(data, start, _behind_metadata(file, start + 4), int.from_bytes(data[18:26], "big") & _TOTAL_MASK)

    @property
    def block_size(self) -> int:
        """Samples of a block in a stream whose blocks are numbered: all but the last have so many."""
        return int.from_bytes(self.data[10:12], "big")

    @property
    def largest(self) -> int:
        """Where the sound ends at the latest: uncompressed. A file that is far larger has reserved space, in which
        libFLAC would look for frames by reading all of it."""
        if not self.total:
            return self.sound + _UNKNOWN_BYTES
        frames = self.total // max(16, int.from_bytes(self.data[8:10], "big")) + 1
        return self.sound + self.bytes_of(self.total) + frames * self.bytes_of(0) + _TAIL

    def bytes_of(self, samples: int) -> int:
        """That a frame of so many takes at most."""
        about = int.from_bytes(self.data[18:26], "big")
        channels, bits = (about >> 41 & 7) + 1, (about >> 36 & 31) + 1
        return samples * channels * (bits + 1) // 8 + _HEADER_BYTES + 2 + 8 * channels


def _layout(file: BinaryIO, start: int, size: int) -> Layout | None:
    """Of one stream between two bytes."""
    head = _Head.read(file, start)
    if head is None:
        return None
    file.seek(head.sound)
    first = _Frame.read(file.read(_HEADER_BYTES), head.block_size)
    if first is None:
        return None
    reserved = bool(head.total) and size > head.largest
    size = head.largest if reserved else size
    last = _last_frame(file, head, size)
    whole = _is_whole(file, head, last, size)
    end = last.sample + (last.samples if whole else 0)
    if not whole and head.total and not first.sample:  # cut short: what is missing shall be told
        end = head.total
    if end == head.total and not first.sample and not start and not reserved:
        return None
    told = (int.from_bytes(head.data[18:26], "big") & ~_TOTAL_MASK | end & _TOTAL_MASK).to_bytes(8, "big")
    return Layout((head.data[:18] + told, (start + 26, size)), first.sample, max(0, end - first.sample))


class _Last(NamedTuple):
    """The last frame of a stream."""

    at: int  # in the file
    sample: int  # the number of its first one
    samples: int  # 0: there is no frame


def _last_frame(file: BinaryIO, head: _Head, size: int) -> _Last:
    """As :func:`_end`, of a file of that size; farther from its end where a tag or garbage lies behind the sound."""
    for looked_at in (_TAIL, 8 * _TAIL, 64 * _TAIL):
        file.seek(at := max(head.sound, size - looked_at))
        last = _end(file.read(max(0, size - at)), head)
        if last.samples or looked_at >= size - head.sound:
            break
    return last._replace(at=at + last.at)


def _behind_metadata(file: BinaryIO, at: int) -> int:
    """Where the first frame begins."""
    for _ in range(_MOST_BLOCKS):
        file.seek(at)
        head = file.read(4)
        if len(head) < 4:
            return at
        at += 4 + int.from_bytes(head[1:4], "big")
        if head[0] & 0x80:
            return at
    return at


@dataclass(frozen=True, slots=True)
class _Frame:
    sample: int  # number of its first one
    samples: int

    @classmethod
    def read(cls, head: bytes, block_size: int) -> _Frame | None:
        """The header that some bytes begin with; None unless its checksum is right."""
        if len(head) < 6 or head[0] != 0xFF or head[1] & 0xFE != 0xF8 or head[3] & 1:
            return None
        numbered = _utf8(head[4:11])
        if numbered is None:
            return None
        number, length = numbered
        at, code = 4 + length, head[2] >> 4
        if code in (6, 7):
            width = code - 5
            samples = int.from_bytes(head[at : at + width], "big") + 1
            at += width
        elif code == 0:
            return None
        else:
            samples = 192 if code == 1 else 576 << (code - 2) if code < 6 else 256 << (code - 8)
        at += {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
        if at >= len(head) or _crc8(head[:at]) != head[at]:
            return None
        return cls(number if head[1] & 1 else number * block_size, samples)


def _end(tail: bytes, head: _Head) -> _Last:
    """The last frame in some bytes."""
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        frame = _Frame.read(tail[at : at + _HEADER_BYTES], head.block_size)
        if frame is not None:
            return _Last(at, frame.sample, frame.samples)
    return _Last(0, 0, 0)


def _is_whole(file: BinaryIO, head: _Head, last: _Last, size: int) -> bool:
    """Whether the last frame is. Where nobody knows the length, one that is followed by much is taken for whole."""
    most = head.bytes_of(last.samples)
    if not head.total and size - last.at > most:
        return True
    file.seek(last.at)
    return bool(last.samples) and _ends(file.read(min(most, size - last.at)), last.at + most >= size)


def _ends(data: bytes, all_there: bool) -> bool:
    """Whether a frame ends before a tag, or with the data if that is ``all_there`` is."""
    value, at = 0, 0
    for end in [*(tag.start() for tag in _TAGS.finditer(data)), *([len(data)] if all_there else [])]:
        value, at = _crc16(data[at:end], value), end
        if value == 0:
            return True
    return False


def _utf8(coded: bytes) -> tuple[int, int] | None:
    """A number of up to 36 bits in the way of UTF-8, and how many bytes it takes."""
    if not coded or coded[0] < 0x80:
        return (coded[0], 1) if coded else None
    length = 8 - (coded[0] ^ 0xFF).bit_length()  # as many bits are set as there are bytes
    if not 2 <= length <= 7 or len(coded) < length or any(byte & 0xC0 != 0x80 for byte in coded[1:length]):
        return None
    number = coded[0] & (0x7F >> length)
    for byte in coded[1:length]:
        number = number << 6 | byte & 0x3F
    return number, length


def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    top, mask = 1 << (bits - 1), (1 << bits) - 1

    def entry(value: int) -> int:
        value <<= bits - 8
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value & top else 0)) & mask
        return value

    return tuple(entry(byte) for byte in range(256))


_CRC8, _CRC16 = _table(0x07, 8), _table(0x8005, 16)


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value = _CRC8[value ^ byte]
    return value


def _crc16(data: bytes, value: int = 0) -> int:
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ _CRC16[value >> 8 ^ byte]
    return value
