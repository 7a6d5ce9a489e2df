"""Where a caption takes a word back: denies it, from near or far, or only thinks it possible."""

from __future__ import annotations

import re

_LOOKED_BACK = 100  # characters before a claim: what a thousand claims look at must not grow with the text
# Where a "no" or a "maybe" no longer reaches: "without drums, the guitar", "perhaps a bell, with a voice".
_ENDS = (
    r"\b(?:but|yet|while|though|although|other than|except|besides|apart from)\b|,? (?:and|just|only) an? "
    r"|, (?:and|the|an?|with) "
)
_CLAUSE = rf"(?:(?!{_ENDS})[^.;:!?])*$"
_DENIED_CLAUSE = rf"(?:(?!{_ENDS}|\bwith (?:an?|the) )[^.;:!?])*$"
_DENIED = re.compile(
    r"(?:\b(?:not|no|never|neither|nor|without)|n't)"
    r"(?: (?:in|at|on|of|an?|the|any|really|quite|exactly|very|clear|steady|strict))* $",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:may|might|could(?! (?:be )?hear)|would(?:n't)?|perhaps|maybe|possibl[ey]|potential(?:ly)?|probabl[ey]|likely"
    r"|presumably|apparently|arguably|supposedly|seemingly|allegedly|almost|either|whether|if|unless|seems?|appears? to"
    r"|suggests?|imagine|evok\w+|as though|assum\w+|must be|expect\w*|somewhere between|impression of"
    r"|(?:it|this|that|which) feels?|hints? (?:at|of)|reminiscent of|reminds?|recalls?|resembl\w+"
    r"|sounds? (?:as if|as though|like)|can be (?:played|used)|(?:i|we) (?:think|guess|believe|suppose))\b" + _CLAUSE,
    re.IGNORECASE,
)
_HEDGED_AFTER = re.compile(
    r",? or (?:maybe|perhaps|possibly)\b|[^.;:!?]* would be\b|(?: \w+)? (?:could|might|may) (?:be|have)\b"
    r"|,? (?:if|unless)\b"
    r"|[^.;:!]*\?",  # a question
    re.IGNORECASE,
)
_DENIED_FAR = re.compile(  # "no vocals or drums", "far from metal"
    r"\b(?:no(?! (?:doubt|question)\b)|not(?! only\b)|nobody|none of|nothing|rather than|instead of"
    r"|without(?! (?:question|doubt)\b)|lack\w*|free (?:of|from)|far from|devoid of|absence of"
    r"|(?:hardly|barely|scarcely) any|zero|minus|omit\w*|exclud\w+|absent (?:is|are)"
    r"|(?:can't|cannot|couldn't|don't|won't) hear|neither|nor|never|non)\b" + _DENIED_CLAUSE,
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(  # "drums are absent", "vocal-free", "flute-like"
    r"[- ](?:free|less|leading|like|songwriters?|and bass)\b"
    r"|(?: \w+){0,2} (?:(?:is|are|was|were|do|does|did) )?(?:not|never|absent|missing|\w+n't)\b"
    r"(?! (?:only|just|(?:\w+ )?(?:loud|soft|clear|clean|fast|slow)|strum|use|sing)\b)"
    r"|: none\b| (?:is|are) nowhere\b|(?: \w+){0,6} (?:is|are) (?:both )?(?:missing|absent)\b"
    r"|(?: \w+)?(?: (?:has|have|had|is|are|was|were) (?:been )?| )(?:removed|muted|stops?|cuts? out|drop(?:s|ped)? out"
    r"|left out|silenced|falls? silent|sits? (?:\w+ )+out)\b",
    re.IGNORECASE,
)
_ELSEWHERE_BEFORE = re.compile(r"\b(?:intro|verses?|chorus(?:es)?|bridge|outro|beginning|end) (?:has|have|had) $", re.I)
_ELSEWHERE_AFTER = re.compile(
    r" (?:until|before|at first|(?:in|during) the (?:intro|verses?|chorus|bridge|beginning|first|second|outro))\b", re.I
)


def before(pattern: re.Pattern[str], text: str, end: int) -> bool:
    """Whether the text up to a place ends with a pattern."""
    return pattern.search(text, max(0, end - _LOOKED_BACK), end) is not None


def is_taken_back(text: str, start: int, end: int) -> bool:
    """Whether what stands at a place is denied right before it ("not in 4/4"), or only thought possible."""
    return (
        before(_DENIED, text, start) or before(_HEDGED, text, start)
        or _HEDGED_AFTER.match(text, end, end + _LOOKED_BACK) is not None
    )  # fmt: skip


def is_denied_before(text: str, start: int) -> bool:
    """Whether what stands at a place is denied by what its clause has before it."""
    return before(_DENIED_FAR, text, start)


def is_denied_from_afar(text: str, start: int, end: int) -> bool:
    """Whether what stands at a place is denied by its clause, before it or behind."""
    return is_denied_before(text, start) or _DENIED_AFTER.match(text, end) is not None


def is_denied_in_a_part(text: str, start: int, end: int) -> bool:
    """Whether a denial is one of the verse, or of the beginning: the rest may have what is denied."""
    return before(_ELSEWHERE_BEFORE, text, start) or _ELSEWHERE_AFTER.match(text, end) is not None
