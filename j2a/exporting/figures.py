"""A caption's other dialect: its text without BPM, meter, key and chords, or with them. Pure text.

Trainers keep figures either in fields of their own or in the text. Taking out cuts what stands with a figure ("at
about 120 BPM", "in 4/4"), and where a sentence would be left broken, the whole sentence; a caption that says nothing
else stays as it is. Putting in adds what is known and not yet said, behind the last sentence.
"""

from __future__ import annotations

import re
from typing import Any

from j2a.features.record import Features
from j2a.formats.entry import Entry
from j2a.grounding import Claim, claims

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z])")
_BEFORE = re.compile(
    r"(?:^|,|\band|\bwith|\bplayed|\bset|\bwritten|\brunning|\bmoving)*\s*\b(?:at|in|of|around|near|on)\s"
    r"(?:(?:a|the)\s)?(?:(?:steady|moderate|slow|fast)\s)?"
    r"(?:(?:tempo|key|pulse|met(?:er|re)|time signature|speed|rate)\s(?:of|is)\s)?"
    r"(?:(?:about|around|roughly|approximately|exactly|some|nearly)\s)?$",
    re.IGNORECASE,
)
_ARTICLE, _NOUN = re.compile(r"\ba $", re.IGNORECASE), re.compile(r"[ -]([a-z])")
_SAYS_NOTHING = re.compile(r"(?:here )?(?:it|this|that|the (?:music|piece|track|song)) \w+[.!?]?", re.IGNORECASE)
_AFTER = re.compile(r"\s(?:time|meter|metre|chords?|throughout)\b")
_LEFT_OPEN = re.compile(
    r"(?:^|[\s,])(?:an?|the|of|at|in|on|is|are|and|or|with|to|from|through|between|around|about|by|key|tempo|progression)"
    r"[,\s]*[.!?]?$|^[\s,.;:]*$|,\s*[.!?]$|^\s*[,;]|,\s*,",
    re.IGNORECASE,
)
_LISTED = re.compile(r"[^.!?]+,[^.!?]+,[^.!?]+")  # tags with commas between them, and no sentence
_CHORD_ITEM = re.compile(r"\s*chords?\b", re.IGNORECASE)
_VERSION = re.compile("-no-figures(?=/)")


def names_figures(text: str) -> bool:
    """Whether a caption says a tempo in BPM, a key, a meter or chords."""
    return bool(_figures(text))


def _figures(text: str) -> list[Claim]:
    found = [one for one in claims(text, Features()) if one.kind in ("tempo", "key", "meter", "chord")]
    return [one for one in found if one.kind != "tempo" or one.text[0].isdigit()]


def without_figures(text: str) -> str:
    """The text without figures; as it was where it says nothing else."""
    if _LISTED.fullmatch(text):
        items = [item for item in text.split(",") if not names_figures(item) and not _CHORD_ITEM.match(item)]
        return ",".join(items).strip() or text
    sentences = [_sentence_without(sentence) for sentence in _SENTENCE.split(text)]
    return " ".join(sentence for sentence in sentences if sentence) or text


def _sentence_without(sentence: str) -> str:
    """A sentence without its figures; "" where it cannot be whole without them."""
    new = sentence
    for claim in reversed(_figures(sentence)):
        start, end = _phrase(new, claim)
        if start == end:
            return ""
        new = new[:start].rstrip(" ,") + (" " if start and new[end : end + 1].isalnum() else "") + new[end:]
    if new == sentence:
        return new
    new = new.strip(" ,")
    if _LEFT_OPEN.search(new) or _SAYS_NOTHING.fullmatch(new):
        return ""
    return new[0].upper() + new[1:]


def _phrase(sentence: str, claim: Claim) -> tuple[int, int]:
    """Where the words begin and end that a figure takes along; the same place twice where that cannot be told."""
    if claim.kind == "chord":
        return claim.start, claim.start
    article = _ARTICLE.search(sentence, 0, claim.start)
    follows = _NOUN.match(sentence, claim.end)
    if article and follows:  # "a 120 BPM track", "an 80 BPM ballad"
        return claim.start, follows.start(1)
    before = _BEFORE.search(sentence, 0, claim.start)
    after = _AFTER.match(sentence, claim.end)
    return (before.start(), after.end() if after else claim.end) if before else (claim.start, claim.start)


def with_figures(entry: Entry) -> str:
    """The caption with tempo (where its level is sure), key and meter that it does not name."""
    said = {claim.kind for claim in _figures(entry.caption)}
    bpm = entry.sure_bpm
    known = {"tempo": "" if bpm is None else f"{bpm:.0f} BPM", "key": entry.key, "meter": entry.meter}
    missing = [value for kind, value in known.items() if value and kind not in said]
    text = entry.caption.rstrip()
    if not missing or not text:
        return entry.caption
    if _LISTED.fullmatch(text):
        return ", ".join([text.rstrip(", "), *missing])
    end = "" if text[-1] in ".!?" else "."
    return f"{text}{end} {', '.join(missing)}."


def is_other_dialect(prompt_id: str, wanted: str, *, figures: bool) -> bool:
    """Whether a caption was asked for as another one was, but with figures, or without them."""
    plain = bool(_VERSION.search(prompt_id))
    return plain is not figures and _VERSION.sub("", prompt_id) == _VERSION.sub("", wanted)


def asked_as(caption: Any) -> tuple[Any, ...]:
    """What has to be the same of two captions for them to be two dialects of one."""
    return caption.version, caption.backbone, caption.weights, caption.seed, caption.sampling
