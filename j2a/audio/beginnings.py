"""What the files begin with that may lie one behind the other in one, each of a format that is told by its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from j2a.audio.view import Layout
from j2a.frames import LOST, SYNC, FrameAt, adts_frame, id3_size, layer_2_frame, layer_3_frame

HEAD_BYTES = 64
_FIRST_BLOCK, _BLOCK = 1 << 12, 1 << 18  # bytes that are looked through at a time
_CHAIN = 6  # frames one behind the other that are no chance
_MOST_TRIES, _SYNC_BYTE = 20_000, 0xFF  # places at which a frame is looked for, and what it begins with

_BEGINNINGS: tuple[tuple[str, bytes, int, bytes], ...] = (  # name, bytes to look for, where they lie, the whole
    ("WAV", b"RIFF", 0, rb"RIFF....WAVE"),
    ("WAV", b"RF64", 0, rb"RF64....WAVE"),
    ("WAV", b"BW64", 0, rb"BW64....WAVE"),
    ("AIFF", b"FORM", 0, rb"FORM....AIF[FC]"),
    ("W64", b"riff\x2e\x91\xcf\x11", 0, rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0.{8}wave"),
    ("AU", b".snd\0\0", 0, rb"\.snd\0\0.{6}\x00\x00\x00[\x01-\x1b]"),
    ("CAF", b"caff\0\1", 0, rb"caff\x00\x01..desc"),
    ("FLAC", b"fLaC", 0, rb"fLaC[\0\x80]\0\0\x22"),
    ("Ogg", b"OggS\0", 0, rb"OggS\0[\x02\x03\x06\x07]\0{8}"),
    ("MP4", b"ftyp", 4, rb"\0\0..ftyp[ -~]{4}"),
    ("WMA", b"0&\xb2u\x8ef\xcf\x11", 0, rb"0&\xb2u\x8ef\xcf\x11\xa6\xd9\0\xaa\0b\xcel"),
    ("Matroska", b"\x1aE\xdf\xa3", 0, rb"\x1aE\xdf\xa3.{1,40}\x42\x82"),
    ("WavPack", b"wvpk", 0, rb"wvpk..[\x00-\x0f]\x00.\x04.{6}\x00{4}"),  # of which the first sample has the number 0
    ("TTA", b"TTA1", 0, rb"TTA1[\x01-\x03]\x00[\x01-\x08]\x00"),
    ("APE", b"MAC ", 0, rb"MAC .[\x0e\x0f]..\x34\0\0\0"),
)
_WHOLE = [(name, re.compile(whole, re.DOTALL)) for name, _, _, whole in _BEGINNINGS]
_TAG = re.compile(rb"ID3[\x02-\x04]\x00[\x00\x10\x20\x40\x80\xc0]")
_LOOKED_FOR = [(b"ID3", 0), *((wanted, before) for _, wanted, before, _ in _BEGINNINGS)]
_FRAMES: tuple[tuple[str, FrameAt], ...] = (("MP3", layer_3_frame), ("MP2", layer_2_frame), ("AAC", adts_frame))


class Beginning(NamedTuple):
    """Where a file begins in another one."""

    at: int
    kind: str  # for people


def kind_of(head: bytes) -> str:
    """Of what format some bytes are the beginning, "" for none. Frames of MPEG audio are not looked for."""
    return next((name for name, whole in _WHOLE if whole.match(head)), "")


def next_file(file: BinaryIO, at: int, end: int, *, frames: bool = True) -> Beginning | None:
    """The next one that begins between two bytes.

    Without ``frames`` none that begins with a frame of MPEG audio or ADTS: in samples many places look like one.
    """
    size, tries = _FIRST_BLOCK, _MOST_TRIES if frames else 0
    while at < end:
        file.seek(at)
        size = min(size, end - at)
        block, behind_tag = file.read(size + HEAD_BYTES), 0
        for place in _candidates(block, size, frames=tries > 0):
            tries -= block[place] == _SYNC_BYTE
            if tag := _tag_size(block[place : place + 10]):
                behind_tag = place + tag
                kind = _kind_at(file, at + behind_tag, frames=True) if at + behind_tag < end else ""
                if kind:
                    return Beginning(at + behind_tag, kind)
                break
            if kind := _kind_at(file, at + place, frames=block[place] == _SYNC_BYTE):
                return Beginning(at + place, kind)
        at += behind_tag or size  # of a picture in a tag no byte counts
        size = min(4 * size, _BLOCK) or 1
    return None


def _tag_size(head: bytes) -> int:
    """Bytes of an ID3v2 tag that is none by chance."""
    return id3_size(head) if _TAG.match(head) else 0


def _candidates(block: bytes, end: int, *, frames: bool) -> list[int]:
    """Where something that a file begins with lies in a block, before ``end``."""
    found = {sync.start() for sync in SYNC.finditer(block)} if frames else set[int]()
    for wanted, before in _LOOKED_FOR:
        place = -1
        while (place := block.find(wanted, place + 1)) >= 0:
            found.add(place - before)
    return sorted(place for place in found if 0 <= place < end)


def _kind_at(file: BinaryIO, at: int, *, frames: bool) -> str:
    """Of what format the file is that begins there, also one that has no header but many ``frames``; "" for none."""
    file.seek(at)
    kind = kind_of(file.read(HEAD_BYTES))
    return kind or next((kind for kind, one in _FRAMES if frames and _chained(file, at, one)), "")


def _chained(file: BinaryIO, at: int, frame_at: FrameAt) -> bool:
    """Whether so many frames of one kind lie one behind the other from there on that it is no chance."""
    kinds = set[int]()
    for _ in range(_CHAIN):
        file.seek(at)
        frame = frame_at(file.read(8))
        if frame is None or kinds - {frame.kind}:
            return False
        kinds.add(frame.kind)
        at += frame.size
    return True


def left_out(path: Path, layouts: Iterable[Layout | None], end: int) -> Beginning | None:
    """The first file in what is shown to nobody of another: between the ranges that are, and behind them to ``end``."""
    shown = sorted(one for layout in layouts for one in _shown(layout))
    if not shown:
        return None
    with path.open("rb") as file:
        at = shown[0][0]
        for start, after in [*shown, (end, end)]:
            if start > at and (found := next_file(file, at, min(start, at + LOST))):
                return found
            at = max(at, after)
    return None


def _shown(layout: Layout | None) -> Iterator[tuple[int, int]]:
    """The ranges of a file. Bytes in front of one stand for as many that are replaced by them."""
    before = 0
    for part in layout.parts if layout else ():
        if isinstance(part, bytes):
            before = len(part)
        else:
            yield part[0] - before, part[1]
            before = 0
