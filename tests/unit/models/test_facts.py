"""The facts as the lines of a prompt."""

from __future__ import annotations

import pytest

from j2a.features.record import Chord, Features, Genre, Sound, Tag, Tempo
from j2a.models.facts import chord_progression, facts, harmonic_rhythm, pulse_word
from j2a.models.heard import Heard

METAL, VOICE = Tag("metal", "style", 0.6), Tag("voice", "voice", 1.4)
DRUMS = Tag("drums", "percussion", 0.5)


def song(labels: str, chord_s: float = 2.0, **values) -> Features:
    chords = [Chord(i * chord_s, (i + 1) * chord_s, label) for i, label in enumerate(labels.split())]
    return Features(chords=chords, **values)


def test_all_that_listened_stands_in_the_order_of_a_caption():
    features = song(
        "A:min F:maj A:min F:maj", bpm=150.0, bpm_sure=True, meter="4/4", key="A minor",
        tags=[Tag("voice", "voice", 1.4), Tag("metal", "style", 0.6), Tag("electric guitar", "instrument", 0.5)],
        absent=["drums"], sound=Sound(-10.0, 12.0, 4.0, 3000.0, 7.0),
    )  # fmt: skip
    assert facts(features, Heard(("bass", "piano"), energy="energetic", meter="4/4")) == {
        "Style": "metal", "Character": "bright, dense, loud, energetic", "Voice": "yes",
        "Instruments": "piano, electric guitar", "Drums": "none", "Tempo": "150 BPM, fast", "Meter": "4/4",
        "Key": "A minor", "Chords": "Am, F, repeating", "Harmony": "a new chord about every bar",
    }  # fmt: skip


def test_without_figures_only_words_are_left():
    features = song("A:min F:maj A:min F:maj", bpm=150.0, meter="4/4", key="A minor")
    assert facts(features, figures=False) == {
        "Tempo": "fast", "Mode": "minor", "Harmony": "a new chord about every bar",
    }  # fmt: skip


def test_a_tempo_whose_level_is_open_is_not_told():
    undecided = Features(bpm=75.0, bpm_sure=False, bpm_candidates=[Tempo(75.0, 0.5), Tempo(150.0, 0.5)], meter="4/4")
    assert facts(undecided) == {}, "and the meter hangs on it"
    assert facts(undecided, Heard(drums=True, bpm=76.0))["Tempo"] == "75 BPM, slow", "the encoder decides"
    assert "Tempo" not in facts(undecided, Heard(drums=True, bpm=150.0)), "and never for another than is shown"
    either = Features(bpm=120.0, bpm_sure=False, bpm_candidates=[Tempo(120.0, 0.5), Tempo(140.0, 0.5)])
    assert facts(either) == {"Tempo": "fast"}


@pytest.mark.parametrize(
    ("marked", "heard"),
    [
        (True, Heard(drums=True)),
        (True, Heard(("guitar",), distortion=True)),
        (False, Heard(drums=False)),
        (False, Heard(("piano",))),
        (False, Heard(drums=True, meter="6/8")),
    ],
)
def test_a_tempo_is_told_where_something_marks_the_beat(marked, heard):
    assert ("Tempo" in facts(Features(bpm=120.0, bpm_sure=True), heard)) == marked


def test_a_style_with_drums_marks_it_too():
    styled, sung = (Features(bpm=120.0, bpm_sure=True, tags=[tag]) for tag in (METAL, VOICE))
    assert facts(styled)["Tempo"] == "120 BPM, fast"
    assert "Tempo" not in facts(sung)


@pytest.mark.parametrize(
    ("meter", "features", "heard"),
    [
        ("4/4", Features(bpm=120.0, meter="4/4"), Heard(meter="4/4")),
        (None, Features(bpm=120.0, meter="3/4"), Heard(drums=True, meter="4/4")),
        (None, Features(bpm=120.0, meter="3/4"), Heard(drums=True, meter="6/8")),
        ("4/4", Features(bpm=120.0, meter="4/4", tags=[DRUMS]), Heard()),
        (None, Features(bpm=120.0, meter="3/4", tags=[DRUMS]), Heard()),
        ("3/4", Features(bpm=120.0, meter="3/4"), Heard()),
        (None, Features(meter="4/4", key="A minor"), Heard(meter="4/4")),
    ],
)
def test_a_meter_needs_a_second_witness_where_there_is_one(meter, features, heard):
    assert facts(features, heard).get("Meter") == meter


@pytest.mark.parametrize(
    ("told", "labels", "probability"),
    [
        (True, "A:min F:maj A:min", 0.85),
        (False, "A:min F:maj F:maj", 0.85),
        (False, "A:min F:maj A:min", 0.7),
        (True, "", 0.96),
        (False, "", 0.9),
        (False, "N N", 0.9),
    ],
)
def test_a_key_is_told_where_its_own_triad_lasts_longest(told, labels, probability):
    assert ("Key" in facts(song(labels, key="A minor", key_probability=probability))) == told


@pytest.mark.parametrize(
    ("told", "lengths"),
    [(True, (0.6, 1.6, 2.0, 0.7)), (False, (2.0, 1.2, 2.0)), (False, (0.3, 2.0, 2.0)), (True, (10.0,))],
)
def test_chords_are_told_where_they_are_held(told, lengths):
    starts = [sum(lengths[:place]) for place in range(len(lengths))]
    names = ("C:maj", "F:maj", "G:maj", "A:min")
    chords = [Chord(at, at + length, name) for at, length, name in zip(starts, lengths, names, strict=False)]
    assert ("Chords" in facts(Features(chords=chords))) == told
    assert "Chords" not in facts(Features(chords=[*chords, Chord(sum(lengths), 2 * sum(lengths), "N")]))


@pytest.mark.parametrize(("bpm", "said"), [(80.0, "80 BPM"), (115.0, "115 BPM"), (84.0, "84 BPM, moderate")])
def test_between_two_words_only_the_figure_is_told(bpm, said):
    assert facts(Features(bpm=bpm)) == {"Tempo": said}


def test_how_often_chords_change_is_told_where_the_bars_are_sure():
    held = {"chord_s": 2.0, "bpm": 120.0, "meter": "4/4"}
    assert facts(song("A:min F:maj A:min F:maj", **held))["Harmony"] == "a new chord about every bar"
    unmarked = facts(song("A:min F:maj A:min F:maj", tags=[], **held))
    assert "Chords" in unmarked and "Harmony" not in unmarked


def test_a_beat_that_was_not_counted_is_denied_only_in_ambient_music_without_drums():
    ambient = Tag("ambient", "style", 0.4)
    assert facts(Features(key="A minor", tags=[ambient]))["Tempo"] == "none found"
    assert "Tempo" not in facts(Features(key="A minor", tags=[ambient, DRUMS]))
    assert "Tempo" not in facts(Features(key="A minor", tags=[]))  # most riffs of a lone guitar have one
    assert "Tempo" not in facts(Features(key="A minor"))


def test_a_style_of_the_tags_comes_before_the_genre_of_its_model():
    genre = Genre("pop", 0.9, "gtzan")
    assert facts(Features(tags=[METAL], genre=genre)) == {"Style": "metal"}
    assert facts(Features(genre=genre)) == {"Style": "pop"}


def test_what_may_be_no_music_has_no_facts():
    reason = {"tags": "The section is a steady noise or tone: it may not be music."}
    assert facts(Features(bpm=120.0, key="C major", tags=[], unknown=reason), Heard(("organ",))) == {}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("A:min", "Am only"),
        ("A:min A:min N A:min", "Am only"),
        ("A:min N C:maj N", "Am, C"),
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
