"""Captions of everything in a prompt: true by all that checks captions, whole, of four lengths, in many wordings."""

from __future__ import annotations

import random
import re
import statistics
from collections import Counter

import pytest

from j2a.features.record import Features
from j2a.grounding import claims
from j2a.models.beliefs import Beliefs, believe
from j2a.models.facts import facts
from j2a.models.heard import Heard
from training.captions.believed import write_caption, write_facts
from training.captions.believed_prior import random_beliefs
from training.captions.facts import tempo_class
from training.evaluation.claims import claims as judged
from training.evaluation.heard import heard_statements

KINDS = ("describe", "short", "detailed", "tags")
_FAMILIES = {
    "electric guitar": "guitar", "distorted guitar": "guitar", "synthesizer": "synth", "flute": "woodwinds",
}  # fmt: skip


def labels(beliefs: Beliefs, features: Features) -> dict[str, object]:
    """What a caption may say, as the labels of a corpus; drums and voices of which nobody knows are in none."""
    known: dict[str, object] = {
        "instruments": [_FAMILIES.get(name, name) for name in beliefs.instruments],
        "drums": beliefs.drums, "vocals": beliefs.voice, "meter": features.meter, "key": features.key,
    }  # fmt: skip
    if features.bpm and features.bpm_sure is not False:
        known |= {"bpm": features.bpm, "tempo": tempo_class(features.bpm)}
    return {name: value for name, value in known.items() if value is not None}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("figures", [True, False])
def test_nothing_is_said_that_is_not_believed(kind, figures):
    rng = random.Random(kind)
    for _ in range(400):
        features, heard = random_beliefs(rng)
        caption, beliefs = write_caption(features, kind, rng, heard, figures=figures), believe(features, heard)
        assert all(claim.verdict != "contradicted" for claim in claims(caption, features)), caption
        said = judged(caption, labels(beliefs, features))
        assert all(claim.verdict != "false" for claim in said), caption
        unknown = {claim.kind for claim in said if claim.verdict == "unknown"}
        assert not unknown & {"drums", "vocals"}, caption
        if not figures:
            assert not re.search(r"\d|BPM|\b[A-G][#b]?(?:m| major| minor)\b", caption), caption


def kinds_of(found: set[tuple[str, str]]) -> set[str]:
    return {name for name, _ in found}


@pytest.mark.parametrize("kind", ["describe", "short", "detailed", "tags"])
def test_all_that_is_believed_is_said(kind):
    rng = random.Random(7)
    for _ in range(300):
        features, heard = random_beliefs(rng)
        caption, beliefs = write_caption(features, kind, rng, heard), believe(features, heard)
        found = {(claim.kind, claim.value) for claim in judged(caption, labels(beliefs, features))}
        named = {value for name, value in found if name == "instrument"}
        absent = {"bass"} if beliefs.no_bass else set()
        assert named == absent | {_FAMILIES.get(name, name) for name in beliefs.instruments}, caption
        assert (("instrument", "bass", True) in heard_statements(caption)) == beliefs.no_bass, caption
        assert ("solo" in kinds_of(found)) == beliefs.alone, caption
        kinds = kinds_of(found)
        assert ("drums" in kinds) == (beliefs.drums is not None), caption
        if "choir" not in beliefs.instruments:  # whose voices may be those
            assert ("vocals" in kinds) == (beliefs.voice is not None), caption
        known = facts(features, heard)
        assert ("bpm" in kinds) == ("BPM" in known.get("Tempo", "")), caption
        assert ("key" in kinds) == ("Key" in known), caption
        if kind not in ("short", "tags"):  # which are too short, and without the signs of a list
            assert ("chord" in kinds) == ("Chords" in known) and ("meter" in kinds) == ("Meter" in known), caption


def test_four_lengths_that_differ():
    rng, words, longer = random.Random(8), {kind: [] for kind in KINDS}, 0
    for _ in range(1000):
        known = facts(*random_beliefs(rng))
        if not known:
            continue
        texts = {kind: write_facts(known, kind, rng) for kind in KINDS}
        for kind, text in texts.items():
            words[kind].append(len(text.split()))
        longer += words["detailed"][-1] > words["describe"][-1]
        assert texts["short"].count(". ") == 0 and texts["short"].endswith("."), texts["short"]
        assert "." not in texts["tags"]
    median = {kind: statistics.median(found) for kind, found in words.items()}
    assert median["short"] < 22 and 25 <= median["describe"] <= 45 and median["detailed"] >= 35, median
    assert longer / len(words["describe"]) >= 0.95


def test_captions_are_whole_sentences_that_begin_in_many_ways():
    rng, openings, texts = random.Random(9), Counter(), []
    for _ in range(1000):
        known = facts(*random_beliefs(rng))
        for kind in ("describe", "short", "detailed"):
            text = write_facts(known, kind, rng)
            assert re.fullmatch(r"[A-Z].*\.", text), text
            assert not re.search(r"  |\.\.| [,.]|,,|(\b\w+\b) \1\b|(?:^|\ba|\. A) [aeiou]|\b[Aa]n [^aeiou]", text), text
        openings[" ".join(text.split()[:3])] += 1
        texts.append(text)
    assert openings.most_common(1)[0][1] < 300
    assert len(set(texts)) > 950


def test_it_says_style_first_and_harmony_last():
    known = {"Style": "rock", "Voice": "yes", "Instruments": "piano", "Tempo": "120 BPM, fast", "Key": "A minor"}
    for seed in range(50):
        text = write_facts(known, "detailed", random.Random(seed))
        words = ("rock", "voice|vocals", "piano", "120", "minor")
        places = [re.search(word, text, re.IGNORECASE).start() for word in words]
        assert places == sorted(places), text


def test_nothing_known_gives_no_claim():
    for kind in KINDS:
        text = write_caption(Features(), kind, random.Random(1), Heard())
        assert claims(text, Features()) == [] and text
