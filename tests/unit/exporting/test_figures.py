"""A caption's other dialect: without figures, and with them."""

from __future__ import annotations

import pytest

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.exporting.entries import entries_of, in_dialect
from j2a.exporting.figures import names_figures, with_figures, without_figures
from j2a.features.record import Features
from j2a.formats import Entry
from j2a.store import Store


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("This is a piece at about 105 BPM. Guitar and bass play.", "This is a piece. Guitar and bass play."),
        ("A fast piece at about 127 BPM in 4/4 time. Drums keep the beat.", "A fast piece. Drums keep the beat."),
        ("It keeps a steady pulse of 96 BPM in 4/4. It sits in C major, built on C and Am.",
         "It keeps a steady pulse."),
        ("A slow excerpt in 4/4.", "A slow excerpt."),
        ("At 120 BPM in A minor, a guitar plays.", "A guitar plays."),
        ("A 120 BPM techno track in F minor with a hard kick.", "A techno track with a hard kick."),
        ("It is dark. Here it runs at about 128 BPM. The key is F# major.", "It is dark."),
        ("sparse, drums, 111 BPM, moderate tempo, 4/4, G major, chords G D C G", "sparse, drums, moderate tempo"),
        ("No figures. None.", "No figures. None."),
        ("It is not in 4/4.", "It is not in 4/4."),
    ],
)  # fmt: skip
def test_figures_are_taken_out_with_what_stands_around_them(text: str, without: str) -> None:
    assert without_figures(text) == without
    assert not names_figures(without)


def test_a_caption_that_says_nothing_else_stays_and_can_be_told() -> None:
    assert without_figures("It is in A minor.") == "It is in A minor."
    assert names_figures("It is in A minor.")


def test_what_is_known_and_not_yet_said_is_put_in() -> None:
    known = Entry("a.wav", caption="A waltz in A minor.", bpm=119.6, key="A minor", meter="3/4")
    assert with_figures(known) == "A waltz in A minor. 120 BPM."  # a waltz says its meter
    assert with_figures(Entry("a.wav", caption="drums, loud, dark", bpm=90.0)) == "drums, loud, dark, 90 BPM"
    assert with_figures(Entry("a.wav", caption="Loud", key="C major")) == "Loud. C major."
    assert with_figures(Entry("a.wav", caption="Loud.", bpm=170.0, bpm_sure=False)) == "Loud."


def test_the_models_own_other_dialect_comes_first() -> None:
    clip = Clip("/music/a.wav", 0, 10)
    measured = Features(bpm=120.0)
    with Store() as store:
        for text, prompt in (("Fast music.", "both-2-no-figures/describe"), ("At 120 BPM, it is fast.",
                                                                           "both-2/describe")):  # fmt: skip
            caption = Caption(text, "3.0", "mini", "w", prompt, "p", 0, features=measured)
            row = store.save_generated(clip, caption)
        [entry] = entries_of([row], clip.path.parent)
        assert in_dialect(row, entry, figures=False).caption == "Fast music."
        edited = store.edit(clip, "At 120 BPM, it is very fast.")
        [entry] = entries_of([edited], clip.path.parent)
        assert in_dialect(edited, entry, figures=False).caption == "It is very fast."
