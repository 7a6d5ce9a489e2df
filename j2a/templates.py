"""Instructions of one's own, with names in braces for what is known of a clip: ``A {genre} loop at {bpm} BPM``.

Only a name of small letters in braces stands for something; other braces, as those of JSON, are text. ``{{bpm}}`` is
the text ``{bpm}``. What is not known of a clip is "unknown".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from j2a.clip import Clip
from j2a.errors import UsageError
from j2a.features.record import Features
from j2a.library import Track
from j2a.music import spelled_chord
from j2a.printable import printable, several_lines
from j2a.tags import Tags, read_tags

UNKNOWN = "unknown"
_NAME = re.compile(r"\{\{(?P<kept>[a-z_]+)\}\}|\{(?P<name>[a-z_]+)\}")
_NO_TAGS = Tags("", "", "", None)

_VALUES: dict[str, Callable[[Features, Tags, Clip], str]] = {
    "bpm": lambda features, tags, clip: f"{features.bpm:.0f}" if features.bpm is not None else "",
    "key": lambda features, tags, clip: features.key or "",
    "chords": lambda features, tags, clip: ", ".join(_chords(features)),
    "tags": lambda features, tags, clip: ", ".join(tag.label for tag in features.tags or ()),
    "path": lambda features, tags, clip: str(clip.path),
    "title": lambda features, tags, clip: tags.title,
    "artist": lambda features, tags, clip: tags.artist,
    "meter": lambda features, tags, clip: features.meter or "",
    "genre": lambda features, tags, clip: features.genre.label if features.genre else "",
}
NAMES = tuple(_VALUES)
_OF_TAGS = frozenset(("title", "artist"))


def check(template: str) -> None:
    """Raise ``UsageError``, naming them, where names in braces stand for nothing."""
    unknown = dict.fromkeys(name for name in _names(template) if name not in _VALUES)
    if unknown:
        wrong = ", ".join(f"{{{name}}}" for name in unknown)
        raise UsageError(
            f"{wrong} stands for nothing." if len(unknown) == 1 else f"{wrong} stand for nothing.",
            f"There are {', '.join(f'{{{name}}}' for name in NAMES)}; a name that shall be text stands in two braces.",
        )


def filled(template: str, clip: Clip, features: Features) -> str:
    """The template with what is known of the clip in the place of names. Raises ``UsageError`` as :func:`check`."""
    check(template)
    tags = (_tags_of(clip) if _OF_TAGS.intersection(_names(template)) else None) or _NO_TAGS

    def value(match: re.Match[str]) -> str:
        if match["kept"]:
            return f"{{{match['kept']}}}"
        return printable(_VALUES[match["name"]](features, tags, clip)) or UNKNOWN

    return several_lines(_NAME.sub(value, template))  # bytes that are no UTF-8 have no tokens


def of_file(template: str, path: Path) -> tuple[str, ...]:
    """What of the file itself, and not of its sound, stands in a filled template: its name, its tags."""
    names = set(_names(template))
    tags = (_tags_of(Clip(path)) or _NO_TAGS) if names & _OF_TAGS else None
    return (*([str(path)] if "path" in names else []), *((tags.title, tags.artist) if tags else ()))


def _names(template: str) -> list[str]:
    return [match["name"] for match in _NAME.finditer(template) if match["name"]]


def _tags_of(clip: Clip) -> Tags | None:
    try:
        about = clip.path.stat()
    except OSError:
        return None
    return read_tags(Track(clip.path, clip.path.name, about.st_size, about.st_mtime))


def _chords(features: Features) -> list[str]:
    """In the order in which they begin, each once."""
    names = (spelled_chord(chord.label, features.key) for chord in features.chords)
    return list(dict.fromkeys(name for name in names if name != "N"))
