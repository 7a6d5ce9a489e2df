"""What a caption claims, beside what was measured or heard. Pure text and numbers; knows no screen.

To the claims of :mod:`j2a.grounding` come words for instruments, voices, styles and moods that nobody listens for:
they are unmeasured, and shown as that, so that nothing unchecked stands unmarked beside what is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from j2a.features.record import Features
from j2a.grounding import Claim, Verdict, claims
from j2a.grounding.denial import is_denied_before
from j2a.grounding.listened import SOUND_WORDS
from j2a.records import dataclass
from j2a_tui.display import chord_names, feature_text, sound_figure

ORDER: tuple[Verdict, ...] = ("contradicted", "agreed", "unmeasured")
_KINDS = {"percussion": "drums"}  # what people call it
# The labels of the tags by words that grounding finds them by.
_LABELS = (
    ("guitar", "electric guitar"), ("synth", "synthesizer"), ("flute", "flute"), ("piano", "piano"),
    ("metal", "metal"), ("rock", "rock"), ("electronic", "electronic"), ("dance", "dance"), ("techno", "dance"),
    ("ambient", "ambient"),
)  # fmt: skip
_NOT_LISTENED_FOR = {
    "instrument": r"(?:(?:acoustic|electric|bass|distorted|lead|rhythm) )?guitars?|bass(?:es| ?lines?)?|violins?"
                  r"|violas?|cellos?|strings?|brass|horns?|trumpets?|trombones?|saxophones?|sax|flutes?|clarinets?|oboes?"
                  r"|organs?|pianos?|keyboards?|synth(?:s|esi[sz]ers?)?|pads?|harps?|banjos?|mandolins?|ukuleles?"
                  r"|harmonicas?|accordions?|sitars?|bells?|marimbas?|xylophones?|vibraphones?|celestas?|music box",
    "drums": r"drums?|percussion|drum (?:kits?|machines?|beats?)|cymbals?|hi-?hats?|snares?|kick|claps?|tambourines?",
    "voice": r"vocals?|voices?|sing(?:s|ers?|ing)|choirs?|raps?|rapping|instrumental",
    "style": r"pop|jazz|blues|classical|folk|hip[ -]hop|country|funk|soul|disco|house|trance|punk|reggae|orchestral"
             r"|rock|metal|electronic|ambient|techno|dance|lo-?fi|chiptune|cinematic",
    "mood": r"calm|happy|sad|melanchol(?:y|ic)|energetic|upbeat|aggressive|dark|bright|dreamy|relax(?:ed|ing)|peaceful"
            r"|tense|epic|gentle|cheerful|uplifting|mellow|soothing|emotional|romantic|groovy|haunting|mysterious"
            r"|nostalgic|playful|intense|eerie|joyful|lively|driving|warm",
}  # fmt: skip
_WORDS = re.compile(
    r"(?<![\w-])(?:" + "|".join(f"(?P<{kind}>{words})" for kind, words in _NOT_LISTENED_FOR.items()) + r")(?![\w-])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """One claim, ``text[start:end]`` of a caption, and what it was held against."""

    kind: str
    text: str
    start: int
    end: int
    verdict: Verdict
    measured: str  # what was measured or heard; "" when nothing was


def checked(text: str, features: Features) -> list[Checked]:
    """Every claim of a caption, in order of appearance."""
    found = [
        Checked(_KINDS.get(claim.kind, claim.kind), claim.text, claim.start, claim.end, claim.verdict,
                _measured(claim, features))
        for claim in claims(text, features)
    ]
    taken = [(one.start, one.end) for one in found]
    for match in _WORDS.finditer(text):
        start, end = match.span()
        if not any(start < other_end and other_start < end for other_start, other_end in taken):
            said = f"no {match[0].lower()}" if is_denied_before(text, start) else match[0]
            found.append(Checked(match.lastgroup or "", said, start, end, "unmeasured", ""))
    return sorted(found, key=lambda one: one.start)


def table(found: Iterable[Checked]) -> list[Checked]:
    """One line for each different claim: those first that are contradicted, then those that are right.

    Chords of one verdict share a line.
    """
    different = {(one.text.casefold(), one.verdict): one for one in reversed(list(found))}
    lines = sorted(different.values(), key=lambda one: (ORDER.index(one.verdict), one.start))
    together: list[Checked] = []
    for one in lines:
        same = next((at for at, other in enumerate(together)
                     if one.kind == "chord" == other.kind and other.verdict == one.verdict), None)
        if same is None:
            together.append(one)
        else:
            together[same] = replace(together[same], text=f"{together[same].text} {one.text}")
    return together


def contradicted(text: str, features: Features) -> list[Checked]:
    """The different claims that the measurement contradicts."""
    if not text.strip():
        return []
    return [one for one in table(checked(text, features)) if one.verdict == "contradicted"]


def disagree(texts: Iterable[str]) -> bool:
    """Whether captions of one window claim different tempi in BPM, keys or meters."""
    claimed: list[dict[str, set[str]]] = []
    for text in texts:
        facts: dict[str, set[str]] = {}
        for claim in claims(text, Features()):
            if claim.kind in ("key", "meter") or (claim.kind == "tempo" and any(map(str.isdigit, claim.text))):
                facts.setdefault(claim.kind, set()).add(claim.text.casefold())
        claimed.append(facts)
    return any(
        kind in other and not values & other[kind]
        for one, other in combinations(claimed, 2) for kind, values in one.items()
    )


def _measured(claim: Claim, features: Features) -> str:
    match claim.kind:
        case "tempo":
            return feature_text("bpm", features)
        case "key" | "meter":
            return feature_text(claim.kind, features)
        case "sound":
            return sound_figure(SOUND_WORDS[claim.text.lower()], features.sound)
        case "chord":
            return " ".join(dict.fromkeys(chord_names(features)))
    label = _label(claim)
    for tag in features.tags or ():
        if tag.label == label:
            return f"{label} heard ({tag.score:.0%})"
    return f"no {label} heard" if label in features.absent else ""


def _label(claim: Claim) -> str:
    if claim.kind in ("voice", "percussion"):
        return "drums" if claim.kind == "percussion" else "voice"
    word = claim.text.casefold()
    return next((label for part, label in _LABELS if part in word), word)
