"""The user's settings: one typed record, read from ``settings.toml`` in the folder of settings.

The record documents itself: the words beside each field are in ``j2a settings``, and in docs/settings.md. Whatever is
wrong in the file is said once, in a sentence, and that setting is as it is without the file; the others hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, fields
from pathlib import Path
from typing import Any

from j2a import paths
from j2a.printable import one_paragraph
from j2a.records import dataclass

COLOURS = (
    "primary", "secondary", "accent", "foreground", "background", "surface", "panel", "success", "warning", "error",
    "quiet", "faint", "line",
)
TELLS = ("bell", "desktop", "off")
_COLOUR = re.compile("#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_LARGEST = 1 << 20  # bytes that are read of the file


def _about(text: str, example: str) -> dict[str, str]:
    return {"about": text, "example": example}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user wants otherwise. A setting that the file does not name is as it is here."""

    theme: str = field(default="", metadata=_about(
        "The colours of the app, by the name of a theme (f7 in the app shows them all). Empty: the one chosen last.",
        'theme = "nord"'))
    when_done: str = field(default="bell", metadata=_about(
        "How the end of a long run is told: bell; desktop (a notification, in terminals that are known to show one, "
        "else the bell); or off.",
        'when_done = "desktop"'))
    long_run_s: float = field(default=10.0, metadata=_about(
        "How many seconds a run must have taken for its end to be told.", "long_run_s = 60"))
    keys: Mapping[str, str] = field(default_factory=dict, metadata=_about(
        "Other keys for actions, by the names in the table below; several with commas. Two actions on one key are an "
        "error that names both.",
        '[keys]\naccept = "ctrl+a"\nskip = "s,delete"'))
    colours: Mapping[str, str] = field(default_factory=dict, metadata=_about(
        f"Your own theme, called own: these colours in the place of J2A's. Of: {', '.join(COLOURS)}.",
        '[colours]\nprimary = "#88c0d0"\nbackground = "#000000"'))


def settings_path() -> Path:
    """The file. It need not exist."""
    return paths.config_dir() / "settings.toml"


def read() -> tuple[Settings, list[str]]:
    """The settings, and a sentence for everything in the file that cannot be taken."""
    path = settings_path()
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return Settings(), []
    except OSError as error:
        return Settings(), [f"{path} cannot be read: {error.strerror or error}."]
    if len(text) > _LARGEST:
        return Settings(), [f"{path} is larger than any settings are."]
    import tomllib  # only for those who have such a file: every start waits for it

    try:
        given = tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8
        return Settings(), [one_paragraph(f"{path} is not TOML ({error}), so every setting is as it is without it.")]
    values: dict[str, Any] = {}
    problems = []
    for name, value in given.items():
        try:
            values[name] = _checked(name, value)
        except ValueError as error:
            problems.append(one_paragraph(f"{path}: {error}, so it is as it is without the file."))
    return Settings(**values), problems


def _checked(name: str, value: object) -> object:
    """The value of a setting. Raises ``ValueError``."""
    match name:
        case "theme":
            return _text(name, value)
        case "when_done":
            if value not in TELLS:
                raise ValueError(f"when_done is {value!r}, not one of {', '.join(TELLS)}")
            return value
        case "long_run_s":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e6:
                raise ValueError(f"long_run_s is {value!r}, not a number of seconds")
            return float(value)
        case "keys":
            return {action: _text(f"keys.{action}", keys) for action, keys in _table(name, value).items()}
        case "colours":
            return {colour: _colour(colour, given) for colour, given in _table(name, value).items()}
    raise ValueError(f"there is no setting {name!r} (there are {', '.join(one.name for one in fields(Settings))})")


def _table(name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is {value!r}, not a table such as [{name}]")
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}, not a text in quotation marks")
    return value


def _colour(name: str, value: object) -> str:
    if name not in COLOURS:
        raise ValueError(f"colours.{name} is none of {', '.join(COLOURS)}")
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise ValueError(f"colours.{name} is {value!r}, not a colour such as \"#88c0d0\"")
    return value


def template() -> str:
    """A settings file in which every setting is explained and none is given."""
    parts = [f"# Settings of J2A: {settings_path()}\n"]
    for one in fields(Settings):
        about = one.metadata["about"].replace("the table below", "docs/settings.md")
        lines = [about, *one.metadata["example"].split("\n")]
        parts.append("".join(f"# {line}\n" for line in lines))
    return "\n".join(parts)
