"""METEOR and BERTScore: scores that need downloads, so they are only worked out when they are asked for."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from j2a.errors import ModelMissingError
from training.evaluation.measures import Measure, ratio

BERT_MODEL = "roberta-large"  # what published BERTScores of English use


def meteor(captions: Sequence[str], references: Sequence[Sequence[str]]) -> Measure:
    """METEOR (Banerjee and Lavie, 2005) by NLTK. Raises ``ModelMissingError`` when WordNet is not there."""
    from nltk.corpus import wordnet
    from nltk.translate.meteor_score import meteor_score

    try:
        wordnet.ensure_loaded()
    except LookupError as error:
        raise ModelMissingError(
            "METEOR needs WordNet, which is not on this machine.",
            "Get it once with: python -m nltk.downloader wordnet. Or leave --meteor away.",
        ) from error
    scores = [
        meteor_score([text.split() for text in texts], caption.split()) if texts else 0.0
        for caption, texts in zip(captions, references, strict=True)
    ]
    return ratio(scores, [bool(texts) for texts in references])


def bertscore(captions: Sequence[str], references: Sequence[Sequence[str]]) -> Measure:
    """BERTScore F1 (Zhang et al., 2020), rescaled, of ``BERT_MODEL``; the best of the references counts.

    Raises ``ModelMissingError`` when the package or the model is not there.
    """
    if importlib.util.find_spec("bert_score") is None:
        raise ModelMissingError(
            "BERTScore needs the package bert_score.", "pip install bert_score. Or leave --bertscore away."
        )
    from bert_score import score

    known = [bool(texts) for texts in references]
    pairs = [(caption, list(texts)) for caption, texts in zip(captions, references, strict=True) if texts]
    try:
        _, _, f1 = score([one for one, _ in pairs], [texts for _, texts in pairs], model_type=BERT_MODEL, lang="en",
                         rescale_with_baseline=True)  # fmt: skip
    except OSError as error:
        raise ModelMissingError(
            f"BERTScore needs the model {BERT_MODEL}, which is not on this machine.",
            f"hf download {BERT_MODEL}. Or leave --bertscore away.",
        ) from error
    found = iter(f1.tolist())
    return ratio([next(found) if one else 0.0 for one in known], known)
