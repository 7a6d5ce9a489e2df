"""Wrong figures of a caption are replaced by measured ones; nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from j2a.correction import corrected
from j2a.features.record import Chord, Features
from j2a.grounding import claims

MEASURED = Features(
    bpm=96.2,
    meter="4/4",
    key="A minor",
    chords=[Chord(0, 2, "A:min"), Chord(2, 4, "F:maj"), Chord(4, 6, "C:maj"), Chord(6, 8, "A:min")],
)
ONE_CHORD = Features(key="Eb major", chords=[Chord(0, 2, "N"), Chord(2, 4, "D#:maj")])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A piece at 140 BPM in C major.", "A piece at 96 BPM in A minor."),
        ("A piece in an A major key at an 80 BPM pulse.", "A piece in an A minor key at a 96 BPM pulse."),
        ("A Bb major song.", "An A minor song."),
        ("About 120.5 beats per minute", "About 96 beats per minute"),
        ("120-130 BPM", "96 BPM"),
        ("between 110 and 130 BPM", "around 96 BPM"),
        ("From 110 to 130 BPM", "Around 96 BPM"),
        ("120 BPM to 140 BPM", "96 BPM"),
        ("in 3/4 to 140 BPM", "in 4/4 to 96 BPM"),
        ("Very fast tempo", "Moderate tempo"),
        ("in 6/8 time", "in 4/4 time"),
        ("Three beats to the bar", "Four beats to the bar"),
        ("a three-beats-a-bar feel, in triple meter", "a three-beats-a-bar feel, in 4/4 meter"),
        ("It moves through Dm, Bb and G.", "It moves through Am, F and C."),
        ("It moves from Am to G.", "It moves from Am, F and C."),
    ],
)
def test_what_is_wrong_is_replaced(text: str, expected: str) -> None:
    assert corrected(text, MEASURED) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A piece at 96 BPM in A minor, in 4/4, over Am, F and C.",
        "about 98 BPM",
        "90-100 BPM",
        "It is not in 3/4, and never in C major.",
        "A lilting waltz.",  # more than a meter
        "It opens on the G chord.",  # nobody knows which one it should be
        "Dm, Bb, G7",
        "Twelve violins and a drum, recorded in 1997.",
        "",
    ],
)
def test_the_rest_stays(text: str) -> None:
    assert corrected(text, MEASURED) == text


@pytest.mark.parametrize("text", ["A piece at 140 BPM in C major, in 3/4, over Dm and G.", "Very slow tempo"])
def test_nothing_is_replaced_by_what_was_not_measured(text: str) -> None:
    assert corrected(text, Features()) == text


def test_chords_are_spelled_as_the_key_wants_it() -> None:
    assert corrected("It stays on the G chord.", ONE_CHORD) == "It stays on the Eb chord."
    assert corrected("G and C alternate.", ONE_CHORD) == "Eb alternate."


WORDS = st.sampled_from(
    ["a", "an", "140 BPM", "slow", "piece", "C major", "F# minor", "3/4", "7/8", "in", "at", "120-", "and", "to", "Dm,",
     "G", "waltz", "not", "triple meter", "three beats to the bar", "fast-paced", "track", ".", "between", "chord"]
)  # fmt: skip
FEATURES = st.builds(
    Features,
    bpm=st.none() | st.floats(30, 250),
    meter=st.sampled_from([None, "3/4", "4/4"]),
    key=st.sampled_from([None, "A minor", "Eb major"]),
    chords=st.sampled_from([[], MEASURED.chords, ONE_CHORD.chords]),
)


@given(st.lists(WORDS, max_size=12).map(" ".join), FEATURES)
def test_no_wrong_key_is_left_and_a_second_time_changes_nothing(text: str, features: Features) -> None:
    once = corrected(text, features)
    assert corrected(once, features) == once
    wrong = [claim for claim in claims(once, features) if claim.verdict == "contradicted"]
    assert not [claim for claim in wrong if claim.kind == "key"]
    assert not [claim for claim in wrong if claim.kind == "meter" and claim.text[0].isdigit()]
    if not [claim for claim in claims(text, features) if claim.verdict == "contradicted"]:
        assert once == text


def test_only_the_kinds_that_are_asked_for_are_looked_at() -> None:
    text = "A piece at 140 BPM in C major, in 3/4."
    assert corrected(text, MEASURED, ("tempo",)) == "A piece at 96 BPM in C major, in 3/4."
    assert corrected(text, MEASURED, ("key", "meter")) == "A piece at 140 BPM in A minor, in 4/4."
