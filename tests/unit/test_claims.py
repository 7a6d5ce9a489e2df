"""How many of the claims that are found in captions are claims, and of what a reader would find how many are found.

The sentences in ``tests/data/claims`` were labelled by hand: ``sentence<TAB>claims``, separated by ``; ``. A figure is
``kind:words``; what is listened for is ``+label`` where it is said to be there and ``-label`` where it is denied. The
parser was mended on the others; who wrote ``unseen.tsv`` had not seen it, and nothing
was mended on it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from j2a.features.record import Chord, Features, Sound, Tag
from j2a.grounding import Claim, claims
from j2a.grounding.listened import HEARD

SETS = Path(__file__).parents[1] / "data" / "claims"
EVERYTHING = Features(
    bpm=100.0, meter="4/4", key="C major", chords=[Chord(0, 1, "C:maj")], sound=Sound(-10.0, 10.0, 12.0, 3000.0, 8.0),
    tags=[Tag(label, kind, 0.5) for label, kind, _ in HEARD],
)  # fmt: skip


def told(claim: Claim) -> str:
    if claim.kind in ("tempo", "key", "meter", "chord", "sound"):
        return f"{claim.kind}:{claim.text}"
    words = ((label, words) for label, kind, words in HEARD if kind == claim.kind)
    said = (label for label, words in words if re.search(rf"\b(?:{words})\b", claim.text, re.IGNORECASE))
    label = next(said, "voice")  # "instrumental"
    return f"{'+' if claim.verdict == 'agreed' else '-'}{label}"


@pytest.mark.parametrize(
    ("name", "precision", "recall"),
    [("unseen", 0.97, 0.85), ("tuned", 0.97, 0.93), ("hard", 0.97, 0.85), ("plain", 0.97, 0.85), ("mixed", 0.97, 0.85)],
)
def test_what_is_found_is_a_claim(name: str, precision: float, recall: float) -> None:
    lines = [line.partition("\t") for line in (SETS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()]
    both = [
        ({told(one) for one in claims(text, EVERYTHING)}, set(filter(None, right.split("; "))))
        for text, _, right in lines
    ]
    found, right = sum(len(one) for one, _ in both), sum(len(other) for _, other in both)
    true = sum(len(one & other) for one, other in both)
    assert len(lines) >= 250
    assert true / found >= precision, [(line[0], one - other) for line, (one, other) in zip(lines, both, strict=True)
                                       if one - other]  # fmt: skip
    assert true / right >= recall
