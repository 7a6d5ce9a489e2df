"""The language metrics against their reference implementations, the bootstrap, and the floors."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU

from j2a.errors import ModelMissingError
from tests.places import DATA
from training.evaluation import extras
from training.evaluation.cider import cider_d
from training.evaluation.floors import best_constant, drawn, shuffled
from training.evaluation.language import against_references, bleu_signature, diversity, of_captions, repeats
from training.evaluation.measures import difference, interval, mean, ratio, resamples

REFERENCE = json.loads((DATA / "metrics" / "cider.json").read_text())
CAPTIONS, REFERENCES = REFERENCE["captions"], REFERENCE["references"]


def test_cider_is_that_of_its_authors() -> None:
    assert cider_d(CAPTIONS, REFERENCES) == pytest.approx(REFERENCE["scores"], abs=1e-9)
    found = against_references(CAPTIONS, REFERENCES)["CIDEr-D"]
    assert found() == pytest.approx(REFERENCE["mean"], abs=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_bleu_is_that_of_sacrebleu(order: int) -> None:
    most = max(map(len, REFERENCES))
    columns = [[texts[i] if i < len(texts) else None for texts in REFERENCES] for i in range(most)]
    whole = BLEU(lowercase=True, max_ngram_order=order).corpus_score(CAPTIONS, columns).score
    assert 100 * against_references(CAPTIONS, REFERENCES)[f"BLEU-{order}"]() == pytest.approx(whole, abs=1e-6)


def test_captions_without_references_do_not_count() -> None:
    with_one = against_references([*CAPTIONS, "left alone"], [*REFERENCES, ()])
    for name, measure in against_references(CAPTIONS, REFERENCES).items():
        assert with_one[name]() == pytest.approx(measure()), name
    assert math.isnan(against_references(["a"], [()])["ROUGE-L"]())
    assert "tok:13a" in bleu_signature(REFERENCES) and "nrefs:3" in bleu_signature(REFERENCES)


def test_rouge_is_the_f_of_the_longest_common_subsequence() -> None:
    found = against_references(["a b c d"], [("a c d e f", "x")])["ROUGE-L"]()
    assert found == pytest.approx(2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5))


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for trial in range(200):
        low, high = interval(mean(list(rng.random(120) < 0.3)), resamples(120, 300, trial))
        held += low <= 0.3 <= high
    assert 0.88 <= held / 200 <= 0.99


def test_a_paired_difference_is_narrower_than_two_intervals() -> None:
    rng = np.random.default_rng(2)
    hard = rng.random(300)
    one, other = mean(list(hard < 0.6)), mean(list(hard < 0.5))
    drawn_ = resamples(300, 500, 0)
    gap, low, high = difference(one, other, drawn_)
    assert low < gap < high and low > 0
    widths = [np.subtract(*interval(measure, drawn_)[::-1]) for measure in (one, other)]
    assert high - low < min(widths)
    assert difference(one, one, drawn_) == (0.0, 0.0, 0.0)
    assert math.isnan(interval(ratio([0, 0], [0, 0]), resamples(2, 10, 0))[0])


def test_what_captions_show_alone() -> None:
    texts = ["A piece. A slow one here, A slow one here.", "Cut off. In the", "piano, drums", ""]
    found = {name: measure() for name, measure in of_captions(texts).items()}
    assert found["unfinished"] == found["repeated clause"] == found["empty"] == 0.25
    assert not repeats("In C. It is calm, in C.")
    assert diversity(["a b", "a b", "a c"]) == {
        "distinct captions": pytest.approx(2 / 3), "distinct-1": 3 / 6, "distinct-2": pytest.approx(2 / 3)
    }  # fmt: skip


def test_floors() -> None:
    texts = [str(number) for number in range(50)]
    moved = shuffled(texts, 3)
    assert sorted(moved) == sorted(texts) and not any(a == b for a, b in zip(texts, moved, strict=True))
    assert moved == shuffled(texts, 3) != shuffled(texts, 4)
    assert shuffled(["one"], 0) == ["one"] and shuffled([], 0) == []
    assert set(drawn(["a", "b"], 40, 0)) == {"a", "b"}
    assert best_constant(texts, lambda text: -abs(int(text) - 7), 0) == "7"


def test_extras_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nltk.data.path", [])
    with pytest.raises(ModelMissingError, match="WordNet"):
        extras.meteor(CAPTIONS, REFERENCES)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelMissingError, match="bert_score"):
        extras.bertscore(CAPTIONS, REFERENCES)
