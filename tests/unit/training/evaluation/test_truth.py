"""Claims against labels and features: verdicts, precision, recall, and the extractors' own scores."""

from __future__ import annotations

import pytest

from j2a.features.record import Chord, Features
from training.evaluation.claims import claims
from training.evaluation.extractors import extractor_scores
from training.evaluation.truth import against_features, against_labels

FACTS = {
    "bpm": 120.0, "tempo": "fast", "meter": "4/4", "key": "A minor", "energy": "energetic", "drums": True,
    "instruments": ["bass", "piano"], "distortion": False, "vocals": False,
    "chords": [{"start_s": 0, "end_s": 5, "label": "A:min"}, {"start_s": 5, "end_s": 10, "label": "F:maj"}],
}  # fmt: skip


def verdicts(text: str, facts: dict = FACTS) -> dict[str, str]:
    return {f"{'no ' if one.negated else ''}{one.value}": one.verdict for one in claims(text, facts)}


def test_verdicts() -> None:
    assert verdicts("A fast piece at 120 BPM in A minor. Piano and organ play, no guitar, no bass.") == {
        "fast": "true", "120 BPM": "true", "A minor": "true", "piano": "true", "organ": "false", "no guitar": "true",
        "no bass": "false",
    }  # fmt: skip
    assert verdicts("No drums. It is in 3/4 over Am and G.") == {
        "no yes": "false", "3/4": "false", "Am": "true", "G": "false"
    }  # fmt: skip
    assert verdicts("A singer at 90 BPM, drums.", {}) == {"yes": "unknown", "90 BPM": "unknown"}
    assert verdicts("A singer.") == {"yes": "false"}
    assert verdicts("For solo piano.", {"instruments": ["piano"], "drums": False})["yes"] == "true"
    assert verdicts("It is in D minor.", {"key": "D dorian"}) == {"D minor": "unknown"}


def test_shares_are_counted_as_by_hand() -> None:
    captions = ["A fast piece with piano and organ.", "A slow piece with drums.", "Music."]
    found = {name: measure() for name, measure in against_labels(captions, [FACTS] * 3).items()}
    # fast, piano, organ (false); slow (false), drums; nothing.
    assert found["claims a caption"] == pytest.approx(5 / 3)
    assert found["claims true"] == pytest.approx(3 / 5)
    assert found["wholly true"] == 0 and found["contradicted"] == pytest.approx(2 / 3)
    assert found["instrument precision"] == pytest.approx(1 / 2)
    assert found["instrument recall"] == pytest.approx(1 / 6)
    assert found["instrument F1"] == pytest.approx(2 / (2 + 6))
    assert found["drums precision"] == 1 and found["drums recall"] == pytest.approx(1 / 3)
    assert found["tempo precision"] == 1 / 2 and found["tempo recall"] == pytest.approx(1 / 3)
    assert "solo precision" not in found, "nobody spoke of it, and it is not so"


def test_denying_what_does_not_play_is_true_but_finds_nothing() -> None:
    found = {name: measure() for name, measure in against_labels(["Without guitar."], [FACTS]).items()}
    assert found["claims true"] == 1 and found["instrument F1"] == 0 and "instrument precision" not in found


def test_against_features_it_is_what_was_measured() -> None:
    measured = Features(bpm=100.0, key="C major", meter="4/4", chords=[Chord(0, 10, "C:maj")])
    found = against_features(["At 100 BPM in C major over C, F and C. A piano."], [measured])
    values = {name: measure() for name, measure in found.items()}
    assert values["bpm precision"] == values["key precision"] == 1
    assert values["chord precision"] == 1 / 2 and values["chord recall"] == 0 and values["meter recall"] == 0
    assert values["claims a caption"] == 4, "the piano was not measured"


def test_extractors_are_scored_as_mir_eval_does() -> None:
    chords = [Chord(0, 5, "A:min"), Chord(5, 10, "C:maj")]
    measured = Features(bpm=60.0, key="C major", meter="4/4", beats=[0.5, 1.5, 6.0, 6.5], chords=chords)
    facts = FACTS | {"beats": [0.5, 1.5, 6.02, 7.0]}
    found = {name: measure() for name, measure in extractor_scores([measured, Features()], [facts] * 2).items()}
    assert found["tempo Acc1"] == 0 and found["tempo Acc2"] == 0.5
    assert found["key"] == pytest.approx(0.15), "a relative key is worth 0.3"
    assert found["meter"] == 0.5 and found["chords majmin"] == pytest.approx(0.25)
    assert found["beats F"] == pytest.approx(3 / 8), "three of four are within 70 ms; the other clip has none"
    assert extractor_scores([Features()], [{}]) == {}
