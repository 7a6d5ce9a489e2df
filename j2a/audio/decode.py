"""Reading audio: streamed and seekable, resampled on the way, never a whole long file in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from types import TracebackType

import numpy as np
import soxr
from numpy.typing import NDArray

from j2a.audio.recent import KEPT_S, Block, Recent, version_of
from j2a.audio.record import AudioInfo, Source
from j2a.audio.source import open_source
from j2a.clip import Clip
from j2a.errors import AudioError

__all__ = ["AudioInfo", "AudioReader", "load", "probe", "stream"]


_recent = Recent()


def probe(path: Path) -> AudioInfo:
    """Sample rate, channels and length of a file. Raises ``AudioError``."""
    return _probed(Path(path), version_of(path))


@lru_cache(maxsize=64)
def _probed(path: Path, version: tuple[int, ...]) -> AudioInfo:
    """Those who listen to a clip ask for it one after the other."""
    with AudioReader(path) as reader:
        return reader.info


class AudioReader:
    """An open audio file, read from front to back from wherever it was last sought; a context manager.

    Raises ``AudioError`` from every method when the file cannot be opened or decoded. Not for two threads at once.
    """

    def __init__(self, path: Path) -> None:
        self._source: Source = open_source(Path(path))
        self.info: AudioInfo = self._source.info

    def seek(self, position_s: float) -> None:
        """Continue at ``position_s`` seconds from the file's start, exact to the sample.

        A position past the end is the end: the next :meth:`read` gives nothing.
        """
        self._source.seek(min(max(0, round(position_s * self.info.sample_rate)), self.info.frames))

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples: float32 (n <= frames, channels), n == 0 at the end. Full scale is 1.0."""
        return self._source.read(frames)

    def close(self) -> None:
        """Release the file."""
        self._source.close()

    def __enter__(self) -> AudioReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def duration_s(clip: Clip) -> float:
    """Length of a clip in seconds, with an end past the file's cut. Raises ``AudioError``."""
    info = probe(clip.path)
    first, end = frames_of(clip, info)
    return (end - first) / info.sample_rate


def frames_of(clip: Clip, info: AudioInfo) -> tuple[int, int]:
    """First frame of a clip and the one after its last, at the file's own rate; an end past the file's is cut.

    Raises ``AudioError`` for a clip that starts at or after the end of the file.
    """
    first = round(clip.start_s * info.sample_rate)
    if first >= info.frames:
        raise AudioError(f"The section starts at {clip.start_s:.2f} s, but {clip.path.name} ends at "
                         f"{info.duration_s:.2f} s.", "Choose an earlier section.")
    if clip.end_s is None:
        return first, info.frames
    return first, min(max(first + 1, round(clip.end_s * info.sample_rate)), info.frames)


def spread(clip: Clip, parts: int, part_s: float) -> list[Clip]:
    """A long clip's parts of ``part_s`` seconds, spread evenly from its start to its end; the clip itself where so many
    do not fit in twice. What is told of a whole hour is heard in minutes of it. Raises ``AudioError``.
    """
    length_s = duration_s(clip)
    if length_s <= 2 * parts * part_s:
        return [clip]
    starts = np.linspace(clip.start_s, clip.start_s + length_s - part_s, parts)
    return [Clip(clip.path, start_s, start_s + part_s) for start_s in starts.tolist()]


def read_blocks(clip: Clip, block_s: float = 5.0) -> Iterator[NDArray[np.float32]]:
    """The clip's own samples: float32 blocks (n, channels) at the file's own rate. Raises ``AudioError``."""
    with AudioReader(clip.path) as reader:
        first, end = frames_of(clip, reader.info)
        if first:
            reader.seek(first / reader.info.sample_rate)
        block_frames = max(1, round(block_s * reader.info.sample_rate))
        left = end - first
        while left > 0:
            block = reader.read(min(block_frames, left))
            if not len(block):
                return
            left -= len(block)
            yield block


def stream(
    clip: Clip, sample_rate: int, *, mono: bool = True, block_s: float = 5.0,
    on_block: Callable[[NDArray[np.float32]], None] = lambda block: None,
) -> Iterator[NDArray[np.float32]]:
    """Resampled samples of a clip, block by block.

    ``sample_rate`` in Hz. ``on_block`` is shown each block as :func:`read_blocks` gives it. Yields float32 (n,), see
    :func:`j2a.audio.recent.mono_of`, or (n, channels) when ``mono`` is false; not to be written into. Memory is a few
    blocks of ``block_s`` seconds, however long the clip; a clip of half a minute is decoded once for all who ask for it
    in turn. Raises ``AudioError``.
    """
    info = probe(clip.path)
    blocks = _shown(_blocks(clip, info, block_s), on_block, mono=mono)
    if info.sample_rate == sample_rate:
        yield from blocks
        return
    channels = 1 if mono else info.channels
    resampler = soxr.ResampleStream(info.sample_rate, sample_rate, channels, dtype="float32", quality="HQ")
    for block in blocks:
        resampled = resampler.resample_chunk(block)
        if len(resampled):
            yield resampled
    tail = resampler.resample_chunk(np.zeros((0,) if mono else (0, channels), np.float32), last=True)
    if len(tail):
        yield tail


def _blocks(clip: Clip, info: AudioInfo, block_s: float) -> Iterator[Block]:
    first, end = frames_of(clip, info)
    if end - first <= KEPT_S * info.sample_rate:
        return _recent.blocks(clip.path, (first, end, block_s), lambda: read_blocks(clip, block_s))
    return map(Block, read_blocks(clip, block_s))


def _shown(
    blocks: Iterator[Block], on_block: Callable[[NDArray[np.float32]], None], *, mono: bool
) -> Iterator[NDArray[np.float32]]:
    for block in blocks:
        on_block(block.samples)
        yield block.mono if mono else block.samples


def load(clip: Clip, sample_rate: int) -> NDArray[np.float32]:
    """A clip as one mono array: float32 (T,) at ``sample_rate`` Hz. For clips; long files go through :func:`stream`.

    Raises ``AudioError``.
    """
    blocks = list(stream(clip, sample_rate))
    if not blocks:
        raise AudioError(f"{clip.path.name} holds no sound in the chosen section.")
    return np.concatenate(blocks)
