"""Instructions with names in braces."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from j2a import templates
from j2a.clip import Clip
from j2a.errors import UsageError
from j2a.features.record import Chord, Features, Genre, Tag

KNOWN = Features(
    bpm=119.6, meter="4/4", key="A minor", chords=[Chord(0, 1, "A:min"), Chord(1, 2, "F:maj"), Chord(2, 3, "A:min")],
    tags=[Tag("metal", "style", 0.6), Tag("guitar", "instrument", 0.5)], genre=Genre("metal", 0.6, "musicnn"),
)  # fmt: skip
CLIP = Clip(Path("/music/a song.wav"), 0.0, 10.0)


@pytest.mark.parametrize(("template", "text"), [
    ("A {genre} loop, {bpm} BPM, {meter}, {key}", "A metal loop, 120 BPM, 4/4, A minor"),
    ("{chords}; {tags}; {path}", "Am, F; metal, guitar; /music/a song.wav"),
    ('Answer as {"a": 1} or {} or {0} or {{bpm}}', 'Answer as {"a": 1} or {} or {0} or {bpm}'),
    ("no names", "no names"), ("", ""), ("one\ntwo \udcff\x1b[31m", "one\ntwo \ufffd[31m"),
])  # fmt: skip
def test_names_stand_for_what_is_known(template: str, text: str) -> None:
    assert templates.filled(template, CLIP, KNOWN) == text


def test_what_is_not_known_is_said_to_be(tmp_path: Path) -> None:
    every = " ".join(f"{{{name}}}" for name in templates.NAMES if name != "path")
    assert set(templates.filled(every, Clip(tmp_path / "gone.wav"), Features()).split()) == {"unknown"}


def test_title_and_artist_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))
    info = b"LISTINFO"[4:] + b"INAM" + (5).to_bytes(4, "little") + b"Pluto" + b"\0"
    info = b"INFO" + info[4:] + b"IART" + (4).to_bytes(4, "little") + b"Mars"
    with path.open("ab") as file:
        file.write(b"LIST" + len(info).to_bytes(4, "little") + info)
    size = path.stat().st_size - 8
    with path.open("r+b") as file:
        file.seek(4)
        file.write(size.to_bytes(4, "little"))
    assert templates.filled("{title} by {artist}", Clip(path), Features()) == "Pluto by Mars"


def test_an_unknown_name_is_an_error_that_tells_those_that_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        templates.filled("{tempo} and {bpm} and {mood}", CLIP, KNOWN)
    assert caught.value.message == "{tempo}, {mood} stand for nothing."
    assert all(f"{{{name}}}" in caught.value.hint for name in templates.NAMES)


def test_a_value_with_braces_is_text() -> None:
    clip = Clip(Path("/music/{bpm}.wav"), 0.0, 10.0)
    assert templates.filled("{path}", clip, KNOWN) == "/music/{bpm}.wav"
