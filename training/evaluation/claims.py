"""Every claim of a caption, held against what is known of the clip: its labels, or what was measured in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from j2a.features.record import Chord, Features, TagKind
from j2a.grounding import claims as measured_claims
from training.captions.facts import ALL_KEYS
from training.evaluation.heard import Statement, heard_statements

Verdict = Literal["true", "false", "unknown"]
Against = Literal["labels", "features"]
_VERDICTS: dict[str, Verdict] = {"agreed": "true", "contradicted": "false", "unmeasured": "unknown"}
LISTENED_FOR = get_args(TagKind)  # kinds of claims that the tags answer
MEASURED_KINDS = ("bpm", "key", "meter", "chord")


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement and whether it is so. ``value`` is what it says: "piano", "slow", "120 BPM"."""

    kind: str  # one of KINDS of training.evaluation.heard, or of MEASURED_KINDS
    value: str
    negated: bool
    verdict: Verdict


def claims(caption: str, facts: dict[str, Any]) -> list[Claim]:
    """The claims of a caption against the labels of its clip, ``Row.facts`` (see :mod:`training.captions.facts`).

    What the labels leave open is "unknown". Tempo words are judged by the tempo class.
    """
    found = [Claim(one.kind, one.value, one.negated, _verdict(one, facts)) for one in sorted(heard_statements(caption))]
    return found + [claim for claim in _measured(caption, features_of(facts)) if claim.kind in MEASURED_KINDS]


def claims_of_features(caption: str, features: Features) -> list[Claim]:
    """The claims about tempo, key, meter and chords against what was measured, as the app underlines them."""
    return _measured(caption, features)


def features_of(facts: dict[str, Any]) -> Features:
    """The labels as if they had been measured. A modal key is no key that a caption or an extractor could name."""
    key = facts.get("key")
    return Features(
        bpm=facts.get("bpm"),
        meter=facts.get("meter"),
        key=key if key in ALL_KEYS else None,
        chords=[Chord(**chord) for chord in facts.get("chords", [])],
    )


def _measured(caption: str, features: Features) -> list[Claim]:
    found: list[Claim] = []
    for claim in measured_claims(caption, features):
        kind = "bpm" if claim.kind == "tempo" and claim.text[0].isdigit() else claim.kind
        one = Claim(kind, claim.text, False, _VERDICTS[claim.verdict])
        if one not in found:  # a chord that is named twice is claimed once
            found.append(one)
    return found


def _verdict(statement: Statement, facts: dict[str, Any]) -> Verdict:
    holds = _holds(statement, facts)
    if holds is None:
        return "unknown"
    return "true" if holds != statement.negated else "false"


def _holds(statement: Statement, facts: dict[str, Any]) -> bool | None:
    kind, value, _ = statement
    if kind == "instrument":
        return value in facts["instruments"] if "instruments" in facts else None
    if kind == "solo":
        known = "instruments" in facts and "drums" in facts
        return len(facts["instruments"]) == 1 and not facts["drums"] if known else None
    if kind not in facts:
        return None
    return bool(facts[kind]) if value == "yes" else bool(facts[kind] == value)


def true_families(found: Sequence[Claim]) -> int:
    """How many families are rightly said to play."""
    return sum(claim.kind == "instrument" and not claim.negated and claim.verdict == "true" for claim in found)
