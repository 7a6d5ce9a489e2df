"""The pages of an Ogg file (RFC 3533), as far as libsndfile needs help with them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from j2a.audio.view import Layout

_HEADER_BYTES = 27  # of a page, before its table of segments
_LOOKED_THROUGH = 1 << 20  # bytes after the last page in which there may be another one: a page has 65 KB at most
_BEGINS = 2  # flag of the first page of a stream
_VORBIS = b"\1vorbis"  # what its first packet begins with


class Page(NamedTuple):
    """What the head of a page says."""

    at: int  # byte in the file
    end: int  # the byte after it
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
            segments = head[26]
            after = at + _HEADER_BYTES + segments + sum(head[_HEADER_BYTES : _HEADER_BYTES + segments])
            yield Page(at, after, bool(head[5] & _BEGINS), int.from_bytes(head[6:14], "little", signed=True))
            at = after


def layouts(path: Path) -> list[Layout]:
    """The streams of a file that are chained one behind the other; libsndfile reads the first alone.

    Streams that are interleaved, such as those of a video, are one. In the last page of Vorbis, which may count fewer
    samples than it holds, libsndfile's seeks lead elsewhere. Where no page comes any more, because the space of a
    download was reserved and never filled, it would look for one in gigabytes: it is not shown that.
    """
    starts, in_head, end = list[int](), False, 0
    for page in pages(path):
        if page.begins and not in_head:
            starts.append(page.at)
        in_head, end = page.begins, page.end
    if not starts:
        return []
    whole = len(starts) == 1 and not _nothing_follows(path, end)
    size = path.stat().st_size
    end = size if whole else min(end, size)  # the last page may be cut
    return [
        Layout(() if whole else ((start, stop),), last_seek=_before_the_last_page(path, start, stop))
        for start, stop in zip(starts, [*starts[1:], end], strict=True)
    ]


def _nothing_follows(path: Path, end: int) -> bool:
    """Whether much comes after the last page, and no other page in the first of it."""
    if path.stat().st_size - end < _LOOKED_THROUGH:
        return False
    with path.open("rb") as file:
        file.seek(end)
        return b"OggS" not in file.read(_LOOKED_THROUGH)


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
