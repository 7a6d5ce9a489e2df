"""Colours. None of them says anything that a letter, a mark or a word does not say too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from textual.app import App
from textual.color import Color
from textual.theme import Theme

from j2a.errors import J2AError
from j2a.settings import Settings

OWN = "own"
LEVELS = {"quiet": 0.45, "faint": 0.68, "line": 0.82}  # how far from the words' colour to the ground's


def own(colours: Mapping[str, str]) -> Theme:
    """J2A's colours with the user's in their place."""
    plain: dict[str, Any] = {name: colour for name, colour in colours.items() if name not in LEVELS}
    further = {name: colour for name, colour in colours.items() if name in LEVELS}
    light = Color.parse(plain.get("background", THEME.background or "")).brightness > 0.5
    return replace(THEME, name=OWN, dark=not light, variables={**THEME.variables, **further}, **plain)


def further_colours(theme: Theme) -> dict[str, str]:
    """The colours that J2A has beyond those of a theme, made from what it has."""
    if theme.variables.keys() >= LEVELS.keys():  # ours: working them out takes 10 ms
        return {}
    if theme.ansi:
        return dict.fromkeys(LEVELS, "ansi_bright_black")
    made = theme.to_color_system().generate()
    words, ground = Color.parse(made["foreground"]), Color.parse(made["background"])
    return {name: words.blend(ground, share).hex6 for name, share in LEVELS.items()}


THEME = Theme(
    name="j2a",
    dark=True,
    primary="#7fb8ad",
    secondary="#8d9ec4",
    accent="#e3b778",
    foreground="#c8cdd3",
    background="#12151a",
    surface="#161a20",
    panel="#1f252d",
    success="#93bd7f",
    warning="#e3b778",
    error="#e07f7a",
    variables={
        "quiet": "#79828e",
        "faint": "#454d58",
        "line": "#2c343e",
        "input-cursor-background": "#e3b778",
        "input-selection-background": "#7fb8ad 30%",
    },
)


def dress(app: App[Any], settings: Settings, last: str) -> J2AError | None:
    """Give an app the colours that are asked for in the settings, else those chosen last; what is wrong with them."""
    app.register_theme(THEME)
    if settings.colours:
        app.register_theme(own(settings.colours))
    asked = settings.theme or (OWN if settings.colours else last)
    app.theme = asked if asked in app.available_themes else THEME.name
    if asked == app.theme or not settings.theme:
        return None
    names = ", ".join(sorted(app.available_themes))
    return J2AError(f"There is no theme {asked!r}. There are {names}.", title="Settings")
