"""Our own caption grammar: true, fluent captions for a set of measured features.

``write_caption(features, instruction, rng)`` says what the prompt of ``j2a.models.prompts`` says, and nothing
else, in many wordings. The built-in J2A-LLM learns from prompt and caption pairs made here.
"""

from __future__ import annotations

import random

from j2a.features.record import Features
from j2a.models.prompts import NO_BEAT, facts
from training.captions.wording import (
    HARMONY,
    METERS,
    NOTHING,
    NOUNS,
    TEMPO_ADJECTIVES,
    TEMPO_NOUNS,
    capital,
    in_words,
    join,
    sentence,
    through,
    with_article,
)

Rng = random.Random


def write_caption(features: Features, instruction: str, rng: Rng) -> str:
    """A caption for an instruction named in ``j2a.models.prompts``; deterministic for a given ``rng``."""
    known = facts(features)
    if not known:
        return rng.choice(NOTHING)
    if instruction == "tags":
        return _tags(known)
    if instruction == "short":
        return _short(known, rng)
    sentences = [_rhythm_sentence(known, rng), *_harmony_sentences(known, rng, detailed=instruction == "detailed")]
    if instruction == "detailed":
        sentences += _extra_sentences(known, rng)
    return " ".join(sentence for sentence in sentences if sentence)


def _short(known: dict[str, str], rng: Rng) -> str:
    noun = _noun(known, rng)
    meter = rng.choice((f"in {known['Meter']}", f"in {known['Meter']} time")) if "Meter" in known else ""
    key = _key_phrase(known, rng)
    chords = _chord_phrase(known, rng)
    if "Tempo" not in known or known["Tempo"] == NO_BEAT:
        middle = join([key, chords and f"with {chords}"])
        return sentence(f"{with_article(noun)} {middle}" if middle else f"{with_article(noun)} {meter}")
    bpm, word = _tempo(known)
    adjective = rng.choice(TEMPO_ADJECTIVES[word])
    meter, key = (f" {meter}" if meter else ""), (f" {key}" if key else "")
    form = rng.choice(
        (
            f"{with_article(f'{adjective} {noun}')} at {bpm} BPM{meter}{',' if meter and key else ''}{key}",
            f"{with_article(f'{adjective} {noun}')}{key} at {bpm} BPM{meter}",
            f"{with_article(f'{adjective} {noun}')}{meter}{key} at {_about(bpm, rng)}",
        )
    )
    if chords:
        form += rng.choice((f", with {chords}", f", over {chords}"))
    return sentence(form)


def _tags(known: dict[str, str]) -> str:
    """The facts in the prompt's order: "rock, 120 BPM, fast tempo, 4/4, A minor, chords Am F C G"."""
    tags = [known["Genre"]] if "Genre" in known else []
    if known.get("Tempo") == NO_BEAT:
        tags.append("no steady beat")
    elif "Tempo" in known:
        bpm, word = _tempo(known)
        tags += [f"{bpm} BPM", f"{word} tempo"]
    tags += [known["Meter"]] if "Meter" in known else []
    if "Key" in known:
        key, uncertain = _key(known)
        tags.append(f"probably {key}" if uncertain else key)
    if "Chords" in known:
        names, _ = _chords(known)
        tags.append(f"{'chord' if len(names) == 1 else 'chords'} {' '.join(names)}")
    return ", ".join(tags)


def _rhythm_sentence(known: dict[str, str], rng: Rng) -> str:
    noun, meter = _noun(known, rng), _meter_phrase(known, rng)
    if "Tempo" not in known:
        return sentence(f"The {noun} is {meter}") if meter else _genre_sentence(known, noun, rng)
    if known["Tempo"] == NO_BEAT:
        return rng.choice(
            (
                f"This {noun} has no steady beat.",
                f"No steady beat was found in this {noun}.",
                f"The {noun} floats without a steady beat.",
                f"There is no steady pulse in this {noun}.",
            )
        )
    bpm, word = _tempo(known)
    adjective, tempo_noun, about = rng.choice(TEMPO_ADJECTIVES[word]), rng.choice(TEMPO_NOUNS[word]), _about(bpm, rng)
    pulse = known.get("Pulse")
    steady = f"{pulse} " if pulse and rng.random() < 0.7 else ""
    comma_meter = f", {meter}" if meter else ""
    space_meter = f" {meter}" if meter else ""
    return sentence(
        rng.choice(
            (
                f"{with_article(f'{adjective} {noun}')}{space_meter} at {about}",
                f"This is {with_article(f'{adjective} {noun}').lower()}{space_meter} at {about}",
                f"This {noun} moves at {tempo_noun} of {about}{comma_meter}",
                f"The {noun} runs at {about}, {tempo_noun}{comma_meter}",
                f"The {noun} keeps {with_article(f'{steady}{adjective} pulse').lower()} of {about}{comma_meter}",
                f"{capital(meter)}, the {noun} keeps {with_article(f'{steady}pulse').lower()} at {about}, {tempo_noun}"
                if meter
                else f"At {about}, the {noun} keeps {tempo_noun}",
                f"At {about}{comma_meter}, this is {with_article(f'{adjective} {noun}').lower()}",
                f"{with_article(f'{adjective} {noun}')} with {with_article(f'{steady}beat').lower()} of {about}"
                + comma_meter,
            )
        )
    )


def _harmony_sentences(known: dict[str, str], rng: Rng, *, detailed: bool) -> list[str]:
    key, chords = known.get("Key"), known.get("Chords")
    if key and chords and not detailed and rng.random() < 0.6:
        verb = rng.choice(("It is", "The music is", "It sits", "The music sits"))
        link = rng.choice((", with", ", over", ", built on"))
        return [sentence(f"{verb} {_key_phrase(known, rng)}{link} {_chord_phrase(known, rng)}")]
    return [_key_sentence(known, rng), _chord_sentence(known, rng)]


def _key_sentence(known: dict[str, str], rng: Rng) -> str:
    if "Key" not in known:
        return ""
    key, uncertain = _key(known)
    if uncertain:
        return rng.choice(
            (
                f"The key is probably {key}.",
                f"It is probably in {key}.",
                f"The key seems to be {key}.",
                f"It is most likely in {key}.",
                f"The key is most likely {key}, though this is not certain.",
            )
        )
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


def _chord_sentence(known: dict[str, str], rng: Rng) -> str:
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
    if ending == "in part":
        chord = "chord" if len(names) == 1 else "chords"
        return rng.choice(
            (
                f"In part of it the {chord} {listed} can be heard.",
                f"Part of it has the {chord} {listed}.",
                f"The {chord} {listed} can be heard for part of the time.",
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


def _extra_sentences(known: dict[str, str], rng: Rng) -> list[str]:
    extra: list[str] = []
    if "Harmony" in known:
        extra.append(rng.choice(HARMONY[known["Harmony"]]))
    if known.get("Pulse") == "steady":
        extra.append(
            rng.choice(("The pulse stays steady throughout.", "The beat is steady.", "The beat holds steady."))
        )
    elif known.get("Pulse") == "flexible":
        extra.append(
            rng.choice(("The pulse is flexible.", "The beat speeds up and slows down.", "The tempo is not strict."))
        )
    if "Genre" in known:
        extra.append(
            rng.choice(
                (
                    f"The style is closest to {known['Genre']}.",
                    f"It sounds like {known['Genre']}.",
                    f"The genre is most likely {known['Genre']}.",
                )
            )
        )
    rng.shuffle(extra)
    return extra


def _genre_sentence(known: dict[str, str], noun: str, rng: Rng) -> str:
    return f"This is {with_article(noun).lower()}." if "Genre" in known else ""


def _noun(known: dict[str, str], rng: Rng) -> str:
    noun = rng.choice(NOUNS)
    return f"{known['Genre']} {noun}" if "Genre" in known and (rng.random() < 0.8 or "Tempo" not in known) else noun


def _meter_phrase(known: dict[str, str], rng: Rng) -> str:
    return rng.choice(METERS[known["Meter"]]) if "Meter" in known else ""


def _key_phrase(known: dict[str, str], rng: Rng) -> str:
    if "Key" not in known:
        return ""
    key, uncertain = _key(known)
    if uncertain:
        return rng.choice((f"probably in {key}", f"most likely in {key}"))
    return rng.choice((f"in {key}", f"in {key}", f"in the key of {key}"))


def _chord_phrase(known: dict[str, str], rng: Rng) -> str:
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
    if ending == "in part":
        return f"the {'chord' if len(names) == 1 else 'chords'} {listed} in part of it"
    if ending == "and more":
        return rng.choice(
            (f"chords that begin {', '.join(names)} and move on", f"a progression that begins {', '.join(names)}")
        )
    return rng.choice((f"the chords {listed}", f"a progression of {listed}", f"a progression from {through(names)}"))


def _tempo(known: dict[str, str]) -> tuple[str, str]:
    figure, word = known["Tempo"].split(" BPM, ")
    return figure, word


def _about(bpm: str, rng: Rng) -> str:
    return rng.choice((f"{bpm} BPM", f"{bpm} BPM", f"about {bpm} BPM", f"around {bpm} BPM", f"{bpm} beats per minute"))


def _key(known: dict[str, str]) -> tuple[str, bool]:
    key, _, doubt = known["Key"].partition(", ")
    return key, bool(doubt)


def _chords(known: dict[str, str]) -> tuple[list[str], str]:
    text = known["Chords"]
    if text.endswith(" only"):
        return [text.removesuffix(" only")], "only"
    for ending in ("repeating", "and more", "in part"):
        if text.endswith(f", {ending}"):
            return text.removesuffix(f", {ending}").split(", "), ending
    return text.split(", "), ""
