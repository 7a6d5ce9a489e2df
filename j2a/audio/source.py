"""What decodes a file: soundfile (libsndfile) where it can, PyAV (FFmpeg) for the rest.

A source gives interleaved float32 blocks and seeks to a frame. Everything that goes wrong in a library becomes an
:class:`~j2a.errors.AudioError` here.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from j2a.audio.record import AudioInfo, Source
from j2a.errors import AudioError

AV_HINT = 'To read it, install the optional decoder: pip install "j2a[av]"'
# Frames of an mp3 borrow bits from those before them; after a seek the first few decode to silence.
_MP3_PREROLL = 10 * 1152
# A decoder's length may differ by this share, or by the padding of a short file, from what tinytag counts before it is
# called wrong.
LENGTH_TOLERANCE = 0.03
PADDING_S = 0.25


class _SequentialFile(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A SoundFile that reads straight on.

    SoundFile.read seeks to the place where it already is, before and after. That makes libsndfile's mp3 decoder
    forget the bits that its next frames borrow from the last ones, and a block later there is a hole in the sound.
    It does so for seekable files only.
    """

    def seekable(self) -> bool:
        return False


class SoundFileSource:
    """libsndfile: wav, w64, aiff, caf, flac, ogg vorbis, opus, mp3; sample-exact seeking."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            # Bytes, because a name on disk need not be valid UTF-8.
            self._file = _SequentialFile(os.fsencode(path) if os.name != "nt" else str(path))
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless ".raw"
            raise AudioError(f"{path.name} is not audio that can be decoded ({_plain(error)}).",
                             "The file may be damaged, or be something else under an audio file's name.") from error
        self._position = 0
        rate = int(self._file.samplerate)
        self.info = AudioInfo(rate, int(self._file.channels), int(self._file.frames), self._file.frames / rate,
                              str(self._file.format))

    def seek(self, frame: int) -> None:
        preroll = min(frame, _MP3_PREROLL) if self.info.format == "MP3" else 0
        try:
            self._file.seek(frame - preroll)
            self._file.read(preroll, dtype="float32")
        except soundfile.SoundFileError as error:
            raise self._damaged(frame) from error
        self._position = frame

    def read(self, frames: int) -> NDArray[np.float32]:
        # Asking past the end is safe, but a huge request would allocate as much.
        wanted = max(0, min(frames, self.info.frames - self._position))
        try:
            block: NDArray[np.float32] = self._file.read(wanted, dtype="float32", always_2d=True)
        except soundfile.SoundFileError as error:
            raise self._damaged(self._position) from error
        # A truncated flac ends without an error. The length of an mp3 is an estimate, so there it proves nothing.
        if wanted and not len(block) and self.info.format != "MP3":
            raise self._damaged(self._position)
        self._position += len(block)
        return block

    def close(self) -> None:
        self._file.close()

    def _damaged(self, frame: int) -> AudioError:
        return AudioError(f"{self._name} is damaged or cut short: nothing can be decoded after "
                          f"{frame / self.info.sample_rate:.1f} s of {self.info.duration_s:.1f} s.",
                          "Copy or download the file again, or choose a section before that.")


def open_source(path: Path) -> Source:
    """Open an audio file with whichever library reads it whole.

    Raises ``AudioError`` when there is no such file, when it is no audio, or when only PyAV could read it and PyAV
    is not installed.
    """
    _check_file(path)
    try:
        source: Source = SoundFileSource(path)
    except AudioError:
        demuxer = _ffmpeg_demuxer(path)
        if demuxer is None:
            raise
        return _open_av(path, demuxer, f"{path.name} is in a format that libsndfile does not read.")
    if source.info.format == "MP3" and _is_cut_short(path, source.info):
        source.close()
        return _open_av(path, "mp3", f"{path.name} is an MP3 of variable bit rate without a length header, "
                                     "of which only a part could be read.")
    if source.info.frames == 0:
        source.close()
        raise AudioError(f"{path.name} holds no sound: its length is zero.")
    return source


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise AudioError(f"{path.name} is a folder, not an audio file.")
        if not path.exists():
            raise AudioError(f"there is no file {path}.", "It may have been moved, renamed or deleted.")
        if path.stat().st_size == 0:
            raise AudioError(f"{path.name} is empty (0 bytes).", "Copy or download the file again.")
        with path.open("rb"):
            pass
    except OSError as error:
        raise AudioError(f"{path.name} cannot be opened: {error.strerror or error}.") from error


def _is_cut_short(path: Path, info: AudioInfo) -> bool:
    """Whether libsndfile's idea of an mp3's length is wrong: without a Xing header it guesses from the first frame."""
    from tinytag import TinyTag, TinyTagException

    try:
        counted_s = TinyTag.get(str(path), tags=False).duration
    except (TinyTagException, OSError, UnicodeError):
        return False
    if counted_s is None:
        return False
    return abs(counted_s - info.duration_s) > max(PADDING_S, LENGTH_TOLERANCE * max(counted_s, info.duration_s))


def _ffmpeg_demuxer(path: Path) -> str | None:
    """FFmpeg's name of the container, from its first bytes; ``None`` for anything else.

    The demuxer is named, never guessed by FFmpeg: its playlist formats would open other files and addresses.
    """
    with path.open("rb") as file:
        head = file.read(16)
    if head[4:8] == b"ftyp":
        return "mov"
    for magic, demuxer in ((b"OggS", "ogg"), (b"\x1aE\xdf\xa3", "matroska"), (b"0&\xb2u\x8ef\xcf\x11", "asf"),
                           (b"wvpk", "wv"), (b"MAC ", "ape"), (b"TTA1", "tta"), (b"\x0bw", "ac3")):
        if head.startswith(magic):
            return demuxer
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:  # ADTS sync word, layer 0
        return "aac"
    if head.startswith(b"ID3") and path.suffix.lower() == ".aac":
        return "aac"
    return None


def _open_av(path: Path, demuxer: str, why: str) -> Source:
    try:
        from j2a.audio.av_source import AvSource
    except ImportError as error:
        raise AudioError(why, AV_HINT) from error
    return AvSource(path, demuxer)


def _plain(error: Exception) -> str:
    """A library's message without the path and punctuation around it."""
    return str(getattr(error, "error_string", error)).strip().rstrip(".")
