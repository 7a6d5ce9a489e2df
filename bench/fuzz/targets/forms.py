"""Captions of other tools, as ``j2a import`` reads them: recognised by content, read as any of the formats."""

from __future__ import annotations

import contextlib
from pathlib import Path

from bench.fuzz.target import Target
from j2a.features.record import Chord
from j2a.formats import FORMATS, Entry, FormatError, Place
from j2a.formats.recognising import recognised
from j2a.formats.values import key_in, meter_in

_ONE = Entry(
    "a.wav", 0.0, 10.0, "A calm caption, in 3/4.", bpm=120.0, key="A minor", meter="3/4", genre="jazz", tags=("drums",),
    beats=(0.5, 1.0), downbeats=(0.5,), chords=(Chord(0.0, 10.0, "A:min"),), duration_s=20.0, provenance={"text": "x"},
)  # fmt: skip
_NAMES = sorted({path for form in FORMATS.values() for path in form.write([_ONE], Place(Path("/music")))})


def attempt(data: bytes, folder: Path) -> None:
    """The first byte says what the file is called. Reading gives entries that hold what they say, or one error."""
    name, content = _NAMES[data[0] % len(_NAMES)] if data else _NAMES[0], data[1:]
    with contextlib.suppress(FormatError):
        recognised(name, content)
    for form in FORMATS.values():
        if form.read is None:
            continue
        with contextlib.suppress(FormatError):
            for entry in form.read(name, content):
                assert isinstance(entry.caption, str) and isinstance(entry.file, str), form.name
                assert entry.bpm is None or 20 <= entry.bpm <= 400, form.name
                assert entry.key == key_in(entry.key) and entry.meter == meter_in(entry.meter), form.name


def seeds(folder: Path) -> list[bytes]:
    """One caption in each form."""
    return [
        bytes([_NAMES.index(path)]) + content
        for form in FORMATS.values() for path, content in form.write([_ONE], Place(Path("/music"))).items()
    ]  # fmt: skip


TARGET = Target(attempt, seeds, (
    b'"caption": ', b'{"samples": [', b"caption: ", b"<CAPTION>", b"</CAPTION>", b"<TRACK ", b"<TEMPO Bpm=",
    b"\xef\xbb\xbf", b"file_name,caption\n", b"NaN", b"1e999", b"[[[[", b"\\ud800", b"&#0;", b"\r\n", b"\t",
), longest=20_000)  # fmt: skip
