"""Which samples a FLAC file really holds, where its header does not say it or libFLAC would be led astray (RFC 9639).

The frames of a FLAC that was cut without encoding it again keep their numbers, so that its first sample is not sample
0; one that was written to a pipe does not know its length. The headers of the first and the last frame tell both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from j2a.audio.view import Layout, after_tags

_STREAMINFO, _STREAMINFO_BYTES = 0, 34
_TOTAL_MASK = (1 << 36) - 1  # the last 36 bits of 64, behind rate, channels and sample size
_HEADER_BYTES = 16  # of a frame, at most
_TAIL = 1 << 20  # bytes at the end of the file in which the last frame is looked for: the largest frames are half of it


def layout(path: Path) -> Layout | None:
    """None where the header can be taken at its word, and for what is no FLAC or is damaged at its beginning."""
    start = after_tags(path)
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(start)
        head = file.read(8 + _STREAMINFO_BYTES)
        if head[:4] != b"fLaC" or head[4] & 0x7F != _STREAMINFO or len(head) < 8 + _STREAMINFO_BYTES:
            return None
        sound = _behind_metadata(file, start + 4)
        file.seek(sound)
        first = _Frame.read(file.read(_HEADER_BYTES), _block_size(head))
        if first is None:
            return None
        total = int.from_bytes(head[18:26], "big") & _TOTAL_MASK
        reserved = bool(total) and size > (largest := sound + _most_bytes(head, total))
        size = largest if reserved else size
        end, whole = _last_frame(file, sound, size, _block_size(head))
        if not whole and total and not first.sample:  # cut short: what is missing shall be told
            end = total
        if end == total and not first.sample and not start and not reserved:
            return None
    told = (int.from_bytes(head[18:26], "big") & ~_TOTAL_MASK | end & _TOTAL_MASK).to_bytes(8, "big")
    return Layout((head[:18] + told, (start + 26, size)), first.sample, max(0, end - first.sample))


def _last_frame(file: BinaryIO, sound: int, size: int, block_size: int) -> tuple[int, bool]:
    """As :func:`_end`, of a file of that size; farther from its end where a tag or garbage lies behind the sound."""
    for looked_at in (_TAIL, 8 * _TAIL, 64 * _TAIL):
        file.seek(max(sound, size - looked_at))
        end, whole = _end(file.read(min(size, looked_at)), block_size)
        if end or looked_at >= size - sound:
            break
    return end, whole


def _behind_metadata(file: BinaryIO, at: int) -> int:
    """Where the first frame begins."""
    while True:
        file.seek(at)
        head = file.read(4)
        if len(head) < 4:
            return at
        at += 4 + int.from_bytes(head[1:4], "big")
        if head[0] & 0x80:
            return at


def _most_bytes(head: bytes, total: int) -> int:
    """That so many samples can take, uncompressed and in frames. A file that is far larger has reserved space, in which
    libFLAC would look for frames by reading all of it."""
    about = int.from_bytes(head[18:26], "big")
    channels, bits = (about >> 41 & 7) + 1, (about >> 36 & 31) + 1
    frames = total // max(16, int.from_bytes(head[8:10], "big")) + 1
    return total * channels * (bits + 1) // 8 + frames * (_HEADER_BYTES + 2 + 8 * channels) + _TAIL


def _block_size(head: bytes) -> int:
    """Samples of a block in a stream whose blocks are numbered: all but the last have so many."""
    return int.from_bytes(head[10:12], "big")


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


def _end(tail: bytes, block_size: int) -> tuple[int, bool]:
    """The number behind the last sample, and whether the file ends with its frame: one that is cut does not count.

    0 where no frame is found.
    """
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        frame = _Frame.read(tail[at : at + _HEADER_BYTES], block_size)
        if frame is not None:
            whole = any(_crc16(tail[at:end]) == 0 for end in _ends(tail, at))
            return frame.sample + (frame.samples if whole else 0), whole
    return 0, False


def _ends(tail: bytes, at: int) -> list[int]:
    """Where the last frame may end: with the file, or before an ID3v1 tag."""
    return [end for end in (len(tail), len(tail) - 128) if end > at]


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


def _crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ _CRC16[value >> 8 ^ byte]
    return value
