"""Words in names, titles, artists and albums: as they are written, or nearly. Pure text; knows no screen.

What is written right is found in the texts themselves. Where nothing is, each word may be near the beginning of one:
an edit for 4 to 7 letters, two for more (an edit is a letter too many, too few, wrong, or swapped with its neighbour).
The first letter must be right, for speed's sake. Shorter words and those with a figure in them must be right wholly: a
wrong number is another number.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence

_WORD = re.compile(r"[^\W\d_]{3,}")
_STEP = 200  # texts looked at in one step: some milliseconds
_LONG, _LONGER = 4, 8  # letters from which a word may have one edit, and two


def exact(texts: Sequence[str], order: Sequence[int], words: str) -> Sequence[int]:
    """The places, in ``order``, of the texts that have every word; texts are case-folded."""
    found = order
    for word in words.casefold().split():
        found = [place for place in found if word in texts[place]]
    return found


class Index:
    """Which words there are, and in which texts."""

    def __init__(self) -> None:
        # Arrays, which the garbage collector does not look into.
        self._places: dict[str, array[int]] = {}
        self._by_letter: dict[str, set[str]] = {}

    @classmethod
    def build(cls, texts: Sequence[str]) -> Iterator[Index | None]:
        """Step by step; the last step gives the index."""
        index = cls()
        for first in range(0, len(texts), _STEP):
            for place in range(first, min(first + _STEP, len(texts))):
                for word in set(_WORD.findall(texts[place])):
                    index._add(word, place)
            yield None
        yield index

    def _add(self, word: str, place: int) -> None:
        if word not in self._places:
            self._places[word] = array("I")
            self._by_letter.setdefault(word[0], set()).add(word)
        self._places[word].append(place)

    def near(self, texts: Sequence[str], words: str) -> dict[int, int]:
        """How many edits each text is away, by its place; those that are too far are not in it."""
        every = words.casefold().split()
        about = [word for word in every if len(word) >= _LONG and _WORD.fullmatch(word)]
        total: dict[int, int] = {}
        for number, word in enumerate(about):
            edits = self._of_word(word)
            total = edits if not number else {at: total[at] + edits[at] for at in total.keys() & edits.keys()}
        for word in every:
            if word not in about:
                total = {at: edits for at, edits in total.items() if word in texts[at]}
        return total

    def _of_word(self, word: str) -> dict[int, int]:
        found: dict[int, int] = {}
        for known, edits in sorted(self._known_near(word).items(), key=lambda one: -one[1]):
            found.update(dict.fromkeys(self._places[known], edits))  # the fewest edits last
        return found

    def _known_near(self, word: str) -> dict[str, int]:
        """The words that are there and begin, but for some edits, as this one."""
        from rapidfuzz import process  # when it is needed first: it takes 40 ms
        from rapidfuzz.distance import OSA

        allowed = 1 if len(word) < _LONGER else 2
        known_here = self._by_letter.get(word[0], set())
        near: dict[str, int] = {}
        for length in (len(word) + allowed, len(word)):
            begins = [known[:length] for known in known_here]
            found = process.extract(word, begins, scorer=OSA.distance, score_cutoff=allowed, limit=None)
            edits_of = {begin: int(edits) for begin, edits, _ in found}
            for known in known_here:
                edits = edits_of.get(known[:length])
                if edits is not None:
                    near[known] = min(edits, near.get(known, allowed))
        return near
