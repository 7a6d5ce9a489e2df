"""How true captions are: every claim held against the features that the captioner was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from j2a.features.record import Features
from j2a.grounding import claims

# The feature that must be measured before a caption can be expected to state it.
STATED_BY = {"tempo": "bpm", "key": "key", "meter": "meter", "chord": "chords"}


@dataclass(slots=True)
class Score:
    """Counts over a set of captions. Shares are NaN-free: nothing claimed counts as nothing agreed."""

    captions: int = 0
    contradicted_captions: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)  # (kind, verdict) -> claims
    stated: Counter[str] = field(default_factory=Counter)  # kind -> captions that state it, where it was measured
    expected: Counter[str] = field(default_factory=Counter)  # kind -> captions that could have stated it

    def agreed(self, kind: str) -> float:
        """Share of the claims of one kind that agree, in [0, 1]."""
        total = sum(count for (name, _), count in self.verdicts.items() if name == kind)
        return self.verdicts[kind, "agreed"] / max(1, total)

    def coverage(self, kind: str) -> float:
        """Share of the captions that state a fact of one kind, among those whose features have it."""
        return self.stated[kind] / max(1, self.expected[kind])

    @property
    def clean(self) -> float:
        """Share of captions without a contradicted claim."""
        return 1.0 - self.contradicted_captions / max(1, self.captions)

    def row(self) -> str:
        """One line of a table: agreement (and coverage) by kind, then the share of clean captions, in per cent."""
        cells = [f"{100 * self.agreed(kind):5.1f} ({100 * self.coverage(kind):3.0f})" for kind in STATED_BY]
        return " | ".join([*cells, f"{100 * self.clean:5.1f}"])


def score(captions: Sequence[str], features: Sequence[Features]) -> Score:
    """Hold each caption against the features beside it."""
    result = Score()
    for caption, measured in zip(captions, features, strict=True):
        found = claims(caption, measured)
        result.captions += 1
        result.contradicted_captions += any(claim.verdict == "contradicted" for claim in found)
        result.verdicts.update((claim.kind, claim.verdict) for claim in found)
        for kind, name in STATED_BY.items():
            if getattr(measured, name):
                result.expected[kind] += 1
                result.stated[kind] += any(claim.kind == kind for claim in found)
    return result
