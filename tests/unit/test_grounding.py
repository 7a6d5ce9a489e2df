"""Claims found in captions, held against the features."""

from __future__ import annotations

import random
import time

import pytest

from j2a.features.record import Chord, Features, Sound, Tag, Tempo
from j2a.grounding import claims
from j2a.models.facts import facts
from training.captions.believed import write_caption
from training.captions.measured_prior import random_features

FEATURES = Features(
    bpm=120.0,
    meter="4/4",
    key="A minor",
    chords=[Chord(0, 2, "A:min"), Chord(2, 4, "F:maj"), Chord(4, 6, "D#:min")],
)


def verdicts(text: str, features: Features = FEATURES) -> list[tuple[str, str, str]]:
    return [(claim.kind, claim.text, claim.verdict) for claim in claims(text, features)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It runs at 120 BPM.", [("tempo", "120 BPM", "agreed")]),
        ("It runs at 121.5 beats per minute.", [("tempo", "121.5 beats per minute", "agreed")]),
        ("It runs at 60 BPM.", [("tempo", "60 BPM", "contradicted")]),
        ("It runs at 124 BPM.", [("tempo", "124 BPM", "contradicted")]),
        ("It runs at about 124 BPM.", [("tempo", "124 BPM", "agreed")]),
        ("A piece at around 126 BPM.", [("tempo", "126 BPM", "contradicted")]),
        ("A slow piece.", [("tempo", "slow", "contradicted")]),
        ("A fast-paced, lively excerpt.", [("tempo", "fast-paced", "agreed")]),
        ("This is a calm, slow recording.", [("tempo", "slow", "contradicted")]),
        ("A moderately paced clip.", [("tempo", "moderately paced", "agreed")]),
        ("A fast rock track.", [("tempo", "fast", "agreed")]),
        ("The key is A minor.", [("key", "A minor", "agreed")]),
        ("The key is A major.", [("key", "A major", "contradicted")]),
        ("It is in C minor.", [("key", "C minor", "contradicted")]),
        ("In 3/4 time.", [("meter", "3/4", "contradicted")]),
        (
            "A waltz with three beats to the bar.",
            [("meter", "waltz", "contradicted"), ("meter", "three beats to the bar", "contradicted")],
        ),
        ("In common time.", [("meter", "common time", "agreed")]),
        (
            "The chords are Am, F and Ebm.",
            [("chord", "Am", "agreed"), ("chord", "F", "agreed"), ("chord", "Ebm", "agreed")],
        ),
        ("It moves from Am to G.", [("chord", "Am", "agreed"), ("chord", "G", "contradicted")]),
        ("The harmony stays on F throughout.", [("chord", "F", "agreed")]),
        ("Part of it has the chord G.", [("chord", "G", "contradicted")]),
        ("A gentle piano. A man sings. I like it.", []),
        ("A minor change in volume. A major shift follows. A minor key makes it sad.", []),
        ("A minor. A minor is the key, A minor, in A minor key.", [("key", "A minor", "agreed")] * 4),
        ("A chord progression of four bars. A chord is held.", []),
        ("It holds an A chord.", [("chord", "A", "contradicted")]),
        ("1/8 notes on the hi-hat, 1/16-notes on the shaker.", []),
        ("It is not in 3/4, has no slow tempo and isn't in A major.", []),
        ("It is not fast, but in 4/4.", [("meter", "4/4", "agreed")]),
        ("A fast excerpt, a slow recording.", [("tempo", "fast", "agreed"), ("tempo", "slow", "contradicted")]),
    ],
)
def test_verdicts(text, expected):
    assert verdicts(text) == expected


def test_what_was_not_measured_is_neither_true_nor_false():
    text = "At 90 BPM in 4/4, in D minor, with Dm and C."
    assert {verdict for _, _, verdict in verdicts(text, Features())} == {"unmeasured"}
    assert len(verdicts(text, Features())) == 5


def test_spans_point_at_the_words():
    text = "A waltz in Bb major over Bb and Eb."
    assert [text[c.start : c.end] for c in claims(text, Features())] == ["waltz", "Bb major", "Bb", "Eb"]


def test_captions_of_the_grammar_agree_with_their_features():
    rng = random.Random(5)
    stated = 0
    for _ in range(2000):
        features = random_features(rng)
        instruction = rng.choice(("describe", "short", "detailed"))
        caption = write_caption(features, instruction, rng)
        found = claims(caption, features)
        assert all(claim.verdict == "agreed" for claim in found), caption
        kinds = {claim.kind for claim in found}
        known = facts(features)
        measured = {"key"} if "Key" in known else set()
        measured |= {"meter"} if "Meter" in known and instruction != "short" else set()
        measured |= {"tempo"} if "BPM" in known.get("Tempo", "") else set()
        assert measured <= kinds, caption
        stated += len(found)
    assert stated > 4000


def test_a_changed_fact_is_caught():
    rng = random.Random(6)
    caught = 0
    for _ in range(200):
        features = random_features(rng)
        if features.bpm is None or features.key is None or not features.bpm_sure:
            continue
        caption = write_caption(features, "describe", rng)
        features.bpm *= 1.5
        assert any(claim.kind == "tempo" and claim.verdict == "contradicted" for claim in claims(caption, features))
        caught += 1
    assert caught > 100


@pytest.mark.parametrize("text", ["4/4 ", "1", "Am, ", "A minor ", "120 BPM ", "not in ", "very slow "])
def test_long_texts_take_no_longer_than_their_length(text: str) -> None:
    started = time.process_time()
    claims(text * (20_000 // len(text)), FEATURES)
    assert time.process_time() - started < 1.5  # a tenth of a second each; what grew with the square took 2 to 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A voice sings over the beat.", [("voice", "voice", "contradicted"), ("voice", "sings", "contradicted")]),
        ("Drums keep the beat.", [("percussion", "Drums", "agreed")]),
        ("There are no drums.", [("percussion", "no drums", "contradicted")]),
        ("Without any voice, but sung.", [("voice", "Without any voice", "agreed"), ("voice", "sung", "contradicted")]),
        ("An instrumental rock piece.", [("voice", "instrumental", "agreed"), ("style", "rock", "agreed")]),
        ("A distorted guitar and a piano.", [
            ("instrument", "distorted guitar", "agreed"), ("instrument", "piano", "unmeasured"),
        ]),
        ("A bass guitar, steel drums and singing bowls.", []),
        ("It is not a rock song.", []),
    ],
)  # fmt: skip
def test_what_was_listened_for(text, expected):
    tags = [Tag("rock", "style", 0.5), Tag("electric guitar", "instrument", 0.4), Tag("drums", "percussion", 0.3)]
    assert verdicts(text, Features(tags=tags, absent=["voice"])) == expected
    assert verdicts(text, Features()) == []


@pytest.mark.parametrize("text", [
    "It alternates between C major and G major chords.", "C major, A minor, F major repeats.", "A G major chord rings.",
    "It modulates from C major to G major.", "There is its relative major: C major.",
])  # fmt: skip
def test_chords_and_changes_of_key_are_no_claim_of_the_key(text):
    assert [one for one in verdicts(text) if one[0] == "key"] == []


@pytest.mark.parametrize("text", [
    "Drums are absent.", "It is free from drums.", "A vocal-free track.",
    "Non-vocal music.", "The drums never enter.", "It is drum and bass.", "A singer-songwriter.",
    "Smooth voice leading.",
])  # fmt: skip
def test_what_is_denied_from_afar_claims_nothing(text):
    assert verdicts(text, Features(tags=[], absent=["voice", "drums"])) == []


def test_either_tempo_agrees_where_nobody_is_sure():
    features = Features(bpm=98.0, bpm_sure=False, bpm_candidates=[Tempo(196.0, 0.6), Tempo(98.0, 0.4)])
    assert verdicts("At 196 BPM, or 98 BPM, not 140 or 150 BPM.", features) == [
        ("tempo", "196 BPM", "agreed"), ("tempo", "98 BPM", "agreed"), ("tempo", "150 BPM", "contradicted"),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [
    ("A loud, bright, energetic rock track.", [("loud", "agreed"), ("bright", "agreed")]),
    ("A soft, slow excerpt.", [("soft", "contradicted")]),
    ("The sound is dark and dense.", [("dark", "contradicted"), ("dense", "unmeasured")]),
    ("It is quiet throughout.", [("quiet", "contradicted")]),
    ("A bright-sounding mix.", [("bright", "agreed")]),
    ("A bright piano plays.", []),
    ("A dark ambient piece.", []),
    ("A soft rock song.", []),
    ("A dark mood over the whole.", []),
    ("It is not loud.", []),
    ("This is a dense forest of strings.", []),
])  # fmt: skip
def test_words_for_the_whole_sound_are_held_against_its_figures(text, expected):
    features = Features(bpm=66.0, sound=Sound(-10.0, 12.0, 5.0, 3000.0, 4.0))
    assert [one[1:] for one in verdicts(text, features) if one[0] == "sound"] == expected
    assert [one for one in verdicts(text, Features()) if one[0] == "sound" and one[2] != "unmeasured"] == []
