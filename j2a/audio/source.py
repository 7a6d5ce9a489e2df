"""What decodes a file: soundfile (libsndfile) where it can, PyAV (FFmpeg) for the rest.

A source gives interleaved float32 blocks and seeks to a frame. Everything that goes wrong in a library becomes an
:class:`~j2a.errors.AudioError` here. What libsndfile would read wrongly is shown to it so that it reads it right
(:mod:`j2a.audio.mpeg`, ``flac``, ``ogg``, ``wav``), or is decoded from its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from j2a.audio import beginnings, containers, flac, mpeg, ogg, wav, wavpack
from j2a.audio.joined import JoinedSource, ReadThroughSource
from j2a.audio.record import AbsurdError, AudioInfo, Source, implausible
from j2a.audio.soundfile_source import SoundFileSource
from j2a.audio.view import MOST_PARTS, Layout
from j2a.errors import AudioError
from j2a.extras import install
from j2a.frames import LOST, adts_frame, between_tags, layer_2_frame, walked
from j2a.records import dataclass

_LOOKED_AT = 2048  # frames that must sound the same after a seek
_FARTHEST_S = 10  # of it; pages are a second long, or less
_SAME = 0.1  # Opus needs some time after a seek to be exact
_KNOWN_TO_BOTH = ("aiff", "caf", "wav")
_CHUNKED = (b"RIFF", b"RF64", b"BW64", b"FORM", b"riff", b"caff", b".snd")
_CONTAINERS = {"mov": "MP4", "asf": "WMA", "matroska": "Matroska", "tta": "TTA", "caf": "CAF", "aiff": "AIFF"}

_SCHEMES = frozenset({"http:", "https:", "ftp:", "file:", "smb:"})  # as parts of a path
_PLAYLISTS = frozenset({".m3u", ".m3u8", ".pls", ".xspf", ".asx", ".wpl", ".cue"})

Opener = Callable[[], Source]


@dataclass(frozen=True, slots=True)
class _Way:
    """How a file is read."""

    layouts: tuple[Layout | None, ...] = (None,)  # its parts, one behind the other
    infos: tuple[AudioInfo, ...] = ()  # of several parts, those that can be joined
    cut: str = ""  # why there are fewer infos than layouts
    other: str = ""  # the format of a file in it that is not read
    read_through: int | None = None  # its frames, where it can only be read from its beginning


def open_source(path: Path) -> Source:
    """Open an audio file with whichever library reads it whole.

    Raises ``AudioError`` when there is no such file, when it is no audio, or when only PyAV could read it and PyAV
    is not installed.
    """
    _check_file(path)
    try:
        about = path.stat()
        source = _opened(path, _way(path, about.st_size, about.st_mtime_ns))
    except OSError as error:
        raise AudioError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except AbsurdError:
        raise
    except AudioError as error:
        demuxer = _ffmpeg_demuxer(path)
        if demuxer is None:
            raise
        return _open_av(path, demuxer, error)
    if source.info.frames == 0:
        source.close()
        raise AudioError(f"{path.name} holds no sound: its length is zero.")
    return source


def _opened(path: Path, way: _Way) -> Source:
    if way.read_through is not None:
        return _noted(_read_through(path, way.layouts[0], way.read_through), way)
    return _in_parts([partial(SoundFileSource, path, layout) for layout in way.layouts], way)


def _in_parts(openers: Sequence[Opener], way: _Way) -> Source:
    source: Source = JoinedSource(openers[: len(way.infos)], way.infos) if way.infos else openers[0]()
    return _noted(source, way)


def _noted(source: Source, way: _Way) -> Source:
    """The source, which tells what of the file is not read."""
    note = f"Another file lies in it ({way.other}), which is not read." if way.other else ""
    if way.cut:
        note = f"Only the first {source.info.duration_s:.1f} s are read: {way.cut}."
    source.info = replace(source.info, note=note)
    return source


@lru_cache(maxsize=256)
def _way(path: Path, size: int, changed_ns: int) -> _Way:
    """How the file that has this size and time of change is read. Raises ``AudioError``."""
    layouts = _layouts(path)
    way = _planned(path, layouts, [partial(SoundFileSource, path, layout) for layout in layouts])
    if way.infos:
        return way
    source = _opened(path, way)
    try:
        looked_at = ogg.second_granule(path) if source.info.format == "OGG" else 0
        if implausible(source.info, size) or not _seeks(source, looked_at):
            counted = _read_through(path, layouts[0])
            counted.close()
            return replace(way, layouts=layouts[:1], read_through=counted.info.frames)
    finally:
        source.close()
    return way


def _read_through(path: Path, layout: Layout | None, frames: int | None = None) -> Source:
    return ReadThroughSource(partial(SoundFileSource, path, layout, length_known=False), frames)


def _layouts(path: Path) -> tuple[Layout | None, ...]:
    """What of a file libsndfile is to be shown; None: the file as it is."""
    head = _head(path)[:4]
    found: list[Layout | None] = []
    if head == b"fLaC":
        found = flac.layouts(path)
    elif head == b"OggS":
        found = [*ogg.layouts(path)]
    elif head == b"RIFF" and (inside := wav.mpeg_in(path)):
        found = [run.layout() for run in mpeg.runs(path, *inside)]
    elif head in _CHUNKED:
        found = wav.layouts(path)
    elif head[:1] == b"\xff" or path.suffix.lower() == ".mp3":
        found = [run.layout() for run in mpeg.runs(path)]
        if not found and layer_2_frame(head):  # libsndfile guesses its length, and a cover counts for sound
            frames = walked(path, layer_2_frame)
            found = [Layout(frames.ranges, frames=frames.samples)] if frames.ranges else []
    return tuple(found[: MOST_PARTS + 1]) or (None,)


def _planned(path: Path, layouts: tuple[Layout | None, ...], openers: Sequence[Opener]) -> _Way:
    """How a file of such parts is read; of a single one nothing is opened yet."""
    infos, why = _joined(openers[:MOST_PARTS]) if len(layouts) > 1 else ((), "")
    if len(layouts) > MOST_PARTS and not why:
        why = f"more than {MOST_PARTS:,} files were joined in it"
    other = None if why else beginnings.left_out(path, layouts, between_tags(path)[1])
    return _Way(layouts, infos, why, other.kind if other else "")


def _joined(openers: Sequence[Opener]) -> tuple[tuple[AudioInfo, ...], str]:
    """The parts that can be one sound, those from the first on that have its sample rate, and why there are no more."""
    infos: list[AudioInfo] = []
    for opened in openers:
        try:
            source = opened()
        except AudioError:
            if not infos:
                raise
            return tuple(infos), "what follows cannot be decoded"
        source.close()
        if infos and source.info.sample_rate != infos[0].sample_rate:
            return tuple(infos), f"what follows has another sample rate ({source.info.sample_rate:,} Hz)"
        infos.append(source.info)
    return tuple(infos), ""


def _seeks(source: Source, frame: int) -> bool:
    """Whether seeking to a frame gives what reading up to it gives, in a source that was just opened.

    It does not in Ogg that was cut without encoding it again: its first page holds more than it counts. Of some codecs
    libsndfile cannot seek at all.
    """
    frame = max(0, min(frame, source.info.frames - _LOOKED_AT, _FARTHEST_S * source.info.sample_rate))
    try:
        read = source.read(frame + _LOOKED_AT)[frame:]
        source.seek(frame)
        sought = source.read(len(read))
    except AudioError:
        return False
    if not len(read) or len(read) != len(sought):  # none: the file ends before its length
        return False
    if np.array_equal(read, sought, equal_nan=True):
        return True
    return bool(np.abs(read - sought).mean() <= _SAME * np.abs(read).mean() + 1e-4)


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise AudioError(f"{path.name} is a folder, not an audio file.", "`j2a caption` takes a whole folder.")
        if not path.exists():
            if not _SCHEMES.isdisjoint(path.parts):
                raise AudioError(f"{path.name} is an address, and J2A reads files.", "Download it, and name the file.")
            if path.is_symlink():
                raise AudioError(f"{path.name} is a link to a file that is not there.", "Mend the link, or remove it.")
            raise AudioError(f"There is no file {path}.", "It may have been moved, renamed or deleted.")
        if not path.is_file():
            raise AudioError(f"{path.name} is a pipe or a device, not an audio file.")
        if path.stat().st_size == 0:
            raise AudioError(f"{path.name} is empty (0 bytes).", "Copy or download the file again.")
        if path.suffix.lower() in _PLAYLISTS:
            hint = "Name one of the files that it lists, or the folder that they are in."
            raise AudioError(f"{path.name} is a list of files, not audio.", hint)
        with path.open("rb"):
            pass
    except OSError as error:
        raise AudioError(f"{path.name} cannot be opened: {error.strerror or error}.") from error


def _ffmpeg_demuxer(path: Path) -> str | None:
    """FFmpeg's name of the container, from its first bytes; ``None`` for anything else.

    The demuxer is named, never guessed by FFmpeg: its playlist formats would open other files and addresses.
    """
    head = _head(path)
    if head[4:8] == b"ftyp":
        return "mov"
    for magic, demuxer in ((b"OggS", "ogg"), (b"\x1aE\xdf\xa3", "matroska"), (b"0&\xb2u\x8ef\xcf\x11", "asf"),
                           (b"wvpk", "wv"), (b"MAC ", "ape"), (b"TTA1", "tta"), (b"\x0bw", "ac3"), (b"caff", "caf")):
        if head.startswith(magic):
            return demuxer
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:  # ADTS sync word, layer 0
        return "aac"
    if path.suffix.lower() == ".aac" and walked(path, adts_frame).ranges:  # behind something else
        return "aac"
    return None


def _head(path: Path) -> bytes:
    """The first bytes behind the tags."""
    with path.open("rb") as file:
        file.seek(between_tags(path)[0])
        return file.read(16)


def _av_hint() -> str:
    return f"To read it, install the optional decoder: {install('av')}"


def _open_av(path: Path, demuxer: str, why_not: AudioError) -> Source:
    """``why_not``: what libsndfile has against the file."""
    about = path.stat()
    try:
        way = _av_way(path, demuxer, about.st_size, about.st_mtime_ns)
        return _in_parts(_av_openers(path, demuxer, way.layouts), way)
    except ImportError as error:
        if demuxer in _KNOWN_TO_BOTH:
            hint = f"If it is not damaged, another decoder may read it. {_av_hint()}"
            raise AudioError(why_not.message, hint) from error
        raise AudioError(f"{path.name} is in a format that libsndfile does not read.", _av_hint()) from error


@lru_cache(maxsize=256)
def _av_way(path: Path, demuxer: str, size: int, changed_ns: int) -> _Way:
    """How FFmpeg reads the file that has this size and time of change. Raises ``AudioError``, ``ImportError``."""
    layouts = tuple(_av_layouts(path, demuxer))
    return _planned(path, layouts, _av_openers(path, demuxer, layouts))


def _av_openers(path: Path, demuxer: str, layouts: Sequence[Layout | None]) -> list[Opener]:
    from j2a.audio.av_source import AvSource

    return [partial(AvSource, path, demuxer, layout.parts if layout else ()) for layout in layouts]


def _av_layouts(path: Path, demuxer: str) -> Sequence[Layout]:
    """What of a file FFmpeg is to be shown: it, too, reads the first of several parts, or gives up behind them."""
    match demuxer:
        case "ogg":
            found = [layout for layout in ogg.layouts(path) if layout.parts]  # none: the whole file
        case "wv":
            found = wavpack.layouts(path)
        case "aac":
            found = [Layout(ranges)] if (ranges := walked(path, adts_frame).ranges) else []
        case _ if demuxer in _CONTAINERS:
            found = [Layout((part,)) for part in containers.files(path, [_CONTAINERS[demuxer]])]
        case _:
            found = _before_another(path)
    return found[: MOST_PARTS + 1] or [Layout((between_tags(path),))]


def _before_another(path: Path) -> list[Layout]:
    """A file that does not say where it ends, up to where another format begins."""
    start, end = between_tags(path)
    with path.open("rb") as file:
        another = beginnings.next_file(file, start + beginnings.HEAD_BYTES, min(end, start + LOST), frames=False)
    return [Layout(((start, another.at if another else end),))]
