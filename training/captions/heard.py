"""Captions of what is heard: instruments, drums, tempo, energy. True, in many wordings, of two to four sentences.

``write_heard(said, instruction, rng)`` says every fact in ``said`` and no other. ``said`` is a part of ``Row.facts``
(see :mod:`training.captions.facts`): what is left out of it, because nobody is sure of it, is left out of the
caption. The instruments in it are not meant to be all that play, unless ``solo`` says so.
"""

from __future__ import annotations

import random
from typing import Any

from j2a.models.heard import FAMILIES, NOTHING_HEARD, Heard
from training.captions.facts import named_bpm
from training.captions.wording import (
    INSTRUMENT_NAMES,
    NO_DRUMS,
    NOUNS,
    capital,
    in_words,
    sentence,
    verbs,
    with_article,
)

Rng = random.Random

# The instructions that the captions of a clip in a corpus answer.
ASKED = ("describe", "describe", "detailed", "short", "tags")

# How an instrument is named in the two ways of listing them, in the order of every list, so that a reader of soft
# tokens decides on one instrument after the other.
_NAMES = {family: INSTRUMENT_NAMES["synthesizer" if family == "synth" else family] for family in FAMILIES}
_TEMPO = {"slow": ("slow",), "moderate": ("mid-tempo", "moderately paced"), "fast": ("fast", "fast-paced")}
_TEMPO_SENTENCES = ("The tempo is {}.", "The pace is {}.", "Its tempo is {}.")
_FIGURES = ("about", "about", "around")  # BPM
_ENERGY = {"calm": ("calm",), "moderate": (), "energetic": ("energetic", "lively")}
_ENERGY_SENTENCES = {
    "calm": ("The mood is calm.", "It feels calm.", "The music is calm throughout."),
    "moderate": (),
    "energetic": ("The mood is energetic.", "It feels energetic.", "The music is full of energy."),
}
_DRUMS = ("Drums keep the beat.", "Drums carry the rhythm.", "A drum beat drives it.", "There is a drum beat.",
          "Drums mark the beat throughout.", "The drums play along.")  # fmt: skip
_METER_SENTENCES = {
    "3/4": ("It is in 3/4 time.", "It has three beats to the bar."),
    "6/8": ("It moves in 6/8 time.", "It is in 6/8 time."),
    "4/4": ("It is in 4/4 time.", "It has four beats to the bar."),
}
NOTHING = ("A recording of music.", "A piece of music.")


def write_heard(said: dict[str, Any], instruction: str, rng: Rng) -> str:
    """A caption for the instruction "describe", "short", "detailed" or "tags"; the same for the same ``rng``."""
    if instruction == "tags":
        return _tags(said, rng)
    if instruction == "short":
        return _short(said, rng)
    later = {}
    if instruction == "detailed":  # each fact once: what the opening leaves has a sentence of its own
        names = rng.choice((("tempo", "bpm", "meter"), ("energy", "meter"), ("tempo", "bpm", "energy", "meter")))
        later = {name: said[name] for name in names if name in said}
    sentences = [_opening({name: value for name, value in said.items() if name not in later}, rng)]
    sentences += [_instruments_sentence(said, rng), _drums_sentence(said, rng)]
    sentences += [_tempo_sentence(later, rng), _meter_sentence(later, rng), _energy_sentence(later, rng)]
    return " ".join(one for one in sentences if one) or rng.choice(NOTHING)


def heard_text(said: dict[str, Any]) -> str:
    """The facts as lines of a prompt, for a language model that reads them in place of soft tokens."""
    lines = []
    if said.get("instruments"):
        lines.append(f"Instruments: {', '.join(_bare(name) for name in said['instruments'])}")
        if said.get("distortion"):
            lines.append("Guitar: distorted")
        if said.get("solo"):
            lines.append("Solo: yes")
    if "drums" in said:
        lines.append(f"Drums: {'yes' if said['drums'] else 'no'}")
    if "tempo" in said:
        lines.append(f"Tempo: {said['tempo']}")
    if "bpm" in said:
        lines.append(f"BPM: {said['bpm']:.0f}")
    if "meter" in said:
        lines.append(f"Meter: {said['meter']}")
    if "energy" in said:
        lines.append(f"Energy: {said['energy']}")
    return "\n".join(lines)


def as_heard(said: dict[str, Any]) -> Heard:
    """What is sure of ``said``, as J2A-3.0's prompt takes it."""
    return Heard(
        tuple(said.get("instruments", ())), bool(said.get("distortion")), said.get("drums"),
        said["energy"] if said.get("energy") in ("calm", "energetic") else None, said.get("bpm"),
    )  # fmt: skip


def heard_of(facts: dict[str, Any]) -> Heard:
    """The same as ``j2a-train sure`` keeps it in a row; nothing where it does not."""
    known = facts.get("heard")
    return Heard(**{**known, "instruments": tuple(known["instruments"])}) if known else NOTHING_HEARD


def _opening(said: dict[str, Any], rng: Rng) -> str:
    """Tempo and energy as adjectives, then the figures; a lone instrument is named at once."""
    tempo = rng.choice(_TEMPO[said["tempo"]]) if "tempo" in said else ""
    energies = _ENERGY.get(said.get("energy", ""), ())
    energy = rng.choice(energies) if energies else ""
    words = [word for word in ((energy, tempo) if rng.random() < 0.7 else (tempo, energy)) if word]
    noun = rng.choice(NOUNS)
    if said.get("solo") and said.get("instruments"):
        noun = f"{rng.choice(NOUNS)} for solo {_bare(said['instruments'][0])}"
    elif not words and not said.keys() & {"bpm", "meter"}:
        return ""
    what = with_article(f"{', '.join(words)} {noun}" if words else noun)
    if "bpm" in said:
        what += f" at {_figure(said, rng)}"
    if "meter" in said:
        what += f" in {said['meter']}{rng.choice(('', ' time'))}"
    return sentence(rng.choice((what, f"This is {what[0].lower()}{what[1:]}")))


def _instruments_sentence(said: dict[str, Any], rng: Rng) -> str:
    if not said.get("instruments") or said.get("solo"):
        return ""
    names = _listed(said, rng)
    listed = in_words(names)
    are, play, carry = verbs(names)
    return sentence(rng.choice((
        f"It features {listed}", f"{capital(listed)} {are} heard", f"{capital(listed)} {play}",
        f"The instruments include {listed}", f"{capital(listed)} {carry} the music",
    )))  # fmt: skip


def _drums_sentence(said: dict[str, Any], rng: Rng) -> str:
    return rng.choice(_DRUMS if said["drums"] else NO_DRUMS) if "drums" in said else ""


def _figure(said: dict[str, Any], rng: Rng) -> str:
    return f"{rng.choice(_FIGURES)} {named_bpm(said['bpm'])} BPM"


def _tempo_sentence(said: dict[str, Any], rng: Rng) -> str:
    told = [said["tempo"]] if "tempo" in said else []
    if "bpm" in said:
        told.append(_figure(said, rng))
    return rng.choice(_TEMPO_SENTENCES).format(", ".join(told)) if told else ""


def _meter_sentence(said: dict[str, Any], rng: Rng) -> str:
    return rng.choice(_METER_SENTENCES[said["meter"]]) if "meter" in said else ""


def _energy_sentence(said: dict[str, Any], rng: Rng) -> str:
    choices = _ENERGY_SENTENCES.get(said.get("energy", ""), ())
    return rng.choice(choices) if choices else ""


def _short(said: dict[str, Any], rng: Rng) -> str:
    tempo = rng.choice(_TEMPO[said["tempo"]]) if "tempo" in said else ""
    energies = _ENERGY.get(said.get("energy", ""), ())
    energy = rng.choice(energies) if energies else ""
    noun = rng.choice(NOUNS)
    what = with_article(" ".join([", ".join(word for word in (energy, tempo) if word), noun]).strip())
    played = [] if not said.get("instruments") else _listed(said, rng)
    figure = f" at {_figure(said, rng)}" if "bpm" in said else ""
    if said.get("solo") and played:
        return sentence(f"{what} for solo {_bare(said['instruments'][0])}{figure}")
    what += figure
    if said.get("drums"):
        played.append("drums")
    ending = f" with {in_words(played)}" if played else ""
    if said.get("drums") is False:
        ending += rng.choice((", without drums", " and no drums")) if played else " without drums"
    return sentence(what + ending)


def _tags(said: dict[str, Any], rng: Rng) -> str:
    tags = [_bare(name) for name in _ordered(said)]
    if said.get("distortion") and "guitar" in tags:
        tags[tags.index("guitar")] = "distorted guitar"
    if "drums" in said:
        tags.append("drums" if said["drums"] else "no drums")
    if "tempo" in said:
        tags.append(f"{said['tempo']} tempo")
    if "bpm" in said:
        tags.append(f"{named_bpm(said['bpm'])} BPM")
    if _ENERGY.get(said.get("energy", "")):
        tags.append(said["energy"])
    if "meter" in said:
        tags.append(said["meter"])
    return ", ".join(tags) or "music"


def _listed(said: dict[str, Any], rng: Rng) -> list[str]:
    """The instruments in their order, all with articles or all without."""
    way = rng.randrange(2)
    names = [_NAMES[name][way] for name in _ordered(said)]
    return [name.replace("guitar", "distorted guitar") for name in names] if said.get("distortion") else names


def _ordered(said: dict[str, Any]) -> list[str]:
    return [name for name in _NAMES if name in said.get("instruments", ())]


def _bare(name: str) -> str:
    return _NAMES[name][0]
