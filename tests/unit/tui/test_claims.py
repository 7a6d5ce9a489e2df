"""Claims beside what was measured, words of persons and models, pace, windows: the desk's rooms without a screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.features.record import Chord, Features, Sound, Tag
from j2a.store import Row, Status
from j2a_tui.catalogue import Catalogue, Entry
from j2a_tui.claims import checked, contradicted, table
from j2a_tui.pace import Pace, words
from j2a_tui.windows import Window
from j2a_tui.wording import changed

MEASURED = Features(
    bpm=120.0, meter="4/4", key="A minor", key_probability=0.9, chords=[Chord(0, 5, "A:min"), Chord(5, 10, "F:maj")],
    tags=[Tag("piano", "instrument", 0.6)], absent=["voice"],
)


def test_every_claim_stands_beside_what_was_measured() -> None:
    text = "A calm waltz at 90 BPM in A minor with piano, strings and vocals, over Am and G."
    found = {one.text: (one.kind, one.verdict, one.measured) for one in checked(text, MEASURED)}
    assert found == {
        "calm": ("mood", "unmeasured", ""),
        "waltz": ("meter", "contradicted", "4/4"),
        "90 BPM": ("tempo", "contradicted", "120.0 BPM"),
        "A minor": ("key", "agreed", "A minor (90%)"),
        "piano": ("instrument", "agreed", "piano heard (60%)"),
        "strings": ("instrument", "unmeasured", ""),
        "vocals": ("voice", "contradicted", "no voice heard"),
        "Am": ("chord", "agreed", "Am F"),
        "G": ("chord", "contradicted", "Am F"),
    }


@pytest.mark.parametrize(("word", "measured"), [
    ("dark", "centroid 3,000 Hz"), ("loud", "-10 dBFS"), ("busy", "4.0 onsets/s"),
    ("swelling", "12 dB from soft to loud"),
])
def test_a_word_for_the_sound_stands_beside_its_own_figure(word: str, measured: str) -> None:
    features = Features(sound=Sound(-10.0, 12.0, 12.0, 3000.0, 4.0))
    assert [one.measured for one in checked(f"A {word} piece.", features)] == [measured]
    assert [one.measured for one in checked(f"A {word} piece.", Features())] == [""]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It does without drums or bass.", "no bass"),
        ("It has no drums and no bass.", "no bass"),
        ("No strings are heard at any point.", "no strings"),
        ("A bass line and drums carry the music.", "bass line"),
        ("Piano and bass play.", "Piano"),
    ],
)
def test_what_is_denied_is_shown_as_that(text: str, shown: str) -> None:
    named = {one.text: text[one.start : one.end] for one in checked(text, Features(absent=["drums"], tags=[]))}
    assert shown in named and shown.removeprefix("no ").lower() in named[shown].lower()


def test_the_table_has_each_claim_once_and_what_is_wrong_first() -> None:
    found = table(checked("Strings at 90 BPM; strings in A minor, 90 BPM, over Am, F and G.", MEASURED))
    assert [(one.verdict, one.text) for one in found] == [
        ("contradicted", "90 BPM"), ("contradicted", "G"), ("agreed", "A minor"), ("agreed", "Am F"),
        ("unmeasured", "Strings"),
    ]
    assert not contradicted("", MEASURED)


def test_the_catalogue_counts_what_stands_now() -> None:
    catalogue, clip = Catalogue(), Clip(Path("/music/a.wav"), 0.0, 10.0)
    caption = Caption("At 90 BPM.", "1.0", "mini", "", "facts-1/describe", "", 0, features=MEASURED)
    row = Row(clip, "At 90 BPM.", "At 90 BPM.", Status.DRAFT, caption, "ada", "", "2026")
    other = replace(row, clip=Clip(clip.path, 10.0, 20.0), text="At 90 BPM, in 3/4.")
    for one in (row, other):
        catalogue.put(Entry.of(one))
    assert (catalogue.contradicted, catalogue.contradicted_in(clip.path), catalogue.edited(clip.path)) == (3, 3, True)
    catalogue.put(Entry.of(replace(row, text="At 120 BPM.")))
    catalogue.fill(Entry.of(row))
    assert catalogue.contradicted == 2, "what is known already is newer than what was read at the start"
    catalogue.forget(other.clip)
    assert (catalogue.contradicted, catalogue.contradicted_in(clip.path)) == (0, 0)


@pytest.mark.parametrize(("after", "own", "count"), [
    ("A slow piece.", [], 0),
    ("A very slow piece.", ["very"], 1),
    ("A fast piece, mine.", ["fast piece, mine."], 3),
    ("A piece.", [], 1),
    ("", [], 3),
])
def test_words_that_a_person_wrote_are_found(after: str, own: list[str], count: int) -> None:
    spans, changes = changed("A slow piece.", after)
    assert ([after[start:end] for start, end in spans], changes) == (own, count)


def test_pace_leaves_breaks_out() -> None:
    pace = Pace()
    assert words(0, 38, pace) == "0 of 38 done"
    for at_s in (0.0, 6.0, 12.0, 1000.0, 1006.0):
        pace.decided(at_s)
    assert pace.clips_a_minute == pytest.approx(10.0)
    assert words(8, 38, pace) == "8 of 38 done, 10 a minute, 3 min left"
    assert words(0, 1000, pace) == "0 of 1,000 done, 10 a minute, 1 h 40 min left"


def test_pace_is_not_told_of_keys_pressed_in_a_burst() -> None:
    pace = Pace()
    for number in range(40):  # a key that is held down
        pace.decided(number * 0.03)
    assert words(40, 100, pace) == "40 of 100 done"
    for at_s in (7.0, 12.0, 12.1, 12.2, 18.0):
        pace.decided(at_s)
    assert words(45, 100, pace) == "45 of 100 done, 11 a minute, 5 min left"


def test_a_window_is_brought_to_the_playhead_or_trimmed_there() -> None:
    window = Window(0.0, 10.0)
    assert window.starting(2746.0, 3600.0) == Window(2746.0, 2756.0)
    assert window.ending(2746.0, 3600.0) == Window(2736.0, 2746.0)
    assert (window.starting(4.0, 3600.0), window.ending(4.0, 3600.0)) == (Window(4.0, 10.0), Window(0.0, 4.0))
    assert window.starting(3599.5, 3600.0) == Window(3590.0, 3600.0)
    assert window.ending(0.2, 3600.0).length_s >= 1.0
