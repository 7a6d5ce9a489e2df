"""Names of keys and chords as people type them."""

from __future__ import annotations

import pytest

from j2a.music import chord_named, key_named, relative_key


@pytest.mark.parametrize(("typed", "key"), [
    ("Am", "A minor"), ("a minor", "A minor"), ("F#", "F# major"), ("Bb-major", "Bb major"), ("b", "B major"),
    ("bbm", "Bb minor"), ("c# min", "C# minor"), ("G♭ major", "Gb major"), ("H", None), ("", None), ("A dorian", None),
])
def test_a_typed_key(typed: str, key: str | None) -> None:
    assert key_named(typed) == key


@pytest.mark.parametrize(("typed", "label"), [
    ("Am", "A:min"), ("bb", "Bb:maj"), ("n", "N"), ("F#m", "F#:min"), ("Cmaj", "C:maj"), ("G7", None), ("", None),
])
def test_a_typed_chord(typed: str, label: str | None) -> None:
    assert chord_named(typed) == label


@pytest.mark.parametrize(("minor", "major"), [
    ("A minor", "C major"), ("D# minor", "F# major"), ("Eb minor", "Gb major"), ("G minor", "Bb major"),
    ("G# minor", "B major"), ("Bb minor", "Db major"), ("B minor", "D major"),
])
def test_relative_keys(minor: str, major: str) -> None:
    assert (relative_key(minor), relative_key(major)) == (major, minor)
