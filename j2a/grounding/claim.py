"""One claim, and whether it agrees with what was measured."""

from __future__ import annotations

from typing import Literal

from j2a.features.record import TagKind
from j2a.records import dataclass

Verdict = Literal["agreed", "contradicted", "unmeasured"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement: ``text[start:end]`` of the caption."""

    kind: Literal["tempo", "key", "meter", "chord", "sound"] | TagKind
    text: str
    start: int
    end: int
    verdict: Verdict


def verdict_of(measured: bool, agrees: bool) -> Verdict:
    """Of a claim about something that was measured or not, and that it agrees with or not."""
    if not measured:
        return "unmeasured"
    return "agreed" if agrees else "contradicted"
