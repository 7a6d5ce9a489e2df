"""Captions against reference captions: BLEU-1 to 4, ROUGE-L, CIDEr-D; and what can be seen in the captions alone.

Word level and lower case throughout. A published score of another tokeniser, or of characters, cannot be compared.
ROUGE-L's own tokeniser drops "#": to it C# minor is C minor (findings/rouge-key-accidentals.sh). Keys are judged by
the claims, see :mod:`training.evaluation.truth`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from training.evaluation.cider import cider_d
from training.evaluation.measures import Measure, Values, mean, ratio

ORDERS = (1, 2, 3, 4)
_CLAUSE = re.compile(r"[.,;:!?]+")
_CLAUSE_WORDS = 3  # shorter ones may well come again: "in C major"


def against_references(captions: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, Measure]:
    """BLEU (Papineni et al., 2002; sacrebleu), ROUGE-L F (Lin, 2004) and CIDEr-D (Vedantam et al., 2015).

    ``references``: one or more for each caption; a caption without any does not count.
    """
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics.bleu import BLEU

    bleu, rouge = BLEU(lowercase=True, effective_order=True), RougeScorer(["rougeL"])
    known = [bool(wanted) for wanted in references]
    counts = np.zeros((len(captions), 2 * len(ORDERS) + 2))
    overlaps = np.zeros(len(captions))
    for index, (caption, wanted) in enumerate(zip(captions, references, strict=True)):
        if not wanted:
            continue
        score = bleu.sentence_score(caption, list(wanted))
        counts[index] = [*score.counts, *score.totals, score.sys_len, score.ref_len]
        overlaps[index] = rouge.score_multi(list(wanted), caption)["rougeL"].fmeasure
    measures = {f"BLEU-{order}": Measure(counts, _Bleu(order)) for order in ORDERS}
    measures["ROUGE-L"] = ratio(overlaps, known)
    measures["CIDEr-D"] = ratio(cider_d(captions, references), known)
    return measures


def bleu_signature(references: Sequence[Sequence[str]]) -> str:
    """What sacrebleu says about its tokeniser, its version and the most references that a caption has."""
    from sacrebleu.metrics.bleu import BLEU

    bleu = BLEU(lowercase=True, effective_order=True)
    most = max(len(texts) for texts in references)
    bleu.sentence_score("", ["a"] * most)
    return str(bleu.get_signature())


class _Bleu:
    """BLEU-n of sums of n-gram matches (4), n-grams (4), length and reference length."""

    def __init__(self, order: int) -> None:
        self.order = order

    def __call__(self, sums: Values) -> Values:
        matches, totals = sums[..., : self.order], sums[..., len(ORDERS) : len(ORDERS) + self.order]
        length, wanted = sums[..., -2], sums[..., -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            precision = np.where(totals > 0, matches / totals, 0.0)
            brevity = np.where(length >= wanted, 1.0, np.exp(1 - wanted / length))
            score: Values = np.exp(np.log(precision).mean(axis=-1)) * brevity
        return np.where(wanted > 0, np.nan_to_num(score), np.nan)


def of_captions(captions: Sequence[str]) -> dict[str, Measure]:
    """Words a caption, and the shares of captions that end in mid-sentence, say a clause twice, or are empty."""
    return {
        "words": mean([len(caption.split()) for caption in captions]),
        "unfinished": mean([bool(caption) and not _finished(caption) for caption in captions]),
        "repeated clause": mean([repeats(caption) for caption in captions]),
        "empty": mean([not caption.strip() for caption in captions]),
    }


def diversity(captions: Sequence[str]) -> dict[str, float]:
    """Different captions a clip, and distinct-1 and -2 (Li et al., 2016): of a set, no mean."""
    times = Counter(captions)
    found = {"distinct captions": len(times) / max(1, len(captions))}
    for order in (1, 2):
        grams = [gram for caption in captions for gram in zip(*_shifts(caption, order), strict=False)]
        found[f"distinct-{order}"] = len(set(grams)) / max(1, len(grams))
    return found


def repeats(caption: str) -> bool:
    """Whether a clause of three words or more comes twice."""
    clauses = [" ".join(clause.lower().split()) for clause in _CLAUSE.split(caption)]
    long = [clause for clause in clauses if len(clause.split()) >= _CLAUSE_WORDS]
    return len(set(long)) < len(long)


def _finished(caption: str) -> bool:
    """Ends as a sentence does; a list of tags has no sentence to finish."""
    return caption.rstrip().endswith((".", "!", "?", "…", '"', ")")) or "." not in caption


def _shifts(caption: str, order: int) -> list[list[str]]:
    words = caption.lower().split()
    return [words[start:] for start in range(order)]
