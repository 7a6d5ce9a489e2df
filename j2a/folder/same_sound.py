"""Which files of a folder sound the same to the sample, whatever their names, tags and containers: copies of a song,
and a WAV beside its FLAC.

Files are looked at no closer than it takes to tell them apart: by length first, then by the first moment of their
first clip, by all of it, and only where that is the same, too, by all clips. A library without copies costs next to
nothing, and neither does a folder of clips that were all cut to the same length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from j2a.audio.decode import read_blocks
from j2a.audio.record import AudioInfo
from j2a.clip import Clip
from j2a.errors import AudioError

Times = Callable[[float], Iterator[tuple[float, float | None]]]  # of the clips of a file of so many seconds
_DIGEST_BYTES = 16  # a million files are kept in mind
_MOMENT_S = 0.1


class SameSound:
    """Remembers the files that it was shown. ``about`` tells what else the captions of a file depend on; files of which
    it tells different things are different ones."""

    def __init__(self, about: Callable[[Path], object] = lambda path: None) -> None:
        self._about = about
        self._known: dict[bytes, Path | None] = {}  # by what was looked at; None where several have it in common

    def as_earlier(self, path: Path, info: AudioInfo, times: Times) -> Path | None:
        """The first file that was shown before and has the same sound in every clip; ``None`` when there is none.

        Files that cannot be read to their end are like no other.
        """
        looks = _looks(info, times, self._about)
        key = b""
        try:
            for number, look in enumerate(looks):
                key = _digest(key, look(path))
                if key not in self._known:
                    self._known[key] = path
                    return None
                other = self._known[key]
                if number == len(looks) - 1:
                    return other
                if other is not None:
                    self._look_closer(key, other, looks[number + 1])
        except AudioError:
            return None
        raise AssertionError("the last look decides")

    def _look_closer(self, key: bytes, other: Path, look: Callable[[Path], str]) -> None:
        """What was told by one look is from now on told by the next one, too."""
        self._known[key] = None
        try:
            self._known[_digest(key, look(other))] = other
        except AudioError:
            return  # gone, or broken further on


def _looks(info: AudioInfo, times: Times, about: Callable[[Path], object]) -> list[Callable[[Path], str]]:
    """Closer and closer. Files that are the same in the first look are cut alike."""

    def length(path: Path) -> str:
        return f"{info.sample_rate} {info.channels} {info.frames} {info.duration_s!r}"

    def moment(path: Path) -> str:
        start_s, _ = next(times(info.duration_s))
        return _sound(Clip(path, start_s, start_s + _MOMENT_S))

    def first_clip(path: Path) -> str:
        return f"{_sound(Clip(path, *next(times(info.duration_s))))} {about(path)!r}"

    def all_clips(path: Path) -> str:
        return " ".join(_sound(Clip(path, *one)) for one in times(info.duration_s))

    return [length, moment, first_clip, all_clips]


def _sound(clip: Clip) -> str:
    """A digest of a clip's samples, read as those who measure it read them. Raises ``AudioError``, also for none."""
    hashed = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    frames = 0
    for block in read_blocks(clip):
        hashed.update(block.tobytes())
        frames += len(block)
    if not frames:  # a header may promise days of sound that is not there
        raise AudioError(f"{clip.path.name} ends before it should.")
    return f"{frames} {hashed.hexdigest()}"


def _digest(before: bytes, told: str) -> bytes:
    return hashlib.blake2b(told.encode(errors="surrogateescape"), key=before, digest_size=_DIGEST_BYTES).digest()
