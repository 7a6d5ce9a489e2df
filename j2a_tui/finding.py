"""Words in names, titles, artists and albums: as they are written, or nearly. Pure text; knows no screen.

What is written right is found in the texts themselves. Where nothing is, each word may be near the beginning of one:
an edit for 4 to 7 letters, two for more (an edit is a letter too many, too few, wrong, or swapped with its neighbour).
The first letter must be right, for speed's sake. Shorter words and those with a figure in them must be right wholly: a
wrong number is another number.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WORD = re.compile(r"[^\W\d_]{3,}")
_STEP = 200  # texts looked at in one step: some milliseconds
_LONG, _LONGER = 4, 8  # letters from which a word may have one edit, and two


class _Places(NamedTuple):
    """Of a word: where it begins in all texts together, and which of them have it."""

    places: NDArray[np.int32]
    texts: NDArray[np.bool_]


class Texts:
    """Many case-folded texts as one row of bytes, in which a word is looked for in all of them at once."""

    def __init__(self, texts: Sequence[str]) -> None:
        import numpy as np

        pieces = [text.encode("utf-8", "surrogatepass") for text in texts]
        self._bytes = np.frombuffer(b"\n".join([*pieces, b""]), np.uint8)  # no word has a line's end
        self._starts = np.zeros(len(pieces) + 1, np.int32)
        np.cumsum([len(piece) + 1 for piece in pieces], out=self._starts[1:])
        self._sought: dict[bytes, _Places] = {}  # the words that were looked for last: the next ones begin like them

    def have(self, words: Iterable[str]) -> NDArray[np.bool_]:
        """Of each text whether it has every one of these case-folded words."""
        import numpy as np

        found = np.ones(len(self._starts) - 1, np.bool_)
        sought: dict[bytes, _Places] = {}
        for word in (word.encode("utf-8", "surrogatepass") for word in words):
            sought[word] = self._sought.get(word) or self._look_for(word)
            found &= sought[word].texts
        self._sought = sought
        return found

    def _look_for(self, word: bytes) -> _Places:
        import numpy as np

        length = next((length for length in range(len(word) - 1, 0, -1) if word[:length] in self._sought), 0)
        if length:
            places = self._sought[word[:length]].places
        else:
            length, places = 1, np.flatnonzero(self._bytes == word[0]).astype(np.int32)
        for further in range(length, len(word)):  # a line's end, which is in no word, stands behind the last letter
            places = places[self._bytes[places + further] == word[further]]
        edges = places.searchsorted(self._starts)
        return _Places(places, edges[1:] > edges[:-1])


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

    def near(self, texts: Texts, words: str) -> NDArray[np.int32]:
        """How many edits each text is away, by its place; -1 for those that are too far."""
        import numpy as np

        every = words.casefold().split()
        about = [word for word in every if len(word) >= _LONG and _WORD.fullmatch(word)]
        near = texts.have(word for word in every if word not in about)
        total = np.zeros(len(near), np.int32)
        for word in about:
            edits = self._of_word(word, len(near))
            near &= edits >= 0
            total += edits
        return np.where(near if about else False, total, -1).astype(np.int32)

    def _of_word(self, word: str, count: int) -> NDArray[np.int32]:
        import numpy as np

        found = np.full(count, -1, np.int32)
        for known, edits in sorted(self._known_near(word).items(), key=lambda one: -one[1]):
            found[np.frombuffer(self._places[known], np.uint32)] = edits  # the fewest edits last
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
