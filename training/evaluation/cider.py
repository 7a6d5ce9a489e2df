"""CIDEr-D: n-gram vectors weighted by how rare they are among the references, clipped, with a penalty for length.

Vedantam, Zitnick and Parikh, "CIDEr: Consensus-based Image Description Evaluation", CVPR 2015
(https://arxiv.org/abs/1411.5726). The constants, and the length that is counted in bigrams, are those of the authors'
code, whose values the tests hold.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

Gram = tuple[str, ...]
_ORDERS = 4
_SIGMA = 6.0  # of the length penalty
_SCALE = 10.0
_WORD = re.compile(r"\w+(?:[/'#♭♯-]\w+)*[#♯♭]?")


def cider_d(captions: Sequence[str], references: Sequence[Sequence[str]]) -> list[float]:
    """The score of each caption, 0 for one without references. Rarity is counted over the references given here."""
    wanted = [[_grams(text) for text in texts] for texts in references]
    frequency = Counter(gram for texts in wanted for gram in {gram for one in texts for gram in one})
    documents = math.log(max(1, sum(map(bool, wanted))))

    def rarity(gram: Gram) -> float:
        return documents - math.log(max(1, frequency[gram]))

    return [
        sum(_alike(_grams(caption), one, rarity) for one in texts) / len(texts) if texts else 0.0
        for caption, texts in zip(captions, wanted, strict=True)
    ]


def _grams(text: str) -> Counter[Gram]:
    words = _WORD.findall(text.lower())
    return Counter(tuple(words[i : i + n]) for n in range(1, _ORDERS + 1) for i in range(len(words) - n + 1))


def _alike(caption: Counter[Gram], reference: Counter[Gram], rarity: Callable[[Gram], float]) -> float:
    difference = _bigrams(caption) - _bigrams(reference)
    total = 0.0
    for order in range(1, _ORDERS + 1):
        one = {gram: count * rarity(gram) for gram, count in caption.items() if len(gram) == order}
        other = {gram: count * rarity(gram) for gram, count in reference.items() if len(gram) == order}
        norms = math.hypot(*one.values()) * math.hypot(*other.values())
        if norms:
            total += sum(min(one[gram], other[gram]) * other[gram] for gram in one.keys() & other.keys()) / norms
    return _SCALE * total / _ORDERS * math.exp(-(difference**2) / (2 * _SIGMA**2))


def _bigrams(grams: Counter[Gram]) -> int:
    return sum(count for gram, count in grams.items() if len(gram) == 2)
