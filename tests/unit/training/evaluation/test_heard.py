"""Statements found in captions: what is named, what is denied, and what only looks like an instrument."""

from __future__ import annotations

import random

import pytest

from j2a.music import TEMPO_WORDS, tempo_word
from training.captions.believed import write_caption
from training.captions.facts import ENERGIES, FAMILIES, TEMPI
from training.captions.heard import write_heard
from training.captions.measured_prior import random_features
from training.evaluation.heard import Statement, heard_statements


def said(text: str) -> set[str]:
    return {f"{'no ' if one.negated else ''}{one.kind if one.value == 'yes' else one.value}"
            for one in heard_statements(text)}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A calm, slow piece. It features piano and a bass line.", {"calm", "slow", "piano", "bass"}),
        ("No drums, piano and bass.", {"no drums", "piano", "bass"}),
        ("Without drums, bass or guitar.", {"no drums", "no bass", "no guitar"}),
        ("Neither guitar nor bass is heard.", {"no guitar", "no bass"}),
        ("There are no drums and no vocals.", {"no drums", "no vocals"}),
        ("It has no drums and strings carry the music.", {"no drums", "strings"}),
        ("A fast passage with strings, without drums.", {"fast", "strings", "no drums"}),
        ("piano, no drums, slow tempo, calm", {"piano", "no drums", "slow", "calm"}),
        ("Drums are absent, but a harp plays.", {"no drums", "harp"}),
        ("The drums don't play.", {"no drums"}),
        ("It has no drums. There is no steady pulse.", {"no drums", "none"}),
        ("It keeps a steady pulse without a clear end.", set()),
        ("A drumless groove.", {"no drums"}),
        ("A bass drum and a hi-hat.", {"drums"}),
        ("Bass guitar, double bass, brass, a French horn and an English horn.", {"bass", "brass", "woodwinds"}),
        ("Synth strings over a synth bass.", {"synth", "bass"}),
        ("A nylon-string guitar, the guitar strings squeak.", {"guitar"}),
        ("A distorted guitar.", {"distortion", "guitar"}),
        ("A guitar solo.", {"guitar"}),
        ("A piece for solo piano.", {"solo", "piano"}),
        ("A choir of voices.", {"choir"}),
        ("The choir sings, a vocalist raps.", {"choir", "vocals"}),
        ("An instrumental track.", {"no vocals"}),
        ("The tempo is moderate. It feels lively.", {"moderate", "energetic"}),
        ("A moderate amount of steel drums, harpsichord and slow attack.", set()),
        ("An organic, keyed, harpooned, basso string of events.", {"strings"}),
        ("It is not calm.", {"no calm"}),
        ("The chords change slowly, the harmony moves quickly. Slow chord changes, fast-changing harmonies.", set()),
        ("A moderately loud piece. Singing bowls ring, a bass drum does not.", {"no drums"}),
        ("An unhurried piece.", {"slow"}),
        ("A medium-tempo piece.", {"moderate"}),
        ("A moderately fast piece.", {"moderate"}),
        ("A string bass.", {"bass"}),
        ("The double-bass plays.", {"bass"}),
        ("A bass clarinet and a bass trombone.", {"woodwinds", "brass"}),
        ("A bass voice.", {"vocals"}),
        ("You cannot hear drums, and hardly any bass.", {"no drums", "no bass"}),
        ("Neither the piano nor the drums play.", {"no piano", "no drums"}),
        ("Vocal-free lounge music, far from slow.", {"no vocals", "no slow"}),
        ("A choir of voices, rising with increasing strength, using a trap beat.", {"choir"}),
        ("", set()),
    ],
)
def test_statements(text: str, expected: set[str]) -> None:
    assert said(text) == expected


def test_what_our_own_grammar_says_of_measurements_claims_its_tempo_alone() -> None:
    rng = random.Random(3)
    word = {word: word.removeprefix("very ") for _, word in TEMPO_WORDS}
    for _ in range(1500):
        features = random_features(rng)
        features.genre = None  # "drum and bass" names instruments
        text = write_caption(features, rng.choice(("describe", "short", "detailed")), rng)
        wanted = set() if features.bpm is None else {Statement("tempo", word[tempo_word(features.bpm)])}
        assert heard_statements(text) <= wanted, text


@pytest.mark.parametrize("instruction", ["describe", "short", "detailed", "tags"])
def test_what_our_own_grammar_says_is_found(instruction: str) -> None:
    rng = random.Random(7)
    for _ in range(400):
        facts = {"instruments": sorted(rng.sample(FAMILIES, rng.randint(0, 4))), "drums": rng.random() < 0.5}
        facts |= {"tempo": rng.choice(TEMPI), "energy": rng.choice(ENERGIES), "bpm": 99.0, "meter": "3/4"}
        facts["distortion"] = "guitar" in facts["instruments"] and rng.random() < 0.5
        text = write_heard(facts, instruction, rng)
        found = heard_statements(text)
        wanted = {Statement("instrument", name) for name in facts["instruments"]}
        wanted |= {Statement("drums", "yes", not facts["drums"]), Statement("tempo", facts["tempo"])}
        assert {one for one in found if one.kind in ("instrument", "drums", "tempo")} == wanted, text
        assert {one.value for one in found if one.kind == "energy"} <= {facts["energy"]}, text
        assert facts["distortion"] or Statement("distortion", "yes") not in found, text
