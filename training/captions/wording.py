"""Words and small turns of phrase of the caption grammar."""

from __future__ import annotations

from collections.abc import Sequence

NOUNS = ("piece", "track", "clip", "passage", "recording", "excerpt")
TEMPO_ADJECTIVES = {
    "very slow": ("very slow",),
    "slow": ("slow", "slow", "unhurried"),
    "moderate": ("mid-tempo", "mid-tempo", "moderately paced", "medium-tempo"),
    "fast": ("fast", "fast", "brisk"),
    "very fast": ("very fast", "very quick"),
}
TEMPO_NOUNS = {
    "very slow": ("a very slow tempo", "a very slow pace"),
    "slow": ("a slow tempo", "an unhurried pace", "a slow pace"),
    "moderate": ("a moderate tempo", "a medium pace", "a moderate pace"),
    "fast": ("a fast tempo", "a brisk pace", "a fast pace"),
    "very fast": ("a very fast tempo", "a very quick pace"),
}
METERS = {
    "4/4": ("in 4/4", "in 4/4 time", "in common time (4/4)", "with four beats to the bar", "in 4/4"),
    "3/4": ("in 3/4", "in 3/4 time", "in a waltz-like 3/4", "with three beats to the bar", "in triple time (3/4)"),
}
# How an instrument is named in the two ways of listing them.
INSTRUMENT_NAMES = {
    "piano": ("piano", "a piano"),
    "guitar": ("guitar", "a guitar"),
    "electric guitar": ("electric guitar", "an electric guitar"),
    "distorted guitar": ("distorted guitar", "a distorted guitar"),
    "strings": ("strings", "string instruments"),
    "brass": ("brass", "brass instruments"),
    "woodwinds": ("woodwinds", "woodwind instruments"),
    "flute": ("flute", "a flute"),
    "mallets": ("mallets", "mallet instruments"),
    "organ": ("organ", "an organ"),
    "synthesizer": ("synthesizer", "a synthesizer"),
    "harp": ("harp", "a harp"),
    "choir": ("choir", "a choir"),
    "bass": ("bass", "a bass line"),
}
HARMONY = {
    "a new chord about every bar": (
        "The chord changes about once a bar.",
        "There is a new chord about every bar.",
        "The harmony moves on about once per bar.",
    ),
    "a new chord about every two bars": (
        "There is a new chord about every two bars.",
        "Each chord is held for about two bars.",
        "The harmony changes about every two bars.",
    ),
    "slow chord changes": (
        "The chords change slowly.",
        "The harmony moves slowly.",
        "Each chord is held for a long time.",
    ),
    "about two chords a bar": (
        "There are about two chords in each bar.",
        "The chord changes about twice a bar.",
        "The harmony moves about twice per bar.",
    ),
    "several chords a bar": (
        "The chords change several times a bar.",
        "The harmony moves quickly, with several chords a bar.",
        "There are several chord changes in each bar.",
    ),
}
NOTHING = (
    "No steady beat, key or chords could be measured in this clip.",
    "Nothing about the tempo, the key or the chords could be measured here.",
    "This clip has no beat, key or chords that could be measured.",
)

NO_DRUMS = ("There are no drums.", "No drums are heard.", "It has no drums.", "It does without drums.",
            "There is no drum beat.")  # fmt: skip
NO_DRUMS_NO_BASS = ("There are no drums and no bass.", "No drums and no bass are heard.",
                    "It has no drums and no bass.", "It does without drums or bass.")  # fmt: skip


def alone(name: str) -> tuple[str, str]:
    """How an instrument is named that plays by itself, in the two ways of listing."""
    bare, listed = INSTRUMENT_NAMES[name]
    if listed == bare or not listed.startswith(("a ", "an ")):  # "strings" are many
        return f"unaccompanied {bare}", f"unaccompanied {listed}"
    return f"solo {bare}", f"a solo {listed.partition(' ')[2]}"


def in_words(names: Sequence[str]) -> str:
    """ "Am", "Am and F", "Am, F and C"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def verbs(names: Sequence[str]) -> tuple[str, str, str]:
    """ "are", "play", "carry" behind so many instruments, or those behind one."""
    plural = len(names) > 1 or (names[0].endswith("s") and not names[0].endswith("ss"))  # bass, brass
    return ("are", "play", "carry") if plural else ("is", "plays", "carries")


def through(names: Sequence[str]) -> str:
    """ "Am to F", "Am through F and C to G"."""
    if len(names) == 2:
        return f"{names[0]} to {names[1]}"
    return f"{names[0]} through {in_words(names[1:-1])} to {names[-1]}"


def join(phrases: Sequence[str]) -> str:
    """The phrases that are not empty, with spaces between."""
    return " ".join(phrase for phrase in phrases if phrase)


def with_article(noun: str) -> str:
    """ "A slow piece", "An unhurried track"."""
    return f"{'An' if noun[0] in 'aeiou' else 'A'} {noun}"


def capital(text: str) -> str:
    """The same with a capital first letter."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """One sentence: single spaces, one full stop."""
    return " ".join(text.split()).rstrip(".") + "."
