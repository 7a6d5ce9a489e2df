"""Every claim of a caption, held against what files prove of the window.

The claims and their verdicts are those of :mod:`training.evaluation.claims`. Beside the facts of
:mod:`training.captions.facts` real music has facts that labels of a corpus do not need:

* ``plays``: families that surely play, others may too
* ``styles``: words for the style that are true, others may be too
* ``nothing``: no music at all; whatever is said to be there is wrong
"""

from __future__ import annotations

import dataclasses
import re

from j2a.features.record import Features, Tag
from training.evaluation.claims import Claim, Verdict, claims, claims_of_features
from training.evaluation.real.manifest import Facts

TOLERANCE = 0.04  # of a stated tempo, against the song's own
_FIGURE = re.compile(r"\d+(?:\.\d+)?")


def judged(caption: str, facts: Facts) -> list[Claim]:
    """All claims of a caption. What the facts leave open is "unknown"."""
    tags = [Tag(name, "style", 1.0) for name in facts.get("styles", ())]
    styles = [claim for claim in claims_of_features(caption, Features(tags=tags)) if claim.kind == "style"]
    return [dataclasses.replace(claim, verdict=_verdict(claim, facts)) for claim in [*claims(caption, facts), *styles]]


def says(caption_claims: list[Claim], kind: str, value: str = "") -> bool:
    """Whether something is said to be there."""
    return any(one.kind == kind and value in ("", one.value) and not one.negated for one in caption_claims)


def count(caption_claims: list[Claim], verdict: Verdict) -> int:
    """Claims of one verdict."""
    return sum(one.verdict == verdict for one in caption_claims)


def bpm_right(claim: Claim, bpm: float) -> bool:
    """Whether a stated tempo is that of the song: half and double are not."""
    figure = _FIGURE.search(claim.value)
    return figure is not None and abs(float(figure[0]) - bpm) <= TOLERANCE * bpm


def _verdict(claim: Claim, facts: Facts) -> Verdict:
    if facts.get("nothing"):
        return "true" if claim.negated else "false"
    if claim.kind == "bpm" and "bpm" in facts:
        return "true" if bpm_right(claim, facts["bpm"]) else "false"
    if claim.kind == "instrument" and claim.value in facts.get("plays", ()):
        return "false" if claim.negated else "true"
    return claim.verdict
