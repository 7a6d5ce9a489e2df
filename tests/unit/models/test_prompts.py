"""What the language model is told."""

from __future__ import annotations

import pytest

from j2a.features.record import Chord, Features, Genre
from j2a.models.prompts import (
    INSTRUCTIONS,
    NOTHING_MEASURED,
    build_prompt,
    chord_progression,
    harmonic_rhythm,
    pulse_word,
)


def song(labels: str, chord_s: float = 2.0, **values) -> Features:
    chords = [Chord(i * chord_s, (i + 1) * chord_s, label) for i, label in enumerate(labels.split())]
    return Features(chords=chords, **values)


def test_every_measurement_stands_in_the_prompt():
    features = song(
        "A:min F:maj C:maj G:maj A:min F:maj",
        bpm=119.6,
        meter="4/4",
        key="A minor",
        key_probability=0.9,
        beats=[0.1 + 0.5 * i for i in range(20)],
        genre=Genre("hiphop", 0.8),
    )
    prompt = build_prompt(features)
    assert prompt.text.splitlines() == [
        "Genre: hip hop",
        "Tempo: 120 BPM, fast",
        "Pulse: steady",
        "Meter: 4/4",
        "Key: A minor",
        "Chords: Am, F, C, G, repeating",
        "Harmony: a new chord about every bar",
        INSTRUCTIONS["describe"],
    ]
    assert prompt.prompt_id == "facts-1/describe"


def test_what_was_not_measured_is_left_out():
    prompt = build_prompt(Features(key="E major", key_probability=0.9), "short").text
    assert prompt == f"Tempo: none found\nKey: E major\n{INSTRUCTIONS['short']}"
    assert build_prompt(Features()).text.startswith(NOTHING_MEASURED)


def test_doubt_is_passed_on():
    assert "Key: E major, uncertain" in build_prompt(Features(key="E major", key_probability=0.3)).text
    assert "Genre" not in build_prompt(Features(bpm=100.0, genre=Genre("rock", 0.3))).text


def test_an_instruction_of_ones_own():
    prompt = build_prompt(Features(bpm=100.0), "Write a haiku.")
    assert prompt.text.endswith("\nWrite a haiku.")
    assert prompt.prompt_id == "facts-1/custom"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("A:min", "Am only"),
        ("A:min A:min N A:min", "Am only"),
        ("A:min N C:maj N", "Am, C, in part"),
        ("C:maj G:maj", "C, G"),
        ("C:maj G:maj C:maj", "C, G, repeating"),
        ("C:maj G:maj A:min F:maj C:maj G:maj", "C, G, Am, F, repeating"),
        ("C:maj G:maj A:min F:maj C:maj", "C, G, Am, F, C"),
        ("C:maj D:min E:min F:maj G:maj A:min B:min", "C, Dm, Em, F, G, Am, and more"),
        ("N N", ""),
        ("", ""),
    ],
)
def test_chord_progressions(labels, expected):
    assert chord_progression(song(labels)) == expected


def test_chords_are_spelled_as_the_key_asks():
    assert chord_progression(song("D#:maj A#:maj C:min", key="Eb major")) == "Eb, Bb, Cm"
    assert chord_progression(song("C#:min A:maj F#:maj", key="E major")) == "C#m, A, F#"


def test_harmonic_rhythm_is_counted_in_bars():
    def at(chord_s: float) -> str:
        return harmonic_rhythm(song("C:maj F:maj G:maj C:maj", chord_s, bpm=120.0, meter="4/4"))

    assert [at(s) for s in (0.5, 1.0, 2.0, 4.0, 8.0)] == [
        "several chords a bar",
        "about two chords a bar",
        "a new chord about every bar",
        "a new chord about every two bars",
        "slow chord changes",
    ]
    assert harmonic_rhythm(song("C:maj F:maj G:maj", bpm=120.0)) == ""


def test_pulse():
    assert pulse_word([0.0, 0.5, 1.0, 1.5]) == "steady"
    assert pulse_word([0.0, 0.5, 1.2, 1.5, 2.4]) == "flexible"
    assert pulse_word([0.0, 0.5]) == ""
