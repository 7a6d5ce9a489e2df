"""Sentences about rhythm and harmony: true, fluent, in many wordings, of the facts in a prompt and no other.

``known`` is what ``j2a.models.facts.facts`` gives: title -> wording. Every function gives "" where there is nothing
to say.
"""

from __future__ import annotations

import random

from j2a.models.facts import NO_BEAT
from training.captions.wording import (
    HARMONY,
    METERS,
    TEMPO_ADJECTIVES,
    TEMPO_NOUNS,
    capital,
    in_words,
    sentence,
    through,
    with_article,
)

Rng = random.Random
Known = dict[str, str]
_NO_BEAT = ("There is no steady beat.", "No steady beat was found.", "It floats without a steady beat.",
            "There is no steady pulse.")  # fmt: skip
_PULSES = {
    "steady": ("The pulse stays steady throughout.", "The beat is steady.", "The beat holds steady."),
    "flexible": ("The pulse is flexible.", "The beat speeds up and slows down.", "The tempo is not strict."),
}
_MODES = ("It is in a {} key.", "The key is {}.", "The music stays in a {} key.", "Its harmony is {}.")


def tempo_of(known: Known) -> tuple[str, str]:
    """(figure, word) of the tempo, "" for what is not known; both for no beat at all."""
    told = known.get("Tempo", "")
    if told == NO_BEAT:
        return "", ""
    figure, has_figure, word = told.partition(" BPM")
    return (figure, word.removeprefix(", ")) if has_figure else ("", figure)


def rhythm_sentence(known: Known, rng: Rng, *, pace_said: bool = False, pulse: bool = True) -> str:
    """Tempo, pulse and meter in one sentence. ``pace_said``: "fast" stands in the caption already."""
    if known.get("Tempo") == NO_BEAT:
        return rng.choice(_NO_BEAT)
    figure, word = tempo_of(known)
    word = "" if pace_said else word
    meter = rng.choice(METERS[known["Meter"]]) if known.get("Meter") in METERS else ""
    steady = f"{known['Pulse']} " if pulse and known.get("Pulse") else ""
    if figure:
        return sentence(rng.choice(_with_figure(_about(figure, rng), word, steady, meter, rng)))
    if word:
        return sentence(rng.choice(_with_word(word, steady, meter, rng)))
    if meter:
        forms = [f"It is {meter}", f"The music is {meter}"]
        return sentence(rng.choice([f"It keeps {with_article(f'{steady}pulse').lower()} {meter}"] if steady else forms))
    return sentence(f"It keeps {with_article(f'{steady}pulse').lower()}") if steady else ""


def _with_figure(about: str, word: str, steady: str, meter: str, rng: Rng) -> list[str]:
    meter_after, meter_before = (f", {meter}", f"{capital(meter)}, ") if meter else ("", "")
    meter = f" {meter}" if meter else ""
    pulse = with_article(f"{steady}{rng.choice(('pulse', 'beat'))}").lower()
    if not word:
        return [
            f"The tempo is {about}{meter_after}", f"It moves at {about}{meter}", f"It keeps {pulse} of {about}{meter}",
            f"At {about}, it keeps {pulse}{meter}", f"{meter_before or 'Here '}it runs at {about}",
        ]  # fmt: skip
    adjective, pace = rng.choice(TEMPO_ADJECTIVES[word]), rng.choice(TEMPO_NOUNS[word])
    paced = with_article(f"{steady}{adjective} pulse").lower()
    forms = [
        f"It moves at {pace} of {about}{meter_after}", f"The music runs at {about}, {pace}{meter_after}",
        f"It keeps {paced} of {about}{meter_after}", f"At {about}{meter_after}, it keeps {pace}",
        f"The tempo is {word}, {about}{meter_after}",
    ]  # fmt: skip
    return [*forms, f"{meter_before}it keeps {pulse} at {about}, {pace}"] if meter_before else forms


def _with_word(word: str, steady: str, meter: str, rng: Rng) -> list[str]:
    meter_after = f", {meter}" if meter else ""
    adjective, pace = rng.choice(TEMPO_ADJECTIVES[word]), rng.choice(TEMPO_NOUNS[word])
    paced = with_article(f"{steady}{adjective} pulse").lower()
    forms = [f"It keeps {paced}{meter_after}"]
    if steady:
        return forms
    plain = (f"It moves at {pace}", f"The tempo is {word}", f"It keeps {pace}")
    return [*forms, *(f"{form}{meter_after}" for form in plain)]


def pulse_sentence(known: Known, rng: Rng) -> str:
    """For a detailed caption."""
    return rng.choice(_PULSES[known["Pulse"]]) if known.get("Pulse") in _PULSES else ""


def harmonic_rhythm_sentence(known: Known, rng: Rng) -> str:
    """For a detailed caption."""
    return rng.choice(HARMONY[known["Harmony"]]) if "Harmony" in known else ""


def harmony_sentences(known: Known, rng: Rng, *, joined: bool) -> list[str]:
    """Key, or mode, and chords; ``joined``: in one sentence where both are known."""
    if "Key" in known and "Chords" in known and joined:
        verb = rng.choice(("It is", "The music is", "It sits", "The music sits"))
        link = rng.choice((", with", ", over", ", built on"))
        return [sentence(f"{verb} {key_phrase(known, rng)}{link} {chord_phrase(known, rng)}")]
    mode = rng.choice(_MODES).format(known["Mode"]) if "Mode" in known else ""
    return [mode or _key_sentence(known, rng), _chord_sentence(known, rng)]


def rhythm_phrase(known: Known, rng: Rng, *, pace_said: bool) -> str:
    """ "at about 120 BPM in 4/4", for a short caption."""
    figure, word = tempo_of(known)
    parts = [f"at {_about(figure, rng)}"] if figure else []
    if word and not pace_said and not figure:
        parts = [f"at {rng.choice(TEMPO_NOUNS[word])}"]
    if known.get("Meter") in METERS and figure:
        parts.append(f"in {known['Meter']}{rng.choice(('', ' time'))}")
    return " ".join(parts)


def measured_tags(known: Known) -> list[str]:
    """ "120 BPM", "fast tempo", "4/4", "A minor", "chords Am F C G"."""
    tags = ["no steady beat"] if known.get("Tempo") == NO_BEAT else []
    figure, word = tempo_of(known)
    tags += [f"{figure} BPM"] if figure else []
    tags += [f"{word} tempo"] if word else []
    tags += [known["Meter"]] if "Meter" in known else []
    tags += [known["Key"]] if "Key" in known else []
    tags += [f"{known['Mode']} key"] if "Mode" in known else []
    if "Chords" in known:
        names, _ = _chords(known)
        tags.append(f"{'chord' if len(names) == 1 else 'chords'} {' '.join(names)}")
    return tags


def _key_sentence(known: Known, rng: Rng) -> str:
    if "Key" not in known:
        return ""
    key = known["Key"]
    mode = key.split()[1]
    return rng.choice(
        (
            f"The key is {key}.",
            f"It is in {key}.",
            f"It is in the key of {key}.",
            f"The music sits in {key}.",
            f"The music is centred on {key}.",
            f"It is written in a {mode} key, {key}.",
            f"The harmony is centred on {key}.",
            f"Its key is {key}.",
        )
    )


def _chord_sentence(known: Known, rng: Rng) -> str:
    if "Chords" not in known:
        return ""
    names, ending = _chords(known)
    listed = in_words(names)
    if ending == "only":
        return rng.choice(
            (
                f"The harmony stays on {listed} throughout.",
                f"There is only one chord, {listed}.",
                f"It holds a single chord, {listed}.",
                f"The harmony stays on a single chord of {listed}.",
            )
        )
    if ending == "repeating":
        if len(names) == 2:
            return rng.choice(
                (
                    f"The harmony alternates between {listed}.",
                    f"The chords alternate between {listed}.",
                    f"Two chords, {listed}, alternate throughout.",
                    f"It goes back and forth between {listed}.",
                )
            )
        return rng.choice(
            (
                f"The chords {listed} repeat.",
                f"The harmony cycles through {listed}.",
                f"It repeats a progression of {listed}.",
                f"The chords loop through {listed}.",
                f"A repeating progression moves through {listed}.",
            )
        )
    if ending == "and more":
        sequence = ", ".join(names)
        return rng.choice(
            (
                f"The chords begin {sequence} and move on from there.",
                f"The harmony moves through {sequence} and more.",
                f"The progression starts with {sequence} and continues from there.",
            )
        )
    return rng.choice(
        (
            f"The chords move through {listed}.",
            f"The progression is {', '.join(names)}.",
            f"The harmony moves from {through(names)}.",
            f"The chords are {listed}.",
            f"The harmony passes through {listed}.",
        )
    )


def key_phrase(known: Known, rng: Rng) -> str:
    """ "in A minor"."""
    if "Key" not in known:
        return ""
    key = known["Key"]
    return rng.choice((f"in {key}", f"in {key}", f"in the key of {key}"))


def chord_phrase(known: Known, rng: Rng) -> str:
    """ "the chords Am and F"."""
    if "Chords" not in known:
        return ""
    names, ending = _chords(known)
    listed = in_words(names)
    if ending == "only":
        return rng.choice((f"a single chord, {listed}", f"one chord, {listed}"))
    if ending == "repeating":
        return rng.choice(
            (f"a repeating progression of {listed}", f"the chords {listed} repeating", f"a loop of {listed}")
        )
    if ending == "and more":
        return rng.choice(
            (f"chords that begin {', '.join(names)} and move on", f"a progression that begins {', '.join(names)}")
        )
    return rng.choice((f"the chords {listed}", f"a progression of {listed}", f"a progression from {through(names)}"))


def _about(bpm: str, rng: Rng) -> str:
    return rng.choice((f"{bpm} BPM", f"{bpm} BPM", f"about {bpm} BPM", f"around {bpm} BPM", f"{bpm} beats per minute"))


def _chords(known: Known) -> tuple[list[str], str]:
    text = known["Chords"]
    if text.endswith(" only"):
        return [text.removesuffix(" only")], "only"
    for ending in ("repeating", "and more"):
        if text.endswith(f", {ending}"):
            return text.removesuffix(f", {ending}").split(", "), ending
    return text.split(", "), ""
