"""BPM, key, genre and comment in the tags of MP3, AIFF, WAV, FLAC, Ogg, Opus and M4A files, by mutagen.

ID3: TBPM (a whole number), TKEY (three characters at most), TCON, COMM. Vorbis comments: BPM, INITIALKEY, GENRE,
COMMENT. MP4: tmpo (a whole number), ----:com.apple.iTunes:initialkey, ©gen, ©cmt. These are the names that beets, Mixxx
and DJ programs read. Values are texts here, several where the file has several.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

from j2a.errors import J2AError, UsageError
from j2a.extras import install

Field = Literal["bpm", "key", "genre", "comment"]
FIELDS: tuple[Field, ...] = get_args(Field)
Values = dict[Field, list[str]]
_ID3 = {"bpm": "TBPM", "key": "TKEY", "genre": "TCON"}
_VORBIS = {"bpm": "bpm", "key": "initialkey", "genre": "genre", "comment": "comment"}
_MP4 = {"bpm": "tmpo", "key": "----:com.apple.iTunes:initialkey", "genre": "\xa9gen", "comment": "\xa9cmt"}
_COMMENT = "comm::eng"
_KINDS = ("id3", "vorbis", "mp4")
_ENCODING = re.compile(r"encoding=<Encoding\.\w+: \d>, ")
_ID3V1_BYTES = 128


class TagError(J2AError):
    """A file whose tags cannot be read or written."""

    title = "Tags cannot be written"


class Tagged:
    """The tags of one file. ``save`` writes what was set, and nothing else of the file."""

    def __init__(self, path: Path) -> None:
        """Raises ``TagError``, and ``UsageError`` where mutagen is not installed."""
        try:
            import mutagen
        except ImportError as error:
            hint = f"Install it: {install('tag')}"
            raise UsageError("Tags are written by mutagen, which is not here.", hint) from error
        self.path = path
        with _explained(path):
            self._file: Any = mutagen.File(path)
            self._kind = _kind_of(self._file)
            if self._kind == "id3" and self._file.tags is not None:
                self._file = _as_it_stands(self._file, path)
        if not self._kind:
            raise TagError(f"{path}: files of this kind have no tags that can be written.", "It is left alone.")
        if self._kind == "mp4" and _is_fragmented(path):
            raise TagError(f"{path} is a fragmented MP4: writing its tags would lose sound.", "It is left alone.")

    def read(self) -> Values:
        """The values that are there."""
        found: Values = {}
        for field in FIELDS:
            if values := self._get(field):
                found[field] = values
        return found

    def others(self) -> dict[str, str]:
        """All other tags, by their own names, to see that they stay."""
        names = (_ID3, _VORBIS, _MP4)[_KINDS.index(self._kind)]
        ours = {name.lower() for name in names.values()}
        tags = self._file.tags
        if self._kind == "id3" and tags is not None:
            ours |= {frame.HashKey.lower() for frame in _comment_of(tags)} or {_COMMENT}
        keys = [] if tags is None else list(tags.keys())
        found = {str(key): _ENCODING.sub("", repr(tags[key])) for key in keys if str(key).lower() not in ours}
        return found | {f"unknown {n}": repr(one) for n, one in enumerate(getattr(tags, "unknown_frames", ()))}

    def set(self, field: Field, values: list[str]) -> None:
        """Put these there; none takes the field away."""
        if self._file.tags is None:
            self._file.add_tags()
        tags = self._file.tags
        if self._kind == "id3":
            self._set_id3(tags, field, values)
            return
        name = (_VORBIS if self._kind == "vorbis" else _MP4)[field]
        if not values:
            if name in tags:
                del tags[name]
        elif self._kind == "vorbis":
            tags[name] = values
        elif field == "bpm":
            tags[name] = [int(float(value)) for value in values]
        elif field == "key":
            from mutagen.mp4 import AtomDataType, MP4FreeForm

            tags[name] = [MP4FreeForm(value.encode(), dataformat=AtomDataType.UTF8) for value in values]
        else:
            tags[name] = values

    def save(self, path: Path) -> None:
        """Write the tags into a file that holds the same sound. An ID3v2.3 tag stays one, an ID3v1 tag as it is."""
        with _explained(self.path):
            if self._kind != "id3":
                self._file.save(path)
                return
            old = _id3v1_of(path)
            self._file.save(path, v2_version=4 if self._file.tags.version[:2] == (2, 4) else 3, v23_sep=None)
            if old and _id3v1_of(path):
                with path.open("rb+") as file:  # mutagen writes it anew, out of what it has room for
                    file.seek(-_ID3V1_BYTES, os.SEEK_END)
                    file.write(old)

    def bpm_text(self, bpm: float) -> str:
        """A tempo as this kind of file has it: whole numbers in ID3 and MP4, a decimal in Vorbis comments."""
        return f"{bpm:.1f}".removesuffix(".0") if self._kind == "vorbis" else str(round(bpm))

    def _get(self, field: Field) -> list[str]:
        tags = self._file.tags
        if tags is None:
            return []
        if self._kind == "id3":
            if field == "comment":
                return [str(text) for frame in _comment_of(tags) for text in frame.text]
            frame = tags.get(_ID3[field])
            return [str(text) for text in frame.text] if frame else []
        values = tags.get((_VORBIS if self._kind == "vorbis" else _MP4)[field]) or []
        return [bytes(one).decode(errors="replace") if isinstance(one, bytes) else str(one) for one in values]

    def _set_id3(self, tags: Any, field: Field, values: list[str]) -> None:
        from mutagen import id3

        if field == "comment":
            lang = "eng"
            for frame in _comment_of(tags):
                lang = frame.lang
                del tags[frame.HashKey]
            if values:
                tags.add(id3.COMM(encoding=id3.Encoding.UTF16, lang=lang, desc="", text=values))
            return
        name = _ID3[field]
        tags.delall(name)
        if values:
            tags.add(getattr(id3, name)(encoding=id3.Encoding.UTF16, text=values))


def _as_it_stands(file: Any, path: Path) -> Any:
    """A file with its ID3 frames as they are written: mutagen turns what it loads into ID3v2.4 otherwise, and drops
    what that has no place for. ID3v2.2 and ID3v1 alone, which cannot be written, become ID3v2.3."""
    if file.tags.version >= (2, 3):
        return type(file)(path, translate=False, load_v1=False)
    return type(file)(path, v2_version=3)


def _id3v1_of(path: Path) -> bytes:
    """The ID3v1 tag at the end of a file; b"" where there is none."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) < _ID3V1_BYTES:
            return b""
        file.seek(-_ID3V1_BYTES, os.SEEK_END)
        found = file.read()
    return found if found.startswith(b"TAG") else b""


def _comment_of(tags: Any) -> list[Any]:
    """The ID3 frame of the comment, in whichever language it is; none where there is none."""
    found = [frame for frame in tags.getall("COMM") if not frame.desc]
    return sorted(found, key=lambda frame: (frame.lang != "eng", frame.lang))[:1]


def _kind_of(file: Any) -> str:
    """ "id3", "vorbis", "mp4", or "" for what has other tags or none."""
    from mutagen import aiff, flac, mp3, mp4, oggflac, oggopus, oggvorbis, wave

    if isinstance(file, mp3.MP3 | aiff.AIFF | wave.WAVE):
        return "id3"
    if isinstance(file, flac.FLAC | oggflac.OggFLAC | oggopus.OggOpus | oggvorbis.OggVorbis):
        return "vorbis"
    return "mp4" if isinstance(file, mp4.MP4) else ""


def _is_fragmented(path: Path) -> bool:
    """Whether an MP4 has its sound in pieces at the top level, whose places are counted from the file's start."""
    with path.open("rb") as file:
        size_of_file = path.stat().st_size
        at = 0
        while at + 8 <= size_of_file:
            file.seek(at)
            head = file.read(16)
            size, kind = int.from_bytes(head[:4]), head[4:8]
            if kind == b"moof":
                return True
            if size == 1:
                size = int.from_bytes(head[8:16])
            if size < 8:
                return False
            at += size
    return False


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    from mutagen import MutagenError

    try:
        yield
    except OSError as error:
        raise TagError(f"{path}: {error.strerror or error}.", "Check the file and its folder.") from error
    except MutagenError as error:
        raise TagError(f"{path}: its tags cannot be read ({error}).", "It is left alone.") from error
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:  # of broken files
        raise TagError(f"{path}: its tags are damaged ({type(error).__name__}).", "It is left alone.") from error
