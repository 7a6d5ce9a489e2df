"""The pages of an Ogg file (RFC 3533), as far as libsndfile needs help with them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from j2a.audio.view import MOST_PARTS, Layout, find
from j2a.frames import LOST, between_tags

_HEADER_BYTES = 27  # of a page, before its table of segments
_MOST_LOSSES = 1000  # what has more gaps is shown to libsndfile as it is from there on
_SEEN_AT_ONCE = 64 << 20  # bytes that take a moment to read
_BEGINS = 2  # flag of the first page of a stream
_MAGIC = b"OggS\0"  # and the version
_FIRST = b"OggS\0\2"  # a first page
_VORBIS = b"\1vorbis"  # what its first packet begins with


class Page(NamedTuple):
    """What the head of a page says."""

    at: int  # byte in the file
    end: int  # the byte after it
    begins: bool  # a stream
    granule: int  # for most codecs, samples until its end


def pages(path: Path, at: int = 0, end: int | None = None) -> Iterator[Page]:
    """The heads of all pages between two bytes. What lies between pages, a tag or garbage, is passed over."""
    with path.open("rb") as file:
        page, losses = _page(file, at), 0
        while losses < _MOST_LOSSES and (end is None or at < end):
            losses += page is None
            if page is None:
                at = find(file, _MAGIC, at + 1, at + LOST)
                if at < 0:
                    return
                page = _page(file, at)
                continue
            behind = _page(file, page.end)
            inside = find(file, _MAGIC, page.at + 1, page.end) if behind is None else -1
            if inside >= 0:  # the page is cut, and the next one begins in what it should have been
                at, page, losses = inside, _page(file, inside), losses + 1
                continue
            yield page
            at, page = page.end, behind


def _page(file: BinaryIO, at: int) -> Page | None:
    file.seek(at)
    head = file.read(_HEADER_BYTES + 255)
    if len(head) < _HEADER_BYTES or not head.startswith(_MAGIC):
        return None
    segments = head[26]
    after = at + _HEADER_BYTES + segments + sum(head[_HEADER_BYTES : _HEADER_BYTES + segments])
    return Page(at, after, bool(head[5] & _BEGINS), int.from_bytes(head[6:14], "little", signed=True))


def layouts(path: Path) -> list[Layout]:
    """The streams of a file that are chained one behind the other; libsndfile reads the first alone.

    Streams that are interleaved, such as those of a video, are one. In the last page of Vorbis, which may count fewer
    samples than it holds, libsndfile's seeks lead elsewhere. It is not shown what is no page: a tag in front of the
    sound, or the space of a download that was reserved and never filled, in gigabytes of which it would look for one.
    """
    streams, in_head = list[tuple[int, int]](), False
    for page in pages(path, between_tags(path)[0]):
        if page.begins and not in_head:
            streams.append((page.at, page.end))
        elif streams:
            streams[-1] = streams[-1][0], page.end
        in_head = page.begins
    streams, size = streams[: MOST_PARTS + 1], path.stat().st_size
    if streams and _goes_on(path, streams[-1][1]):
        streams[-1] = streams[-1][0], size
    if len(streams) == 1 and streams[0][0] == 0 and streams[0][1] >= size:
        return [Layout((), last_seek=_before_the_last_page(path, 0, size))]
    return [
        Layout(((start, min(end, size)),), last_seek=_before_the_last_page(path, start, end))
        for start, end in streams  # the last page may be cut
    ]


def is_one(path: Path) -> bool:
    """Whether it is seen at once that no stream begins behind the first page of sound."""
    start, end = between_tags(path)
    if end - start > _SEEN_AT_ONCE:
        return False
    with path.open("rb") as file:
        while (page := _page(file, start)) and page.begins:
            start = page.end
        return find(file, _FIRST, start, end) < 0


def _goes_on(path: Path, at: int) -> bool:
    """Whether there are pages behind the last one that was looked at."""
    with path.open("rb") as file:
        return find(file, _MAGIC, at, at + LOST) >= 0


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
    heads = pages(path, between_tags(path)[0])
    return next(islice((page.granule for page in heads if page.granule > 0), 1, None), 0)
