"""What the language model is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from j2a.features.record import Chord, Features, Genre
from j2a.models.heard import NOTHING_HEARD
from j2a.models.prompts import (
    HEARD_INSTRUCTIONS,
    INSTRUCTIONS,
    LISTENING_INSTRUCTIONS,
    NOTHING_MEASURED,
    NOTHING_SURE,
    Wish,
    build_both_prompt,
    build_heard_prompt,
    build_listening_prompt,
    build_prompt,
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
        "Style: hip hop",
        "Tempo: 120 BPM, fast",
        "Pulse: steady",
        "Meter: 4/4",
        "Key: A minor",
        "Chords: Am, F, C, G, repeating",
        "Harmony: a new chord about every bar",
        INSTRUCTIONS["describe"],
    ]
    assert prompt.prompt_id == "facts-2/describe"


@pytest.mark.parametrize(("figures", "answer"), [
    (True, "The music is in E minor. The chords are Em, C, D."), (False, "The music is in a minor key."),
])
def test_of_keys_and_chords_alone_no_model_is_asked(figures, answer):
    chords = [Chord(at, at + 2.0, name) for at, name in ((0, "E:min"), (2, "C:maj"), (4, "D:maj"))]
    features = Features(key="E minor", key_probability=0.97, chords=chords)
    assert build_prompt(features, Wish(figures=figures)).answer == answer
    assert not build_prompt(features, Wish("Write a haiku.")).answer
    assert not build_prompt(replace(features, bpm=120.0)).answer
    only = Features(chords=[Chord(0, 8.0, "E:min")])
    assert build_prompt(only).answer == "The harmony stays on Em."


def test_what_was_not_measured_is_left_out():
    prompt = build_prompt(Features(key="E major", key_probability=0.97), Wish("short")).text
    assert prompt == f"Key: E major\n{INSTRUCTIONS['short']}"
    nothing = build_prompt(Features())
    assert nothing.text.startswith(NOTHING_MEASURED) and nothing.answer == NOTHING_SURE
    assert not build_prompt(Features(), Wish("Write a haiku.")).answer, "a question of one's own is asked"
    assert not build_both_prompt(Features()).answer, "there are soft tokens"
    assert build_both_prompt(Features(), heard=NOTHING_HEARD).answer == NOTHING_SURE


def test_what_is_doubtful_is_left_out():
    assert "Key" not in build_prompt(Features(bpm=100.0, key="E major", key_probability=0.3)).text
    assert "Style" not in build_prompt(Features(bpm=100.0, genre=Genre("rock", 0.3))).text


def test_an_instruction_of_ones_own():
    prompt = build_prompt(Features(bpm=100.0), Wish("Write a haiku."))
    assert prompt.text.endswith("\nWrite a haiku.")
    assert prompt.prompt_id == "facts-2/custom"


@pytest.mark.parametrize("name", ["describe", "short", "detailed", "tags"])
def test_every_layout_knows_every_instruction_and_names_itself(name):
    features, wish, bare = Features(bpm=100.0), Wish(name), Wish(name, figures=False)
    layouts = {
        "facts-2": (build_prompt(features, wish), INSTRUCTIONS),
        "facts-2-no-figures": (build_prompt(features, bare), INSTRUCTIONS),
        "both-2": (build_both_prompt(features, wish), INSTRUCTIONS),
        "both-2-no-figures": (build_both_prompt(features, bare), INSTRUCTIONS),
        "audio-1": (build_heard_prompt(wish), HEARD_INSTRUCTIONS),
        "listen-2": (build_listening_prompt(features, wish), LISTENING_INSTRUCTIONS),
        "listen-2-no-figures": (build_listening_prompt(features, bare), LISTENING_INSTRUCTIONS),
    }
    for layout, (prompt, instructions) in layouts.items():
        assert prompt.prompt_id == f"{layout}/{name}"
        assert instructions[name] in prompt.text
        assert ("100" in prompt.text) == ("no-figures" not in layout and layout != "audio-1"), prompt.text
