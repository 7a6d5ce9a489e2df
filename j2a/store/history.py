"""What can be taken back and made again, as the journal tells it: it is so after a restart, too. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from j2a.store.records import Key

LOOKED_AT = 400  # entries of the journal, newest, at the first look; each further one goes four times as far
TOGETHER = ":"  # in the name of an action that changes many windows: what follows is its own


def import_action(at: str) -> str:
    """What changes are called in the journal that one import has made: a time has colons, and no two are the same."""
    return f"import {at}"


def is_made_together(action: str) -> bool:
    """Whether everything of this name was made by one command."""
    return TOGETHER in action


@dataclass(slots=True)
class Step:
    """A change that stands, or one that was taken back."""

    number: int  # in the journal, of the entry that made it so
    action: str  # what it was at first
    key: Key
    before: int | None  # checksum of the state; None where there was no row
    after: int | None
    state: str | None = None  # of a generated caption


def replayed(entries: Iterable[tuple[Any, ...]]) -> tuple[list[Step], list[Step]]:
    """Changes that stand, and those taken back since the last new one, each oldest first.

    An entry is (number, action, path, start_ms, end_ms, checksum before, checksum after, state), oldest first.
    """
    done: list[Step] = []
    undone: list[Step] = []
    for number, action, path, start_ms, end_ms, before, after, state in entries:
        step = Step(number, action, Key(path, start_ms, end_ms), before, after, state)
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
            gone = source.pop(place)
            step.action, step.state = gone.action, gone.state
            target.append(step)
            return


def actions(steps: list[Step]) -> list[int]:
    """How many of the steps belong to each action, oldest first.

    Typing in one window is one action, and so is one caption that was saved as it was written, a correction of a file
    with the captions that follow it, or what was done to many windows at once, by an import too.
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
    try:
        caption = json.loads(step.state or "null")["caption"]
        return caption["version"], caption["backbone"], caption["seed"], caption["sampling"]
    except (ValueError, KeyError, TypeError):
        return ()
