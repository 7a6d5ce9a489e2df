"""How true captions are about what is heard: instruments, drums, tempo, energy, against the facts of a corpus."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

_FAMILY_WORDS = {
    "piano": r"pianos?|keyboards?",
    "mallets": r"mallets?|vibraphones?|marimbas?|glockenspiels?|xylophones?|celestas?|music box|bells",
    "organ": r"organs?",
    "guitar": r"guitars?",
    "bass": r"bass(?! drum)",
    "strings": r"strings?|violins?|violas?|cellos?",
    "harp": r"harps?",
    "choir": r"choirs?",
    "brass": r"brass|trumpets?|trombones?|horns?|tubas?",
    "woodwinds": r"woodwinds?|flutes?|clarinets?|oboes?|sax\w*|recorders?|bassoons?",
    "synth": r"synth\w*",
}
_FAMILIES = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _FAMILY_WORDS.items()}
_NO_DRUMS = re.compile(r"\b(?:no|without|not any)\s+(?:any\s+)?(?:drums?|percussion)\b", re.IGNORECASE)
_DRUMS = re.compile(r"\b(?:drums?|drum beat|percussion)\b", re.IGNORECASE)
_WORDS = {
    "tempo": {"slow": r"slow\w*", "moderate": r"mid-tempo|moderate\w*|medium", "fast": r"fast\S*|quick|brisk"},
    "energy": {"calm": r"calm|gentle", "energetic": r"energetic|lively|full of energy"},
}
_CLASSES = {
    (kind, value): re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
    for kind, values in _WORDS.items()
    for value, words in values.items()
}
_VOCALS = re.compile(r"\b(?:vocals?|voices?|sing\w*|sung|rap\w*)\b", re.IGNORECASE)
_DISTORTION = re.compile(r"\b(?:distort\w*|overdriv\w*)\b", re.IGNORECASE)
KINDS = ("instrument", "drums", "tempo", "energy", "distortion", "solo", "vocals")


def heard_claims(caption: str) -> set[tuple[str, str]]:
    """(kind, value) of every statement, each once: ("instrument", "piano"), ("drums", "no"), ("tempo", "slow")."""
    found = {("instrument", name) for name, words in _FAMILIES.items() if words.search(caption)}
    if _NO_DRUMS.search(caption):
        found.add(("drums", "no"))
    elif _DRUMS.search(caption):
        found.add(("drums", "yes"))
    found |= {claim for claim, words in _CLASSES.items() if words.search(caption)}
    found |= {("distortion", "yes")} if _DISTORTION.search(caption) else set()
    found |= {("vocals", "yes")} if _VOCALS.search(caption) else set()
    return found | ({("solo", "yes")} if re.search(r"\bsolo\b", caption, re.IGNORECASE) else set())


def is_true(claim: tuple[str, str], facts: dict[str, Any]) -> bool:
    """Whether the facts of a clip (see :mod:`training.facts`) say the same."""
    kind, value = claim
    if kind == "instrument":
        return value in facts["instruments"]
    if kind == "solo":
        return len(facts["instruments"]) == 1 and not facts["drums"]
    if kind in ("drums", "distortion", "vocals"):
        return bool(facts[kind]) == (value == "yes")
    return bool(facts[kind] == value)


@dataclass(slots=True)
class HeardScore:
    """Counts over a set of captions."""

    captions: int = 0
    wholly_true: int = 0
    claims: Counter[str] = field(default_factory=Counter)  # kind -> made
    true: Counter[str] = field(default_factory=Counter)  # kind -> made and true
    expected: int = 0  # families that play
    distinct: int = 0

    def share(self, kind: str) -> float:
        """Share of the claims of one kind that are true, in [0, 1]."""
        return self.true[kind] / max(1, self.claims[kind])

    @property
    def instruments_f1(self) -> float:
        """Micro F1 of the families."""
        return 2 * self.true["instrument"] / max(1, self.claims["instrument"] + self.expected)

    @property
    def claims_true(self) -> float:
        """Share of all claims that are true."""
        return self.true.total() / max(1, self.claims.total())

    def row(self) -> dict[str, float]:
        """In per cent, but for the number of claims a caption."""
        per_cent = {
            "claims true": self.claims_true, "wholly true": self.wholly_true / max(1, self.captions),
            "instruments F1": self.instruments_f1, "instruments precision": self.share("instrument"),
            **{kind: self.share(kind) for kind in ("drums", "tempo", "energy")},
            **{f"{kind} said": self.claims[kind] / max(1, self.captions) for kind in ("drums", "tempo", "energy")},
            "distinct": self.distinct / max(1, self.captions),
        }  # fmt: skip
        row = {name: round(100 * value, 1) for name, value in per_cent.items()}
        return {"claims a caption": round(self.claims.total() / max(1, self.captions), 2), **row}


def heard_score(captions: Sequence[str], facts: Sequence[dict[str, Any]]) -> HeardScore:
    """Hold each caption against the facts beside it."""
    result = HeardScore(distinct=len(set(captions)))
    for caption, known in zip(captions, facts, strict=True):
        made = heard_claims(caption)
        false = {claim for claim in made if not is_true(claim, known)}
        result.captions += 1
        result.wholly_true += not false
        result.expected += len(known["instruments"])
        result.claims.update(kind for kind, _ in made)
        result.true.update(kind for kind, _ in made - false)
    return result


def shifted(captions: Sequence[str], by: int = 7) -> Iterator[str]:
    """Every caption beside the facts of another clip: what shuffled audio would give."""
    return (captions[(index + by) % len(captions)] for index in range(len(captions)))
