"""Instructions of one's own, by name: kept in one small file with the settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from j2a import paths, small_files, templates
from j2a.caption import PROMPTS
from j2a.errors import UsageError
from j2a.printable import one_paragraph

MOST, LONGEST, LONGEST_NAME = 50, 2000, 30
NAME_TAKEN, NO_NAME, NO_TEXT = "names a kind that is built in.", "It needs a name.", "It says nothing yet."


def kept_in() -> Path:
    """The file."""
    return paths.config_dir() / "prompts.json"


def read() -> dict[str, str]:
    """Text by name, in the order in which they were made; none where the file cannot be read."""
    known = {name: text for name, text in _in_file().items() if isinstance(text, str) and not problem(name, text)}
    return dict(list(known.items())[:MOST])


def _in_file() -> dict[str, Any]:
    found = small_files.read(kept_in())
    return found if isinstance(found, dict) else {}


def write(prompts: Mapping[str, str]) -> None:
    """Keep these, in the place of those that were read; what is wrong in the file stays there, to be mended. Raises
    ``StoreError``."""
    known = read()
    wrong = {name: text for name, text in _in_file().items() if name not in known and name not in prompts}
    small_files.write(kept_in(), {**prompts, **wrong}, "The prompt is not kept")


def tidy(text: str) -> str:
    """One line, without what a terminal would act on."""
    return one_paragraph(text).strip()


def problem(name: str, text: str) -> str:
    """What is wrong with a prompt, in a sentence; "" for nothing."""
    if not name.strip():
        return NO_NAME
    if name in PROMPTS:
        return f"{name} {NAME_TAKEN}"
    if not text.strip():
        return NO_TEXT
    if len(name) > LONGEST_NAME or len(text) > LONGEST:
        return f"A name has up to {LONGEST_NAME} letters, a prompt up to {LONGEST}."
    try:
        templates.check(text)
    except UsageError as error:
        return f"{error.message} {error.hint}"
    return ""


def name_of(prompt: str, prompts: Mapping[str, str]) -> str:
    """The name of what is asked for: a kind that is built in, or one of one's own."""
    return prompt if prompt in PROMPTS else next((name for name, text in prompts.items() if text == prompt), "own")
