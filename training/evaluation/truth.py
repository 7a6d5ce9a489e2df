"""How true a set of captions is: precision, recall and contradictions of every kind of claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from j2a.features.record import Features
from training.evaluation.claims import (
    LISTENED_FOR,
    MEASURED_KINDS,
    Claim,
    claims,
    claims_of_features,
    features_of,
    true_families,
)
from training.evaluation.heard import KINDS
from training.evaluation.measures import Measure, mean, ratio

Found = Sequence[Sequence[Claim]]  # claims of each caption


def against_labels(captions: Sequence[str], facts: Sequence[dict[str, Any]]) -> dict[str, Measure]:
    """Claims against ``Row.facts``: "claims true", "instrument F1", "key precision", "key recall" and so on.

    A precision is the share of the claims that are true, of those whose truth is known. A recall is the share of the
    clips with a known fact whose caption states it rightly; for instruments, the share of the families that play.
    """
    found = [claims(caption, known) for caption, known in zip(captions, facts, strict=True)]
    families = [len(known.get("instruments", ())) for known in facts]
    told = [true_families(one) for one in found]
    named = [_count(one, "instrument", verdicts=("true", "false"), negated=False) for one in found]
    kinds = {
        "instrument precision": ratio(told, named),
        "instrument recall": ratio(told, families),
        "instrument F1": ratio([2 * n for n in told], [a + b for a, b in zip(named, families, strict=True)]),
    }
    for kind in (*KINDS[1:], *MEASURED_KINDS):
        kinds |= _kind(kind, found, [_knows(known, kind) for known in facts])
    return _overall(found) | {name: measure for name, measure in kinds.items() if measure.per_caption.any()}


def against_features(captions: Sequence[str], features: Sequence[Features]) -> dict[str, Measure]:
    """Claims about tempo (figures and words), key, meter and chords against what was measured in the same clips."""
    every = [claims_of_features(caption, known) for caption, known in zip(captions, features, strict=True)]
    found = [[claim for claim in one if claim.kind not in LISTENED_FOR] for one in every]
    kinds: dict[str, Measure] = {}
    for kind in (*MEASURED_KINDS, "tempo"):
        kinds |= _kind(kind, found, [_measured(known, kind) for known in features])
    return _overall(found) | {name: measure for name, measure in kinds.items() if measure.per_caption.any()}


def _overall(found: Found) -> dict[str, Measure]:
    true = [_count(one, verdicts=("true",)) for one in found]
    false = [_count(one, verdicts=("false",)) for one in found]
    return {
        "claims a caption": mean([len(one) for one in found]),
        "claims true": ratio(true, [a + b for a, b in zip(true, false, strict=True)]),
        "wholly true": mean([bool(a) and not b for a, b in zip(true, false, strict=True)]),
        "contradicted": mean([bool(b) for b in false]),
    }


def _kind(kind: str, found: Found, known: list[bool]) -> dict[str, Measure]:
    true = [_count(one, kind, ("true",)) for one in found]
    judged = [_count(one, kind, ("true", "false")) for one in found]
    stated = [known_ and a == b > 0 for known_, a, b in zip(known, true, judged, strict=True)]
    return {f"{kind} precision": ratio(true, judged), f"{kind} recall": ratio(stated, known)}


def _count(
    found: Sequence[Claim], kind: str = "", verdicts: tuple[str, ...] = ("true",), negated: bool | None = None
) -> int:
    return sum(
        one.verdict in verdicts and (not kind or one.kind == kind) and (negated is None or one.negated == negated)
        for one in found
    )


def _knows(facts: dict[str, Any], kind: str) -> bool:
    if kind in MEASURED_KINDS:
        return _measured(features_of(facts), kind)
    if kind in ("distortion", "vocals"):
        return bool(facts.get(kind))  # nobody needs to hear that there is none
    if kind == "solo":
        return "drums" in facts and not facts["drums"] and len(facts.get("instruments", ())) == 1
    return kind in facts


def _measured(features: Features, kind: str) -> bool:
    name = {"chord": "chords", "tempo": "bpm"}.get(kind, kind)
    return bool(getattr(features, name))
