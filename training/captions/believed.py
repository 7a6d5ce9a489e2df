"""Our own caption grammar: true, fluent captions of what stands in a prompt of J2A-1.0 and 3.0, and of nothing else.

``write_caption(features, instruction, rng)`` says what ``j2a.models.facts`` writes into the prompt, in many wordings,
in the order of a listener: style and character, voice, instruments, rhythm, harmony. The built-in J2A-LLM learns from
prompt and caption pairs made here.
"""

from __future__ import annotations

import random

from j2a.features.record import Features
from j2a.models.facts import ALONE, NONE, facts
from j2a.models.heard import NOTHING_HEARD, Heard
from training.captions.measured import (
    Known,
    harmonic_rhythm_sentence,
    harmony_sentences,
    key_phrase,
    measured_tags,
    pulse_sentence,
    rhythm_phrase,
    rhythm_sentence,
    tempo_of,
)
from training.captions.wording import (
    INSTRUMENT_NAMES,
    NO_DRUMS,
    NO_DRUMS_NO_BASS,
    NOTHING,
    NOUNS,
    TEMPO_ADJECTIVES,
    alone,
    capital,
    in_words,
    sentence,
    verbs,
    with_article,
)

Rng = random.Random
_FEW_ADJECTIVES = 2  # before a noun
_VOICE = ("A voice is heard.", "There are vocals.", "It has vocals.", "A voice can be heard.")
_NO_VOICE = ("There are no vocals.", "It has no vocals.", "No vocals are heard.", "It is instrumental.")
_NEITHER = ("There are no vocals and no drums.", "It has no vocals and no drums.", "It is instrumental, without drums.",
            "No vocals and no drums are heard.")  # fmt: skip
_NONE_OF_THREE = ("There are no vocals, no drums and no bass.", "It has no vocals, no drums and no bass.",
                  "It is instrumental, without drums or bass.")  # fmt: skip
_DRUMS = ("Drums keep the beat.", "Drums carry the rhythm.", "A drum beat drives it.", "There is a drum beat.",
          "Drums mark the beat.", "The drums play along.")  # fmt: skip
# A detailed caption takes its time: a sentence for each.
_LONG_VOICE = ("A voice can be heard in this recording.", "There are vocals in this recording.",
               "In this recording one hears a voice.")  # fmt: skip
_LONG_NO_VOICE = ("There are no vocals in this recording.", "No vocals are heard at any point in it.",
                  "The recording is instrumental, with no vocals.")  # fmt: skip
_LONG_DRUMS = ("The beat is carried by drums throughout.", "Drums can be heard marking the beat.",
               "There is a drum beat that drives it along.", "A drum beat runs along underneath.")  # fmt: skip
_LONG_NO_DRUMS = ("There are no drums in this recording.", "No drums are heard at any point in it.",
                  "The music does without any drum beat.")  # fmt: skip
_LONG_PLAYERS = ("The instruments that can be heard include {}", "Among the instruments one hears {}",
                 "The music is played on instruments that include {}")  # fmt: skip
_LONG_NO_DRUMS_NO_BASS = ("There are no drums and no bass in this recording.",
                          "No drums and no bass are heard at any point in it.",
                          "The music does without drums or bass.")  # fmt: skip
_LONG_ALONE = ("What can be heard is {}", "The music is played by {}", "Throughout the recording one hears {}")

_NO_BASS_TOO = "none, and no bass"
_WITHOUT = {NONE: (NO_DRUMS, _LONG_NO_DRUMS), _NO_BASS_TOO: (NO_DRUMS_NO_BASS, _LONG_NO_DRUMS_NO_BASS)}


def write_caption(
    features: Features, instruction: str, rng: Rng, heard: Heard = NOTHING_HEARD, *, figures: bool = True
) -> str:
    """A caption for an instruction named in ``j2a.models.prompts``; deterministic for a given ``rng``."""
    return write_facts(facts(features, heard, figures=figures), instruction, rng)


def write_facts(known: Known, instruction: str, rng: Rng) -> str:
    """The same of facts that are written out already."""
    if not known:
        return rng.choice(NOTHING)
    if instruction == "tags":
        return ", ".join(_tags(known))
    if instruction == "short":
        return _short(known, rng)
    detailed = instruction == "detailed"
    opening, told = _opening(known, rng, detailed=detailed)
    left = {title: value for title, value in known.items() if title not in told}
    ensemble = _ensemble_one_by_one(left, rng) if detailed else _ensemble(left, rng)
    rhythm = rhythm_sentence(left, rng, pace_said="pace" in told, pulse=not detailed)
    harmony = harmony_sentences(left, rng, joined=not detailed and rng.random() < 0.6)
    pulse = pulse_sentence(left, rng) if detailed else ""
    sentences = [opening, *ensemble, rhythm, pulse, *harmony, harmonic_rhythm_sentence(left, rng)]
    return " ".join(one for one in sentences if one)


def _tags(known: Known) -> list[str]:
    tags = [*_list(known, "Style"), *_list(known, "Character")]
    if "Voice" in known:
        tags.append("instrumental" if known["Voice"] == NONE else "vocals")
    tags += [alone(_alone(known))[0]] if _alone(known) else _list(known, "Instruments")
    if "Drums" in known:
        tags.append("no drums" if known["Drums"] == NONE else "drums")
    if "Bass" in known:
        tags.append("no bass")
    return tags + measured_tags(known) or ["music"]


def _short(known: Known, rng: Rng) -> str:
    """One sentence."""
    adjectives, pace_said = _adjectives(known, rng, 1, pace=0.5)
    voiceless = known.get("Voice") == NONE
    what = with_article(_noun(known, adjectives, rng, instrumental=voiceless))
    players = [*(["vocals"] if "Voice" in known and not voiceless else []), *_listed(known, rng)]
    if known.get("Drums") == "yes":
        players.append("drums")
    if players:
        what += f" with {in_words(players)}"
    if known.get("Drums") == NONE:
        what += f"{',' if players else ''} without drums{' or bass' if 'Bass' in known else ''}"
    rhythm = rhythm_phrase(known, rng, pace_said=pace_said)
    key = key_phrase(known, rng) or (f"in a {known['Mode']} key" if "Mode" in known else "")
    ending = ", ".join(part for part in ((rhythm, key) if rng.random() < 0.6 else (key, rhythm)) if part)
    return sentence(f"{what}{',' if ending and (players or 'Drums' in known) else ''} {ending}")


def _opening(known: Known, rng: Rng, *, detailed: bool) -> tuple[str, set[str]]:
    """The sentence that says what it is, and the titles of what is told by it; "pace" for the word of the tempo."""
    told = {"Style", "Character"}
    characters = _list(known, "Character")
    adjectives, pace_said = _adjectives(known, rng, _FEW_ADJECTIVES, pace=0.3)
    if detailed:
        adjectives, pace_said = characters[:_FEW_ADJECTIVES], False
    told |= {"pace"} if pace_said else set()
    instrumental = known.get("Voice") == NONE and not detailed and rng.random() < 0.4
    told |= {"Voice"} if instrumental else set()
    if not adjectives and "Style" not in known and not instrumental:
        return "", set()
    noun = _noun(known, adjectives, rng, instrumental=instrumental)
    this = f"This {_noun(known, [], rng, instrumental=instrumental)}"
    what = with_article(noun)
    forms = [what, what, f"{rng.choice(('This is', 'Here is', 'What plays is'))} {what[0].lower()}{what[1:]}"]
    if adjectives:
        forms.append(f"{this} is {in_words(adjectives)}")
    opening = rng.choice(forms)
    told_words = sum(word in characters for word in adjectives)  # the first ones; the pace is none of them
    rest = characters[told_words:]
    if not detailed and "Instruments" in known and rng.random() < 0.35:
        players = _listed(known, rng)
        told.add("Instruments")
        if known.get("Drums") == "yes":
            players.append("drums")
            told.add("Drums")
        link = ", with " if opening.startswith(this) else " with "
        opening += link + in_words(players)
    text = sentence(opening)
    if rest:
        text += " " + sentence(f"{rng.choice(('It is also', 'The sound is also', 'It sounds'))} {in_words(rest)}")
    return text, told


def _adjectives(known: Known, rng: Rng, count: int, pace: float) -> tuple[list[str], bool]:
    """Words before the noun, and whether the pace is among them."""
    words = _list(known, "Character")[:count]
    _, word = tempo_of(known)
    if word and len(words) < count + 1 and rng.random() < (pace if words else 2 * pace):
        return [*words, rng.choice(TEMPO_ADJECTIVES[word])], True
    return words, False


def _noun(known: Known, adjectives: list[str], rng: Rng, *, instrumental: bool) -> str:
    """ "loud, dense metal track"."""
    before = [", ".join(adjectives), " ".join(_list(known, "Style")), "instrumental" if instrumental else ""]
    return " ".join([*(part for part in before if part), rng.choice(NOUNS)])


def _ensemble(known: Known, rng: Rng) -> list[str]:
    """Voice, instruments and drums, together where that reads well."""
    players = _listed(known, rng)
    voice, drums = known.get("Voice"), _drums(known)
    if drums == "yes" and players and rng.random() < 0.5:
        players, drums = [*players, "drums"], None
    if voice == NONE and drums in _WITHOUT and rng.random() < 0.6:
        return [_players_sentence(players, rng), rng.choice(_NONE_OF_THREE if drums == _NO_BASS_TOO else _NEITHER)]
    if voice == "yes" and players and rng.random() < 0.6:
        listed = in_words(players)
        form = rng.choice(("A voice is heard over {}", "There are vocals, with {}", "Vocals are joined by {}"))
        return [sentence(form.format(listed)), _drums_sentence(drums, rng)]
    return [_voice_sentence(voice, rng), _players_sentence(players, rng), _drums_sentence(drums, rng)]


def _ensemble_one_by_one(known: Known, rng: Rng) -> list[str]:
    """A sentence each."""
    voice, drums, players = known.get("Voice"), _drums(known), in_words(_listed(known, rng) or [""])
    return [
        rng.choice(_LONG_NO_VOICE if voice == NONE else _LONG_VOICE) if voice else "",
        sentence(rng.choice(_LONG_ALONE if _alone(known) else _LONG_PLAYERS).format(players)) if players else "",
        rng.choice(_WITHOUT[drums][1] if drums in _WITHOUT else _LONG_DRUMS) if drums else "",
    ]


def _drums(known: Known) -> str | None:
    """The fact about drums, with that about the bass."""
    return _NO_BASS_TOO if "Bass" in known else known.get("Drums")


def _voice_sentence(voice: str | None, rng: Rng) -> str:
    return rng.choice(_NO_VOICE if voice == NONE else _VOICE) if voice else ""


def _drums_sentence(drums: str | None, rng: Rng) -> str:
    return rng.choice(_WITHOUT[drums][0] if drums in _WITHOUT else _DRUMS) if drums else ""


def _players_sentence(names: list[str], rng: Rng) -> str:
    if not names:
        return ""
    listed = in_words(names)
    are, play, carry = verbs(names)
    forms = [
        f"It features {listed}", f"{capital(listed)} {are} heard", f"{capital(listed)} {play}",
        f"{capital(listed)} {carry} the music", f"One hears {listed}",
    ]  # fmt: skip
    if not {"solo", "unaccompanied"} & set(listed.split()):
        forms.append(f"The instruments include {listed}")
    return sentence(rng.choice(forms))


def _listed(known: Known, rng: Rng) -> list[str]:
    """The instruments in their order, all with articles or all without."""
    way = rng.randrange(2)
    if _alone(known):
        return [alone(_alone(known))[way]]
    return [INSTRUMENT_NAMES[name][way] for name in _list(known, "Instruments")]


def _alone(known: Known) -> str:
    """The one instrument that plays by itself, or ""."""
    players = known.get("Instruments", "")
    return players.removesuffix(ALONE) if players.endswith(ALONE) else ""


def _list(known: Known, title: str) -> list[str]:
    return known[title].split(", ") if title in known else []
