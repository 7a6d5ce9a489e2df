"""What a caption says about what is heard: instruments, drums, vocals, tempo and energy in words.

Pure text. Statements about figures, keys, meters and chords are found by :mod:`j2a.grounding`. The families are those
of :mod:`training.captions.facts`; a word that belongs to none of them, or to several ("keyboard", "horn" is brass, an
English horn is not), is read as people mean it, or not at all.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple


class Statement(NamedTuple):
    """One thing that a caption says. ``negated``: that it is not so."""

    kind: str  # "instrument", "drums", "vocals", "tempo", "energy", "distortion", "solo"
    value: str  # a family, a class, "none" of a tempo, or "yes"
    negated: bool = False


KINDS = ("instrument", "drums", "vocals", "tempo", "energy", "distortion", "solo")

# Tried in this order at every place, so that "bass drum" is a drum and "guitar strings" are a guitar.
_WORDS: tuple[tuple[str, str, str], ...] = (
    ("", "", r"steel[ -]?drums?|string machine|harpsichords?|mouth organs?|singing bowls?"
             r"|slow (?:attack|decay|build(?:-?up)?)"
             # The pace of the chords is not that of the beat.
             r"|(?:chords?|harmon(?:y|ies)) (?:chang|mov|shift|progress)\w* (?:\w+ )?(?:slow|quick|rapid|fast)(?:ly)?"
             r"|(?:slow|quick|rapid|fast)(?:ly)?(?:[ -](?:chang|mov)ing)? (?:chords?|harmon(?:y|ies|ic))"),
    ("drums", "yes", r"(?:bass|kick|snare)[ -]drums?|drum(?:s|mer|ming|[ -](?:beat|kit|set|machine|loop|pattern)s?)?"
                     r"|percussion|percussive beat|hi-?hats?|cymbals?|snares?|tom-?toms?|kick"),
    ("distortion", "yes", r"distort(?:ed|ion)|overdriven?"),
    ("solo", "yes", r"solo(?= (?:\w+ )?(?:pianos?|organs?|guitars?|bass|strings?|violins?|cellos?|harps?|choirs?|brass"
                    r"|trumpets?|flutes?|clarinets?|woodwinds?|sax\w*|synth\w*|mallets?|marimbas?|vibraphones?"
                    r"|instruments?|performance))|unaccompanied"),
    ("vocals", "no", r"instrumental(?: (?:music|piece|track|recording|passage|song))?"),
    ("vocals", "yes", r"vocals?|vocalists?|vocali[sz]ations?|voices?|sing(?:s|er|ers|ing)?|sung|rap(?:s|per|pers|ping)?"
                      r"|lyrics?"),
    ("instrument", "guitar", r"(?:nylon|steel)[ -]strings?(?: guitars?)?|(?:guitar|plucked guitar) strings"
                             r"|(?<!bass )guitars?|guitarists?"),
    ("instrument", "synth", r"(?:synth|synthesi[sz]ed) (?:strings?|brass|choirs?|pads?|leads?)"
                            r"|synth(?:s|esi[sz]ers?)?(?! bass)"),
    ("instrument", "bass", r"(?:(?:synth|double|upright|electric|acoustic|string)[ -])?"
                           r"bass(?:es|[ -]?lines?| guitars?)?"
                           r"(?! (?:drum|voice|vocal|singer|clarinet|flute|recorder|sax|trombone|trumpet|tuba))"
                           r"|contrabass"),
    ("instrument", "piano", r"(?:electric )?pianos?|pianists?|rhodes"),
    ("instrument", "mallets", r"mallets?(?: instruments?)?|vibraphones?|vibes|marimbas?|glockenspiels?|xylophones?"
                              r"|celestas?|music box(?:es)?|bells"),
    ("instrument", "woodwinds", r"english horns?|cor anglais|woodwinds?|flutes?|clarinets?|oboes?|sax(?:es|ophones?)?"
                                r"|recorders?|bassoons?|piccolos?|pan ?pipes?"),
    ("instrument", "organ", r"organs?|organists?"),
    ("instrument", "strings", r"strings?(?: (?:quartets?|sections?|ensembles?|orchestras?|instruments?))?|violins?"
                              r"|violas?|cellos?|fiddles?|violinists?|cellists?"),
    ("instrument", "harp", r"harps?|harpists?"),
    ("instrument", "choir", r"choirs?|choral|choruses of voices"),
    ("instrument", "brass", r"brass|trumpets?|trombones?|(?:french )?horns?|tubas?|trumpeters?"),
    ("tempo", "slow", r"slow(?:ly|-paced|-moving|-tempo)?|down-?tempo|unhurried"),
    ("tempo", "moderate", r"mid-?tempo|moderately[ -](?:paced|fast|slow)|moderate(?=(?: in)? (?:tempo|pace|speed))"
                          r"|(?<=tempo is )moderate|(?<=pace is )moderate|medium[ -](?:paced?|tempo)"),
    ("tempo", "fast", r"fast(?:-paced|-moving|er)?|quick(?:ly|-paced)?|brisk(?:ly)?|up-?tempo|rapid(?:ly)?"),
    ("energy", "calm", r"calm(?:ly|ing)?|gentle|gently|peaceful|tranquil|relax(?:ed|ing)"),
    ("energy", "energetic", r"energetic|lively|full of energy|high[ -]energy|vigorous"),
)  # fmt: skip
_ANY = re.compile(
    r"(?<![\w-])(?:" + "|".join(f"(?P<w{i}>{words})" for i, (_, _, words) in enumerate(_WORDS)) + r")(?!\w)",
    re.IGNORECASE,
)
_DRUMLESS = re.compile(r"\bdrumless\b|\bbeatless\b", re.IGNORECASE)
_PULSELESS = re.compile(
    r"\b(?:no|without(?: an?| any)?|lacks an?|not have an?) (?:steady|clear|regular|fixed) (?:beat|pulse|tempo)\b"
    r"(?![^.]* measured)",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:no|not|cannot|without|neither|never|(?:hardly|barely|scarcely) any|lack(?:s|ing)?|free of|far from|devoid of"
    r"|absence of|instead of|rather than)\b|n't\b",
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(
    r"\s*(?:(?:is|are|was|were|do|does|can|could)\s*)?(?:not\b|n't\b|never\b|absent\b|missing\b|silent\b|left out\b)"
    r"|-(?:free|less)\b",
    re.IGNORECASE,
)
# Where a "no" no longer reaches.
_BOUNDARY = re.compile(r"[.;:!?()]|\bbut\b|\bwith\b|\bonly\b|,\s*(?:an?|the|it|and|while|just)\b|\band (?:an?|the|it)\b"
                       r"|(?P<verb>\b(?:is|are|plays?|carr(?:y|ies)|keeps?|drives?)\b)", re.IGNORECASE)  # fmt: skip
_SUNG = re.compile(r"\b(?:vocal\w*|sing(?:s|er|ers|ing)?|sung|lyrics?|rap(?:s|per|pers|ping)?)\b", re.IGNORECASE)
_LIST = re.compile(r"\s*(?:,|,?\s*\b(?:or|nor|and)\b)\s*(?:(?:any|the|an?)\s+)?", re.IGNORECASE)


def heard_statements(caption: str) -> set[Statement]:
    """Every statement of a caption, each once."""
    found = set(_statements(caption))
    if _DRUMLESS.search(caption):
        found.add(Statement("drums", "yes", True))
    if _PULSELESS.search(caption):
        found.add(Statement("tempo", "none"))
    # "A choir of voices" and "choral voices" sing nothing that a listener would call vocals.
    if Statement("instrument", "choir") in found and not _SUNG.search(caption):
        found.discard(Statement("vocals", "yes"))
    return found


def _statements(caption: str) -> Iterator[Statement]:
    matches = list(_ANY.finditer(caption))
    negated = _negated(caption, matches)
    for index, match in enumerate(matches):
        assert match.lastgroup is not None
        kind, value, _ = _WORDS[int(match.lastgroup[1:])]
        if kind and value == "no":
            yield Statement(kind, "yes", True)
        elif kind:
            yield Statement(kind, value, negated[index])


def _negated(caption: str, matches: list[re.Match[str]]) -> list[bool]:
    """Whether each match is denied: by a word before it, alone or in a list, or by one behind it."""
    denied = [bool(_NOT_AFTER.match(caption, match.end())) for match in matches]
    for word in _NOT.finditer(caption):
        end = _BOUNDARY.search(caption, word.end())
        reach = end.start() if end else len(caption)
        inside = [i for i, match in enumerate(matches) if word.end() <= match.start() < reach]
        if not inside:
            continue
        denied[inside[0]] = True
        # A list goes on as long as nothing but a comma, "or", "nor" or "and" stands between; with commas it needs an
        # "or" at its end, for "no drums, piano and bass" denies the drums alone.
        run = [inside[0]]
        for one, other in itertools.pairwise(inside):
            if not _LIST.fullmatch(caption, matches[one].end(), matches[other].start()):
                break
            run.append(other)
        between = caption[matches[run[0]].end() : matches[run[-1]].start()]
        new_clause = end is not None and end["verb"] is not None  # "no drums and strings carry it" has strings
        if re.search(r"\b(?:or|nor)\b", between, re.IGNORECASE) or ("," not in between and not new_clause):
            for index in run:
                denied[index] = True
    return denied
