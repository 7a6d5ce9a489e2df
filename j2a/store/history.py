"""What can be taken back and made again, as the journal tells it: it is so after a restart, too. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from j2a.records import dataclass
from j2a.store.records import Key

LOOKED_AT = 400  # entries of the journal, newest, at the first look; each further one goes four times as far
TOGETHER = ":"  # in the name of an action: what follows is its own, the number of its first change in the journal
_IMPORT = "import "


def import_action(at: str) -> str:
    """What changes are called in the journal that one import has made: a time has colons, and no two are the same."""
    return f"{_IMPORT}{at}"


def group_of(action: str) -> str:
    """The end of the names of all changes of one action; "" where that is not known, as of one by an older J2A."""
    name, mark, number = action.partition(TOGETHER)
    return action if mark and name.startswith(_IMPORT) else mark + number


def first_of(group: str) -> int:
    """No change of the action has a lower number in the journal."""
    number = group.removeprefix(TOGETHER)
    return int(number) if number.isascii() and number.isdecimal() else 0


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

    An action that has a number is what its name says. Of an older J2A, typing in one window is one action, and so is
    one caption that was saved as it was written, or a correction of a file with the captions that follow it.
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
    if group := group_of(other.action):
        return group_of(one.action) == group
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
