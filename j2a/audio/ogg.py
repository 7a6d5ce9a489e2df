"""The pages of an Ogg file (RFC 3533), as far as libsndfile needs help with them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from j2a.audio.view import Layout

_HEADER_BYTES = 27  # of a page, before its table of segments
_BEGINS = 2  # flag of the first page of a stream
_VORBIS = b"\1vorbis"  # what its first packet begins with


class Page(NamedTuple):
    """What the head of a page says."""

    at: int  # byte in the file
    begins: bool  # a stream
    granule: int  # for most codecs, samples until its end


def pages(path: Path, at: int = 0, end: int | None = None) -> Iterator[Page]:
    """The heads of all pages between two bytes, until something else comes."""
    with path.open("rb") as file:
        while end is None or at < end:
            file.seek(at)
            head = file.read(_HEADER_BYTES + 255)
            if len(head) < _HEADER_BYTES or head[:4] != b"OggS":
                return
            yield Page(at, bool(head[5] & _BEGINS), int.from_bytes(head[6:14], "little", signed=True))
            segments = head[26]
            at += _HEADER_BYTES + segments + sum(head[_HEADER_BYTES : _HEADER_BYTES + segments])


def layouts(path: Path) -> list[Layout]:
    """The streams of a file that are chained one behind the other; libsndfile reads the first alone.

    Streams that are interleaved, such as those of a video, are one. In the last page of Vorbis, which may count fewer
    samples than it holds, libsndfile's seeks lead elsewhere.
    """
    starts, in_head = list[int](), False
    for page in pages(path):
        if page.begins and not in_head:
            starts.append(page.at)
        in_head = page.begins
    ends = [*starts[1:], path.stat().st_size] if starts else []
    several = len(starts) > 1
    return [
        Layout(((start, end),) if several else (), last_seek=_before_the_last_page(path, start, end))
        for start, end in zip(starts, ends, strict=True)
    ]


def _before_the_last_page(path: Path, start: int, end: int) -> int | None:
    """The last frame of a stream of Vorbis that is not in its last page; None for other codecs."""
    with path.open("rb") as file:
        file.seek(start)
        if _VORBIS not in file.read(_HEADER_BYTES + 255):
            return None
    counts = [page.granule for page in pages(path, start, end) if page.granule > 0]
    return max(0, counts[-2] - 1) if len(counts) > 1 else 0


def second_granule(path: Path) -> int:
    """Where the second page of sound ends, as the file counts; 0 if it has none."""
    return next(islice((page.granule for page in pages(path) if page.granule > 0), 1, None), 0)
