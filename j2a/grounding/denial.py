"""Where a caption takes a word back: denies it, from near or far, or only thinks it possible."""

from __future__ import annotations

import re

_LOOKED_BACK = 100  # characters before a claim: what a thousand claims look at must not grow with the text
_DENIED = re.compile(
    r"(?:\b(?:not|no|never|neither|nor|without)|n't)"
    r"(?: (?:in|at|on|of|an?|the|any|really|quite|exactly|very|clear|steady|strict))* $",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:may|might|could(?! (?:be )?hear)|would|perhaps|maybe|possibly|probably|presumably|apparently|arguably"
    r"|whether|if|unless|seems?|appears? to|suggests?|hints? (?:at|of)|reminiscent of|reminds?"
    r"|(?:sounds?|feels?) (?:as if|as though|like)|(?:i|we) (?:think|guess|believe))\b"
    r"(?:(?!\bbut\b)[^.;:!?])*$",
    re.IGNORECASE,
)
# Denied from further away: "no vocals or drums", "far from metal". A new clause ends it: "without drums, the guitar".
_DENIED_FAR = re.compile(
    r"\b(?:no|not|without|lack\w*|free (?:of|from)|far from|devoid of|absence of|(?:hardly|barely|scarcely) any"
    r"|neither|nor|never|non)\b"
    r"(?:(?!\b(?:but|with|while|though|other than|except|besides)\b|,? (?:and|just|only) an? |, (?:the|an?) )"
    r"[^.;:!?])*$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(  # "drums are absent", "vocal-free"
    r"[- ](?:free|less|leading|songwriters?|and bass)\b"
    r"|(?: \w+){0,2} (?:(?:is|are|was|were|do|does|did) )?(?:not|never|absent|missing|\w+n't)\b"
    r"(?! (?:only|just|the only|(?:\w+ )?(?:loud|soft|clear|clean|fast|slow))\b)"
    r"|(?: (?:has|have|had|is|are|was|were) (?:been )?| )(?:removed|muted|drops? out|dropped out|left out|silenced)\b",
    re.IGNORECASE,
)


def before(pattern: re.Pattern[str], text: str, end: int) -> bool:
    """Whether the text up to a place ends with a pattern."""
    return pattern.search(text, max(0, end - _LOOKED_BACK), end) is not None


def is_taken_back(text: str, start: int) -> bool:
    """Whether the words right before a place deny what comes ("not in 4/4"), or the clause only thinks it possible."""
    return before(_DENIED, text, start) or before(_HEDGED, text, start)


def is_denied_from_afar(text: str, start: int, end: int) -> bool:
    """Whether what stands at a place is denied by its clause, before it or behind."""
    return before(_DENIED_FAR, text, start) or _DENIED_AFTER.match(text, end) is not None
