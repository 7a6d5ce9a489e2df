"""Decoding by soundfile (libsndfile): wav, w64, aiff, caf, flac, ogg vorbis, opus, mp3."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from j2a.audio.record import AudioInfo, refuse_absurd
from j2a.audio.view import FileView, Layout
from j2a.errors import AudioError

# Frames of an mp3 borrow bits from those before them; after a seek the first few decode to silence.
_MP3_PREROLL = 10 * 1152
# The length of compressed sound in a WAV is an estimate, and that of an Ogg file counts what is cut away at its start:
# so much may be missing at the end.
_PADDING_S = 0.25
_GUESS = "possibly a pipe"  # libsndfile's word for every MP3 in which it finds no frame
_BLOCK = 1 << 16  # frames that are passed over at a time
# In an open Ogg file libsndfile's short seeks land up to a page off; its first one is exact.
_OPENED_TO_SEEK = ("OGG",)


class _SequentialFile(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A SoundFile that reads straight on.

    SoundFile.read seeks to the place where it already is, before and after. That makes libsndfile's mp3 decoder
    forget the bits that its next frames borrow from the last ones, and a block later there is a hole in the sound.
    It does so for seekable files only.
    """

    def seekable(self) -> bool:
        return False


class SoundFileSource:
    """A file, or what a layout shows of it; sample-exact seeking."""

    def __init__(self, path: Path, layout: Layout | None = None, *, length_known: bool = True) -> None:
        """Without ``length_known`` any end is a good one."""
        self._path, self._layout, self._length_known = path, layout, length_known
        self._first = layout.first if layout else 0
        self._open()
        try:
            refuse_absurd(path, int(self._file.channels), int(self._file.samplerate))
        except AudioError:
            self.close()
            raise
        rate = int(self._file.samplerate)
        frames = int(self._file.frames) if layout is None or layout.frames is None else layout.frames
        self.info = AudioInfo(rate, int(self._file.channels), frames, frames / rate, str(self._file.format))
        if self._first:
            self.seek(0)

    def _open(self, layout: Layout | None = None) -> None:
        self._position = 0
        layout = layout or self._layout
        # Bytes, because a name on disk need not be valid UTF-8.
        name = os.fsencode(self._path) if os.name != "nt" else str(self._path)
        self._view = FileView(self._path, layout.parts) if layout and layout.parts else None
        try:
            self._file = _SequentialFile(self._view or name)
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless ".raw"
            if self._view:
                self._view.close()
            raise AudioError(
                f"{self._path.name} is not audio that can be decoded{_plain(error)}.",
                "The file may be damaged, or be something else under an audio file's name.",
            ) from error

    def seek(self, frame: int) -> None:
        """Make ``frame`` the next one that is read."""
        entry = self._layout.entry(frame) if self._layout else None
        if entry or self.info.format in _OPENED_TO_SEEK:
            self.close()
            self._open(entry[0] if entry else None)
        sought = max(0, frame - _MP3_PREROLL) if self.info.format == "MP3" else frame
        if self._layout and self._layout.last_seek is not None:
            sought = min(sought, self._layout.last_seek)
        try:
            if entry:
                sought = entry[1]
            else:
                self._file.seek(self._first + sought)
            while sought < frame and (passed := len(self._file.read(min(_BLOCK, frame - sought), dtype="float32"))):
                sought += passed
        except soundfile.SoundFileError as error:
            raise self._damaged(frame) from error
        self._position = frame

    def read(self, frames: int) -> NDArray[np.float32]:
        """(n <= frames, channels)."""
        # Asking past the end is safe, but a huge request would allocate as much.
        wanted = max(0, min(frames, self.info.frames - self._position))
        try:
            block: NDArray[np.float32] = self._file.read(wanted, dtype="float32", always_2d=True)
        except soundfile.SoundFileError as error:
            raise self._damaged(self._position) from error
        # A truncated flac ends without an error.
        if wanted and not len(block) and not self._may_end_here():
            raise self._damaged(self._position)
        self._position += len(block)
        return block

    def _may_end_here(self) -> bool:
        """Whether the length is an estimate, so that an end before it proves nothing."""
        if self.info.format == "MP3" or not self._length_known:
            return True
        is_plain = str(self._file.subtype).startswith(("PCM", "FLOAT", "DOUBLE"))
        estimated = self._file.format == "OGG" or (self._file.format == "WAV" and not is_plain)
        missing_s = (self.info.frames - self._position) / self.info.sample_rate
        return estimated and missing_s <= _PADDING_S

    def close(self) -> None:
        """Release the file."""
        self._file.close()
        if self._view:
            self._view.close()

    def _damaged(self, frame: int) -> AudioError:
        return AudioError(
            f"{self._path.name} is damaged or cut short: nothing can be decoded after "
            f"{frame / self.info.sample_rate:.1f} s of {self.info.duration_s:.1f} s.",
            "Copy or download the file again, or choose a section before that.",
        )


def _plain(error: Exception) -> str:
    """A library's reason in brackets, without the path and punctuation around it; none where it only guesses."""
    reason = str(getattr(error, "error_string", error)).strip().rstrip(".")
    return "" if _GUESS in reason else f" ({reason})"
