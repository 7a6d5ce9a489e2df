"""What can be taken back and made again, as the journal tells it: it is so after a restart, too. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from j2a.store.records import Key

LOOKED_AT = 400  # entries of the journal, newest
_IMPORT = "import "


def import_action(at: str) -> str:
    """What changes are called in the journal that one import has made: no two imports are called the same."""
    return f"{_IMPORT}{at}"


def is_made_together(action: str) -> bool:
    """Whether everything of this name was made by one command."""
    return action.startswith(_IMPORT)


@dataclass(slots=True)
class Step:
    """A change that stands, or one that was taken back."""

    number: int  # in the journal, of the entry that made it so
    action: str  # what it was at first
    key: Key
    before: str | bytes | None
    after: str | None


def replayed(entries: Iterable[tuple[Any, ...]]) -> tuple[list[Step], list[Step]]:
    """Changes that stand, and those taken back since the last new one, each oldest first.

    An entry is (number, action, path, start_ms, end_ms, before, after), oldest first.
    """
    done: list[Step] = []
    undone: list[Step] = []
    for number, action, path, start_ms, end_ms, before, after in entries:
        step = Step(number, action, Key(path, start_ms, end_ms), before, after)
        if action == "undo":
            _move(step, done, undone)
        elif action == "redo":
            _move(step, undone, done)
        else:
            done.append(step)
            undone.clear()
    return done, undone


def _move(step: Step, source: list[Step], target: list[Step]) -> None:
    """The change that an undo or redo has reversed goes to the other side; of one that is too old nothing is known."""
    for place in reversed(range(len(source))):
        other = source[place]
        if (other.key, other.before, other.after) == (step.key, step.after, step.before):
            step.action = source.pop(place).action
            target.append(step)
            return


def actions(steps: list[Step]) -> list[int]:
    """How many of the steps belong to each action, oldest first.

    Typing in one window is one action, and so is one caption that was saved as it was written, a correction of a file
    with the captions that follow it, or everything that one import has taken in.
    """
    counts: list[int] = []
    last: Step | None = None
    for step in steps:
        if last is not None and _go_together(last, step):
            counts[-1] += 1
        else:
            counts.append(1)
        last = step
    return counts


def _go_together(one: Step, other: Step) -> bool:
    if is_made_together(other.action):
        return one.action == other.action
    if other.action == "follow":
        return one.action in ("correct", "follow") and one.key.path == other.key.path
    if (one.key, one.action) != (other.key, other.action) or one.action not in ("edit", "generate"):
        return False
    return one.action == "edit" or _asked(one) == _asked(other) != ()


def _asked(step: Step) -> tuple[Any, ...]:
    """What was asked of the model; () where that cannot be told."""
    found = []
    for state in (step.before, step.after):
        try:
            caption = json.loads(state or "null")["caption"]
            found.append((caption["version"], caption["backbone"], caption["seed"], caption["sampling"]))
        except (ValueError, KeyError, TypeError):
            continue
    return found[-1] if found else ()
