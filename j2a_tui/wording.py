"""Which words of a text are a person's, and which the model's; what differs between two texts. Pure text."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import takewhile
from typing import Literal

_WORD = re.compile(r"\S+")
_LONGEST = 2000  # words; comparing takes the square of them
_MOST_PAIRS = 1_000_000  # of letters; a tenth of a second

Kind = Literal["same", "gone", "new"]


def word_diff(before: str, after: str) -> list[tuple[Kind, str]]:
    """What stays, what is gone and what is new, in the order in which it is read; words with one space between them."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) > _LONGEST or len(new) > _LONGEST:
        return [("gone", " ".join(old)), ("new", " ".join(new))]
    parts: list[tuple[Kind, str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(("same", " ".join(old[a:b])))
            continue
        if b > a:
            parts.append(("gone", " ".join(old[a:b])))
        if d > c:
            parts.append(("new", " ".join(new[c:d])))
    return parts


def changed(before: str, after: str) -> tuple[list[tuple[int, int]], int]:
    """The parts ``after[start:end]`` that are not in ``before``, and how many words were added, replaced or taken out.

    A text that is too long to compare counts as changed wholly.
    """
    old, new = _WORD.findall(before), list(_WORD.finditer(after))
    if not new or len(old) > _LONGEST or len(new) > _LONGEST:
        return ([(new[0].start(), new[-1].end())] if new else []), max(len(old), len(new))
    spans, count = [], 0
    for kind, a, b, c, d in SequenceMatcher(None, old, [word[0] for word in new], autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        count += max(b - a, d - c)
        if d > c:
            spans.append((new[c].start(), new[d - 1].end()))
    return spans, count


@lru_cache(maxsize=64)
def distance(before: str, after: str) -> int:
    """How many letters must be put in, taken out or replaced to make one text of the other (Levenshtein); 0 for the
    same, and for texts that are too long to compare."""
    start = _alike(before, after)
    old, new = before[start:], after[start:]
    end = _alike(old[::-1], new[::-1])
    old, new = old[: len(old) - end], new[: len(new) - end]
    if len(old) * len(new) > _MOST_PAIRS:
        return 0
    row = list(range(len(new) + 1))
    for number, letter in enumerate(old, 1):
        diagonal, row[0] = row[0], number
        for place, other in enumerate(new, 1):
            diagonal, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, diagonal + (letter != other))
    return row[-1]


def _alike(one: str, other: str) -> int:
    """How many letters at the beginning of two texts are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
