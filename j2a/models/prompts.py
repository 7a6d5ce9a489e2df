"""What the language model of each version is asked: the facts of a clip, one a line, and an instruction."""

from __future__ import annotations

from j2a.features.record import Features
from j2a.models.facts import facts
from j2a.models.heard import NOTHING_HEARD, Heard
from j2a.records import dataclass

NOTHING_MEASURED = "Nothing could be measured in this clip."
NOTHING_SURE = "Nothing can be said for sure of this clip."  # known without a model, which would make something up

TOO_SHORT = "The clip is too short to be described."  # the same, where nobody listened to so little

INSTRUCTIONS = {
    "describe": "Describe the music from these facts.",
    "short": "Describe the music from these facts in one short sentence.",
    "detailed": "Describe the music from these facts in detail.",
    "tags": "List these facts as tags.",
}
HEARD_INSTRUCTIONS = {
    "describe": "Describe the music.",
    "short": "Describe the music in one short sentence.",
    "detailed": "Describe the music in detail.",
    "tags": "List tags for the music.",
}
"""For J2A-2.x, whose facts are soft tokens."""
LISTENING_INSTRUCTIONS = {
    "describe": "Describe the music in one paragraph.",
    "short": "Describe the music in one short sentence.",
    "detailed": "Describe the music in detail, in one paragraph.",
    "tags": "List tags for the music, separated by commas.",
}
"""For models behind a server, which hear the clip and know nothing of us."""
_TONAL = {"Key", "Mode", "Chords", "Harmony"}
_MEASURED = "Measured in this recording, to be used where you speak of it:"
_NO_FIGURES = " Name no BPM, key, meter or chords."
DEFAULT_PROMPT = "describe"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caption should be: a name in ``INSTRUCTIONS``, any other text, or "" for the default; and whether it may
    name figures (BPM, meter, key, chords), which data sets often keep in fields of their own."""

    prompt: str = ""
    figures: bool = True

    @property
    def instruction(self) -> str:
        """The name of the instruction, or its text."""
        return self.prompt or DEFAULT_PROMPT


DEFAULT = Wish()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the language model is asked. ``prompt_id`` names the layout's version and the instruction.

    ``answer`` is what is said without asking, where there is nothing to ask about.
    """

    text: str
    prompt_id: str
    answer: str = ""


def build_prompt(features: Features, wish: Wish = DEFAULT, heard: Heard = NOTHING_HEARD) -> Prompt:
    """J2A-1.0's: facts, one a line, then the instruction."""
    known, name = facts(features, heard, figures=wish.figures), wish.instruction
    text = "\n".join([*(_lines_of(known) or [NOTHING_MEASURED]), INSTRUCTIONS.get(name, name)])
    return Prompt(text, f"facts-2{_kind(wish, INSTRUCTIONS)}", _answer(known) if name in INSTRUCTIONS else "")


def _answer(known: dict[str, str]) -> str:
    """What to say where nothing is known but keys and chords: of so little a model makes something up."""
    if not known.keys() <= _TONAL:
        return ""
    said = []
    if "Key" in known:
        said.append(f"The music is in {known['Key']}.")
    elif "Mode" in known:
        said.append(f"The music is in a {known['Mode']} key.")
    if chords := known.get("Chords"):
        one, only, _ = chords.partition(" only")
        said.append(f"The harmony stays on {one}." if only else f"The chords are {chords}.")
    return " ".join(said) or NOTHING_SURE


def build_both_prompt(features: Features, wish: Wish = DEFAULT, heard: Heard | None = None) -> Prompt:
    """J2A-3.0's: the text of :func:`build_prompt`.

    Where no heads told what is heard, ``heard`` is ``None``: that follows as soft tokens, so that there is always
    something to ask about.
    """
    asked = build_prompt(features, wish, heard or NOTHING_HEARD)
    return Prompt(asked.text, f"both-2{_kind(wish, INSTRUCTIONS)}", "" if heard is None else asked.answer)


def build_heard_prompt(wish: Wish = DEFAULT) -> Prompt:
    """The instruction of J2A-2.x, to which all facts are soft tokens."""
    name = wish.instruction
    return Prompt(HEARD_INSTRUCTIONS.get(name, name), f"audio-1{_kind(wish, HEARD_INSTRUCTIONS)}")


def build_listening_prompt(features: Features, wish: Wish = DEFAULT) -> Prompt:
    """For a model behind a server that hears the clip: the instruction, and what was measured."""
    name = wish.instruction
    known = _lines_of(facts(features, NOTHING_HEARD, figures=wish.figures))
    measured = [_MEASURED, *known] if known else []
    wording = LISTENING_INSTRUCTIONS.get(name, name)
    if not wish.figures:
        wording += _NO_FIGURES
    return Prompt("\n".join([wording, *measured]), f"listen-2{_kind(wish, LISTENING_INSTRUCTIONS)}")


def _lines_of(known: dict[str, str]) -> list[str]:
    return [f"{title}: {value}" for title, value in known.items()]



def _kind(wish: Wish, known: dict[str, str]) -> str:
    name = wish.instruction if wish.instruction in known else "custom"
    return f"{'' if wish.figures else '-no-figures'}/{name}"
