"""What is claimed from the networks' answers."""

from __future__ import annotations

import numpy as np
import pytest

from j2a.features.record import Genre
from j2a.features.tags import Heard, Tagged, tagged
from j2a.features.tags.labels import MAGNATAGATUNE, MILLION_SONG


def heard(
    a: dict[str, float], b: dict[str, float], *, logit: float = 0.0, is_short: bool = False, no_music: str | None = None
) -> Heard:
    means = np.zeros((2, 50), np.float32)
    for row, (labels, values) in enumerate(((MAGNATAGATUNE, a), (MILLION_SONG, b))):
        for label, value in values.items():
            means[row, labels.index(label)] = value
    return Heard(means, np.zeros((2, 200), np.float32), logit, is_short, no_music)


def claimed(a: dict[str, float], b: dict[str, float] | None = None) -> list[str]:
    found = tagged(heard(a, b or {}))
    assert found.reason is None
    return [f"{tag.kind}: {tag.label}" for tag in found.tags or []]


@pytest.mark.parametrize(("a", "b", "wanted"), [
    ({"male": 0.7, "vocals": 0.6}, {}, ["voice: voice"]),
    ({"male": 0.7, "vocals": 0.4, "no vocals": 0.9, "choir": 0.9}, {"male vocalists": 1.0}, []),
    ({}, {"metal": 0.31}, ["style: metal"]),
    ({"metal": 0.26, "rock": 0.31}, {}, ["style: metal"]),
    ({"metal": 0.24, "rock": 0.41}, {}, ["style: rock"]),
    ({"rock": 0.31, "guitar": 0.31}, {}, ["instrument: electric guitar"]),
    ({"guitar": 0.9}, {}, []),
    ({"electronic": 0.16, "techno": 0.16}, {"electronic": 0.31}, ["style: electronic"]),
    ({"electronic": 0.51}, {}, ["style: electronic"]),
    ({"techno": 0.9}, {"electronic": 0.29}, []),
    ({"techno": 0.61}, {"electronic": 0.46}, ["style: electronic", "style: dance"]),
    ({"ambient": 0.31}, {"ambient": 0.36}, ["style: ambient"]),
    ({"synth": 0.31, "flute": 0.41, "piano": 0.46}, {},
     ["instrument: synthesizer", "instrument: flute", "instrument: piano"]),
    ({"drums": 0.26}, {}, ["percussion: drums"]),
    ({"synth": 0.29, "flute": 0.39, "piano": 0.44, "drums": 0.24, "ambient": 0.9}, {}, []),
    ({"violin": 1.0, "strings": 1.0, "country": 1.0, "choir": 1.0}, {"jazz": 1.0, "folk": 1.0, "sad": 1.0}, []),
])  # fmt: skip
def test_thresholds(a: dict[str, float], b: dict[str, float], wanted: list[str]) -> None:
    assert claimed(a, b) == wanted


def test_scores() -> None:
    found = tagged(heard({"rock": 0.5, "metal": 0.35, "voice": 0.8, "man": 0.7}, {"metal": 0.2}))
    assert [(tag.label, tag.score) for tag in found.tags or []] == [("voice", 0.5), ("metal", 0.35)]


def test_a_short_section_has_a_voice_or_nothing() -> None:
    everything = dict.fromkeys(MAGNATAGATUNE, 1.0)
    found = tagged(heard(everything, {}, logit=-5.0, is_short=True))
    assert [tag.label for tag in found.tags or []] == ["voice"]
    assert (found.absent, found.genre) == ([], None)
    assert tagged(heard({}, {}, logit=5.0, is_short=True)).tags == [], "the head learned from ten seconds"


@pytest.mark.parametrize(("logit", "score", "told"), [
    (2.8, 0.0, True), (2.6, 0.0, None), (0.1, 1.3, True), (-0.1, 1.3, None), (-1.9, 0.0, None), (-2.1, 0.0, False),
    (-2.1, 0.9, None), (-2.6, 1.3, None),
])  # fmt: skip
def test_two_witnesses_of_a_voice(logit: float, score: float, told: bool | None) -> None:
    found = tagged(heard({"voice": score / 2, "singing": score / 2}, {}, logit=logit))
    voice = [tag for tag in found.tags or [] if tag.kind == "voice"]
    assert (bool(voice) or (False if "voice" in found.absent else None)) == told
    assert all(0.5 <= tag.score <= 1 for tag in voice), "a probability"


def test_of_what_is_no_music_nothing_is_claimed() -> None:
    assert tagged(heard({"flute": 1.0}, {}, no_music="A bare tone.")) == Tagged([], [], None, "A bare tone.")


@pytest.mark.parametrize(("a", "b", "wanted"), [
    ({}, {}, ["voice", "drums"]), ({"voice": 0.9}, {}, ["drums"]), ({"drums": 0.1}, {}, ["voice"]),
    ({}, {"metal": 0.5}, ["drums"]),  # it may be growled
])  # fmt: skip
def test_what_is_surely_not_there(a: dict[str, float], b: dict[str, float], wanted: list[str]) -> None:
    assert tagged(heard(a, b, logit=-3.0)).absent == wanted


@pytest.mark.parametrize(("a", "b", "wanted"), [
    ({"rock": 0.3}, {"rock": 0.1}, Genre("rock", 0.2, "musicnn")),
    ({}, {"jazz": 0.2, "rock": 0.2}, Genre("jazz", 0.12, "musicnn")),  # one network alone knows it
    ({"rock": 0.9}, {"rock": 0.9, "metal": 0.41}, Genre("metal", 0.205, "musicnn")),  # what is claimed comes first
])  # fmt: skip
def test_music_always_has_a_likeliest_genre(a: dict[str, float], b: dict[str, float], wanted: Genre) -> None:
    found = tagged(heard(a, b)).genre
    assert found is not None
    assert (found.label, found.score, found.source) == (wanted.label, pytest.approx(wanted.score), wanted.source)
