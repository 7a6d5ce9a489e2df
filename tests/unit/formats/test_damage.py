"""Whatever a file holds, reading it gives entries or one ``FormatError``."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from j2a.features.record import Chord
from j2a.formats import FORMATS, Entry, FormatError, Place
from j2a.formats.recognising import recognised
from j2a.formats.rekordbox import path_at
from j2a.formats.values import (
    bpm_in,
    camelot,
    key_in,
    keyscale,
    language_in,
    meter_in,
    open_key,
    short_key,
    timesignature,
)

ONE = Entry(
    "a.wav", 0.0, 10.0, "A caption.", bpm=120.0, key="A minor", meter="3/4", genre="jazz", tags=("drums",),
    beats=(0.5, 1.0), downbeats=(0.5,), chords=(Chord(0.0, 10.0, "N"),), duration_s=20.0, provenance={"text": "x"},
)  # fmt: skip
PIECES = st.sampled_from([
    b'"', b"{", b"[", b"}", b"]", b",", b":", b"\t", b"\n", b"\r", b"<", b">", b"null", b"true", b"1e999", b"-1",
    b'"\\ud800"', b"\xff", b"\0", b"\xef\xbb\xbf", b"&#0;", b"NaN", b"9" * 5000, b"caption:",
    b"<CAPTION>", b"\xe2\x80\xa8",
])  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_damaged_file_is_told_and_nothing_else_happens(name: str, data: st.DataObject) -> None:
    form = FORMATS[name]
    assert form.read is not None
    path, whole = data.draw(st.sampled_from(sorted(form.write([ONE], Place(Path("/music"))).items())))
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole)))))
    middle = data.draw(st.lists(PIECES | st.binary(max_size=4), max_size=4).map(b"".join))
    damaged = whole[:start] + middle + whole[end:]
    with contextlib.suppress(FormatError):
        recognised(path, damaged)
    with contextlib.suppress(FormatError):
        for entry in form.read(path, damaged):
            assert isinstance(entry.caption, str) and isinstance(entry.file, str)
            assert entry.bpm is None or 20 <= entry.bpm <= 400
            assert entry.key == key_in(entry.key) and entry.meter == meter_in(entry.meter)


@given(text=st.text(max_size=12) | st.from_regex(r"[A-Ga-g][#b]?[ :-]?(m|M|maj|minor|Major)?", fullmatch=True))
def test_a_key_is_one_or_none(text: str) -> None:
    key = key_in(text)
    assert key_in(key) == key
    if key:
        assert keyscale(key) == key
        assert len(short_key(key)) <= 3
        for wheel in (camelot(key), open_key(key)):
            assert (camelot(key_in(wheel)), open_key(key_in(wheel))) == (camelot(key), open_key(key))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Am", "A minor"), ("F# Major", "F# major"), ("bb min", "Bb minor"), ("CM", "C major"),
        ("D#:minor", "D# minor"),
        ("A-flat major", "Ab major"), ("8A", "A minor"), ("8B", "C major"), ("1m", "A minor"), ("1d", "C major"),
        ("12d", "F major"), ("7d", "Gb major"), ("6m", "Ab minor"), ("A", ""), ("H minor", ""), ("13A", ""),
        ("C-Dur", ""), ("", ""), (None, ""), (8, ""),
        ("C \u017fharp minor", ""), ("A m\u0131n", ""), ("A m\u0130n", ""),
    ],
)  # fmt: skip
def test_keys_as_others_write_them(text: object, key: str) -> None:
    assert key_in(text) == key


def test_values_that_ace_step_does_not_know_become_empty() -> None:
    found = [timesignature(meter) for meter in ("4/4", "3/4", "2/4", "6/8", "5/4", "7/8", "12/8", "")]
    assert found == ["4", "3", "2", "6", "", "", "", ""]
    languages = [language_in(text) for text in ("English", "en-US", "de", "unknown", "", None)]
    assert languages == ["en", "en", "de", "", "", ""]
    assert [bpm_in(value) for value in ("128", "127,6", 90, True, "fast", 0, 1e9, None, float("nan"))] == [
        128.0, 127.6, 90.0, None, None, None, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["file://[a/b.wav", "file://[::1/b.wav", "http://x/b.wav", "b.wav", ""])
def test_an_address_that_is_no_file_here_is_none(address: str) -> None:
    assert path_at(address) == ""
