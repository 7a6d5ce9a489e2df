"""``dataclass`` and ``asdict`` as Python has them, in a third of the time.

Python compiles the source of up to six methods for every class, which is 0.4 ms of each start of a program for every
frozen one. Here they share the code of all but ``__init__``. That nobody sets what is ``frozen`` is held by the type
checker, not at run time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

_LEAVES = frozenset({str, int, float, bool, type(None)})

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(kind=None, /, *, frozen=False, slots=False, eq=True):
        """A class of fields; for what it does see ``dataclasses.dataclass``."""
        if kind is None:
            return lambda kind: dataclass(kind, frozen=frozen, slots=slots, eq=eq)
        made = dataclasses.dataclass(kind, repr=False, eq=False, slots=slots)
        own = vars(kind)
        fields = dataclasses.fields(made)
        if "__repr__" not in own:
            made.__repr__ = _repr([field.name for field in fields if field.repr])
        if eq:
            _add_equality(made, own, [field.name for field in fields if field.compare], hashed=frozen)
        return made


def asdict(record: Any) -> dict[str, Any]:
    """As ``dataclasses.asdict``, much faster: lists, tuples and dicts are new, what else they hold is not."""
    return {name: _plain(getattr(record, name)) for name in type(record).__dataclass_fields__}


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _LEAVES:
        return value
    if kind in (list, tuple):
        return kind(map(_plain, value))
    if kind is dict:
        return {key: _plain(one) for key, one in value.items()}
    return asdict(value) if hasattr(kind, "__dataclass_fields__") else value


def _repr(names: list[str]) -> Callable[[Any], str]:
    def written(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return written


def _add_equality(made: Any, own: Any, names: list[str], *, hashed: bool) -> None:
    """Equal are two of the same class with equal values. One of which values can change has no hash."""
    values = attrgetter(*names) if len(names) > 1 else _few(names)

    def equal(self: Any, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    if "__eq__" not in own:
        made.__eq__ = equal
    if "__hash__" not in own:
        made.__hash__ = (lambda self: hash(values(self))) if hashed else None


def _few(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """``attrgetter`` gives the value of one name itself, not a tuple of it."""
    return lambda one: tuple(getattr(one, name) for name in names)
