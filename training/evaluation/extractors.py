"""How well our extractors measure, against annotations: the scores of mir_eval (Raffel et al., ISMIR 2014)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from j2a.features.record import Features
from training.evaluation.claims import features_of
from training.evaluation.measures import Measure, ratio

_TEMPO_TOLERANCE = 0.04  # Gouyon et al., 2006
_OCTAVES = (1.0, 2.0, 0.5, 3.0, 1 / 3)


def extractor_scores(features: Sequence[Features], facts: Sequence[dict[str, Any]]) -> dict[str, Measure]:
    """Of the clips with an annotation; what could not be measured counts as wrong.

    "tempo Acc1" and "Acc2" (4 %, the latter also at twice, half, three times and a third), "key" (mir_eval's weighted
    score), "meter" (right or wrong), "beats F" (70 ms), "chords majmin" (share of the time).
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for measured, known in zip(features, facts, strict=True):
        row = _scores(measured, known)
        for name in ("tempo Acc1", "tempo Acc2", "key", "meter", "beats F", "chords majmin"):
            found.setdefault(name, []).append((row.get(name, 0.0), name in row))
    measures = {name: ratio(*zip(*pairs, strict=True)) for name, pairs in found.items()}
    return {name: measure for name, measure in measures.items() if measure.per_caption[:, 1].any()}


def _scores(measured: Features, facts: dict[str, Any]) -> dict[str, float]:
    import mir_eval

    label = features_of(facts)
    scores: dict[str, float] = {}
    if label.bpm:
        near = [abs((measured.bpm or 0.0) - label.bpm * by) <= _TEMPO_TOLERANCE * label.bpm * by for by in _OCTAVES]
        scores |= {"tempo Acc1": float(near[0]), "tempo Acc2": float(any(near))}
    if label.key:
        scores["key"] = mir_eval.key.weighted_score(label.key, measured.key) if measured.key else 0.0
    if label.meter in ("3/4", "4/4"):  # the only ones that are looked for
        scores["meter"] = float(measured.meter == label.meter)
    if facts.get("beats"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that nothing was found is a score, too
            scores["beats F"] = mir_eval.beat.f_measure(np.array(facts["beats"]), np.array(measured.beats))
    if label.chords:
        scores["chords majmin"] = _chords(measured, label)
    return scores


def _chords(measured: Features, label: Features) -> float:
    import mir_eval

    if not measured.chords:
        return 0.0
    reference, estimate = [
        (np.array([(one.start_s, one.end_s) for one in some.chords]), [one.label for one in some.chords])
        for some in (label, measured)
    ]
    scores = mir_eval.chord.evaluate(*reference, *estimate)
    return float(scores["majmin"])
