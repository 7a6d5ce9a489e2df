"""Which words of a text are a person's, and which the model's. Pure text."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_WORD = re.compile(r"\S+")
_LONGEST = 2000  # words; comparing takes the square of them


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
