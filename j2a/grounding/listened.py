"""Claims of what is listened for: the sound of the whole, voice, drums, instruments, styles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from j2a.features.record import Features, TagKind
from j2a.grounding.claim import Claim, Verdict, verdict_of
from j2a.grounding.denial import before, is_denied_from_afar, is_denied_in_a_part

# What is listened for, by the label of its tag. A guitar of any kind may be the electric one that was heard.
HEARD: tuple[tuple[str, TagKind, str], ...] = (
    ("voice", "voice", r"vocals?|vocalists?|vocali[sz]ations?"
                       r"|(?<!gave a )(?<!inner )(?<!upper )voices?(?! of the (?:fugue|canon))"
                       r"|sing(?:s|ers?|ing)?(?! bowls?)|sung|raps?|rapp(?:ers?|ing)"),
    ("drums", "percussion", r"(?<!steel )drums?(?:[ -](?:beats?|kits?|sets?|machines?|loops?|patterns?))?"
                            r"|drumm(?:ers?|ing)|percussion|cymbals?|hi-?hats?|snares?"),
    ("electric guitar", "instrument", r"(?:(?:electric|distorted|lead|rhythm) )?(?<!bass )(?<!acoustic )guitars?"),
    ("synthesizer", "instrument", r"synth(?:s|esi[sz]ers?)?"),
    ("flute", "instrument", r"(?<!magic )(?<!champagne )flutes?"),
    ("piano", "instrument", r"(?<!marked )pianos?(?! (?:street|bar|shop|store|stool|studios?))"),
    ("metal", "style", r"metal(?! (?:strings?|bars?|plates?|gates?|doors?|clubs?|objects?|pipes?|sheets?|bleachers"
                       r"|railings?|chairs?|fences?))"),
    ("rock", "style", r"(?:(?<!\ba )(?<!little )rock|rock(?= (?!is\b|was\b|that\b|in\b|on\b|falls\b)\w))"
                      r"(?![- ]solid| bottom| formations?| pools?)"),
    ("electronic", "style", r"electronic(?! (?:press|mail|devices?|voices?|doorbells?|alarms?|beeps?))|electronica"),
    ("dance", "style", r"dance(?: music| track)?"
                       r"(?! (?:films?|halls?|floors?|steps?|compan(?:y|ies)|part(?:y|ies)|tutorials?|in))|techno"),
    ("ambient", "style", r"ambient(?! (?:\w+ )?(?:noises?|sounds?|light))"),
)  # fmt: skip
_HEARD_WORD = re.compile(
    r"(?P<denied>\b(?:no|zero|without(?: any)?|minus(?: the)?|lack(?:s|ing)?|omits|free of|devoid of"
    r"|(?:absence|lack) of|(?:can't|cannot|won't) hear (?:any|a)|not a (?:single|hint of)) (?:(?!\w+s )\w+ )?)?\b(?:"
    + "|".join(f"(?P<t{place}>{words})" for place, (_, _, words) in enumerate(HEARD))
    + r"|(?P<instrumental>instrumental))\b",
    re.IGNORECASE,
)
# Words for the sound of the whole, by those of ``Sound.words``. A mood, a style ("soft rock", "dark ambient") or one
# instrument ("a bright piano") is not the whole.
SOUND_WORDS = {
    "dark": "dark", "bright": "bright", "sparse": "sparse", "dense": "dense", "busy": "dense", "soft": "soft",
    "quiet": "soft", "loud": "loud", "swelling": "swelling",
}  # fmt: skip
_SOUND_WORD = re.compile(rf"\b(?:{'|'.join(SOUND_WORDS)})\b", re.IGNORECASE)
_WHOLE = (
    r"(?:pieces?|tracks?|music|songs?|clips?|excerpts?|recordings?|sections?|passages?|mix|sound|sounding|textures?"
    r"|tunes?|arrangements?)"
)
_OF_THE_WHOLE = re.compile(
    r"(?! (?:rock|ambient|pop|metal|jazz)\b)"
    r"(?:(?:,? and |, | |-)(?!(?:with|of|in|on|by|an?|the|is|plays?)\b)[\w-]+){0,4}?"
    rf"[ -]{_WHOLE}\b",
    re.IGNORECASE,
)
_WHOLE_IS = re.compile(
    rf"\b(?:it|{_WHOLE}) (?:is|sounds|stays|remains) (?:(?:very|quite|rather|fairly) )?(?:[\w-]+(?:,? and |, ))*$",
    re.IGNORECASE,
)
_END_OF_LIST = re.compile(r"[.,;:!?]|$| (?:and|but|with|throughout)\b")
_OPPOSITE = {"dark": "bright", "bright": "dark", "sparse": "dense", "dense": "sparse", "soft": "loud", "loud": "soft",
             "swelling": "even"}


def listened_claims(text: str, features: Features) -> Iterator[Claim]:
    """Words for the whole sound; voices, drums, instruments and styles where somebody listened for them.

    What is denied right before it ("no drums") claims that there is none; what is denied from afar claims nothing.
    """
    yield from _sound(text, features)
    yield from _heard(text, features)


def _sound(text: str, features: Features) -> Iterator[Claim]:
    """Agreed where the sound stands out so, contradicted where it stands out by the opposite."""
    measured = features.sound.words if features.sound else []
    for match in _SOUND_WORD.finditer(text):
        said = before(_WHOLE_IS, text, match.start()) and _END_OF_LIST.match(text, match.end())
        if said or _OF_THE_WHOLE.match(text, match.end()):
            word = SOUND_WORDS[match[0].lower()]
            marked = word in measured or _OPPOSITE[word] in measured
            yield Claim("sound", match[0], *match.span(), verdict_of(marked, word in measured))


def _heard(text: str, features: Features) -> Iterator[Claim]:
    if features.tags is None:
        return
    present, absent = {tag.label for tag in features.tags}, set(features.absent)
    for match in _HEARD_WORD.finditer(text):
        group = match.lastgroup or ""
        denies = bool(match["denied"]) or group == "instrumental"
        if denies and is_denied_in_a_part(text, *match.span()):
            continue
        label, kind, _ = HEARD[0 if group == "instrumental" else int(group[1:])]
        if not denies and is_denied_from_afar(text, *match.span()):
            continue
        verdict: Verdict = "unmeasured"
        if label in present | absent:
            verdict = "agreed" if (label in present) != denies else "contradicted"
        yield Claim(kind, match[0], *match.span(), verdict)
