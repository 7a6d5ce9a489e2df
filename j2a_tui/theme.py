"""Colours. None of them says anything that a letter, a mark or a word does not say too."""

from __future__ import annotations

from textual.theme import Theme

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
