"""Claims found in a caption, each held against what was measured.

A claim is "agreed" (the features say the same), "contradicted" (they say otherwise) or "unmeasured" (they say
nothing about it). Checked are tempo figures and words, key, meter, chords, words for the whole sound (bright, loud,
dense ...), and what the tag networks listen for: voice, drums, some instruments and styles. Pure text and numbers.
"""

from __future__ import annotations

from itertools import chain

from j2a.features.record import Features
from j2a.grounding.claim import Claim, Verdict
from j2a.grounding.denial import is_taken_back
from j2a.grounding.figures import figure_claims
from j2a.grounding.listened import listened_claims

__all__ = ["Claim", "Verdict", "claims"]


def claims(text: str, features: Features) -> list[Claim]:
    """Every claim in a caption, in order of appearance.

    What is denied ("not in 4/4") or only thought possible ("it may be in 4/4") claims nothing; "no drums" claims that
    there are none, where somebody listened.
    """
    every = chain(figure_claims(text, features), listened_claims(text, features))
    found = [claim for claim in every if not is_taken_back(text, claim.start, claim.end)]
    return sorted(found, key=lambda claim: (claim.start, claim.end))
