"""The keys that are in use: the table's (:mod:`j2a_tui.key_table`), with those that the settings give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, _character_to_key

from j2a.errors import UsageError
from j2a_tui.key_table import KEYS, MODAL, PLACES, TYPED_IN, Key, Where


class BindingClashError(UsageError):
    """Two actions that want one key in the same place."""

    title = "Two actions share a key"


def check(keys: Iterable[Key] = KEYS) -> None:
    """Raise :class:`BindingClashError`, naming both, when two actions of one place share a key or an id."""
    taken: dict[tuple[str, str], Key] = {}
    ids: dict[str, Key] = {}
    for entry in keys:
        if other := ids.get(entry.id):
            raise BindingClashError(f"the id {entry.id!r} names both {other.label!r} and {entry.label!r}.")
        ids[entry.id] = entry
        for key in entry.keys.split(","):
            for place in (PLACES if entry.where == "anywhere" else (entry.where, "anywhere")):
                if other := taken.get((place, key)):
                    raise BindingClashError(f"{key!r} starts both {other.id!r} and {entry.id!r}.",
                                            "Give one of them another key.")
            taken[entry.where, key] = entry


def textual_bindings(where: Where) -> list[Binding]:
    """The bindings of one place as Textual wants them."""
    here = [entry for entry in KEYS if entry.where == where]
    if where in MODAL:
        here += [entry for entry in KEYS if entry.id == "help_here"]
    return [
        Binding(entry.keys, entry.action, entry.label, show=False, id=entry.id, tooltip=entry.help) for entry in here
    ]


_in_use: tuple[Key, ...] = KEYS


def in_use() -> tuple[Key, ...]:
    """The table as the settings have it."""
    return _in_use


def key_of(action: str) -> str:
    """The key of an action by its id, as people write it; the first one where it has several."""
    shown = next(entry.shown for entry in _in_use if entry.id == action)
    return shown if shown.startswith("shift ") else shown.split()[0]


def with_keys(text: str) -> str:
    """Words of the program with the keys of the actions that they name: ``{undo} takes it back``."""
    return text.format_map(_KeysByAction())


class _KeysByAction(dict[str, str]):
    def __missing__(self, action: str) -> str:
        return key_of(action)


def use(asked: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Give actions, by their ids, the keys that are asked for; all others have those of the table.

    Returns what has changed, in Textual's names, and a sentence for everything that cannot be so. Raises
    :class:`BindingClashError`.
    """
    global _in_use
    ids = {entry.id: entry for entry in KEYS}
    changed: dict[str, str] = {}
    problems: list[str] = []
    for action, keys in asked.items():
        try:
            if action not in ids:
                raise ValueError(f"there is no action {action!r}; docs/settings.md lists them")
            changed[action] = ",".join(_named(key.strip(), ids[action].where) for key in keys.split(","))
        except ValueError as error:
            problems.append(f"keys.{action}: {error}, so it has the keys that it has without the file.")
    table = tuple(
        replace(entry, keys=changed[entry.id], shown=" ".join(map(str.strip, asked[entry.id].split(","))))
        if entry.id in changed else entry for entry in KEYS
    )
    check(table)
    _in_use = table
    return changed, problems


def _named(key: str, where: Where) -> str:
    """A key by Textual's name for it. Raises ``ValueError``."""
    *modifiers, last = key.split("+") if key != "+" else [key]
    last = _character_to_key(last) if len(last) == 1 else _SHORT.get(last, last)
    if not set(modifiers) <= {"ctrl", "shift", "alt", "super", "meta", "hyper"} or (
        len(last) > 1 and last not in _NAMES and last not in KEY_NAME_REPLACEMENTS.values()
    ) or not last:
        raise ValueError(f"{key!r} is no key that is known here")
    if where in TYPED_IN and not modifiers and len(key) == 1:
        raise ValueError(f"{key!r} is text where it would be pressed")
    return "+".join([*modifiers, last])


_SHORT = {"esc": "escape", "pgdn": "pagedown", "pgup": "pageup", "return": "enter", "del": "delete"}
_NAMES = {key.value for key in Keys} | {_character_to_key(character) for character in map(chr, range(33, 127))}
