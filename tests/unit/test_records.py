"""``j2a.records.dataclass`` beside Python's own: what it makes behaves the same."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from j2a import records
from j2a.clip import Clip
from j2a.features.record import Chord, Features


def made(dataclass: Any, **how: bool) -> type[Any]:
    """The same class by one or the other."""

    class Point:
        """A place."""

        x: int
        names: list[str] = dataclasses.field(default_factory=list, compare=False, repr=False)
        far: float = 1.5

    return dataclass(**how)(Point)  # type: ignore[no-any-return]


class Odd:
    """What has a text and an equality of its own."""

    x: int

    def __repr__(self) -> str:
        return "odd"

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7


ASKED: list[Callable[[type[Any]], object]] = [
    lambda kind: repr(kind(3, ["a"])),
    lambda kind: kind(3, ["a"]) == kind(3, ["b"]),
    lambda kind: kind(3) == kind(4),
    lambda kind: kind(3) != kind(3, far=2.0),
    lambda kind: kind(3) == (3, 1.5),
    lambda kind: kind.__hash__ is None,
    lambda kind: dataclasses.asdict(kind(3, ["a"])),
    lambda kind: repr(dataclasses.replace(kind(3), x=4)),
    lambda kind: kind.__match_args__,
    lambda kind: hasattr(kind(3), "__dict__"),
]


@pytest.mark.parametrize("how", [{}, {"frozen": True}, {"slots": True}, {"frozen": True, "slots": True}], ids=str)
def test_it_behaves_as_pythons_own(how: dict[str, bool]) -> None:
    ours, theirs = made(records.dataclass, **how), made(dataclasses.dataclass, **how)

    assert [ask(ours) for ask in ASKED] == [ask(theirs) for ask in ASKED]
    if how.get("frozen"):
        assert hash(ours(3, ["a"])) == hash(ours(3, ["b"])) == hash(theirs(3, ["c"]))


def test_without_equality_it_is_itself_alone() -> None:
    kind = made(records.dataclass, eq=False)
    one = kind(3)

    assert one == one and one != kind(3) and len({one, kind(3)}) == 2


def test_methods_of_its_own_stay() -> None:
    kind: Any = records.dataclass(frozen=True)(Odd)

    assert (repr(kind(1)), kind(1) == 5, hash(kind(1))) == ("odd", True, 7)


def test_one_without_fields_equals_another() -> None:
    kind: Any = records.dataclass(frozen=True, slots=True)(type("Nothing", (), {"__doc__": "Nothing."}))

    assert kind() == kind() and hash(kind()) == hash(kind()) and repr(kind()) == "Nothing()"


def test_one_field_is_compared_as_several_are() -> None:
    """A value that is the same object is equal, and what arrays compare to is no answer."""
    kind: Any = records.dataclass(frozen=True)(type("One", (), {"__annotations__": {"x": Any}, "__doc__": "One."}))
    none, values = float("nan"), np.zeros(2)

    assert kind(none) == kind(none)
    assert (kind(values) == kind(values)) is True
    assert hash(kind(3)) == hash((3,))


def test_it_can_be_copied() -> None:
    clip = Clip(Path("a.wav"), 1.0, 2.0)

    assert copy.deepcopy(clip) == clip


def test_as_a_dict_it_is_as_pythons_own_and_shares_no_list() -> None:
    record = Features(bpm=120.0, beats=[0.5, 1.0], chords=[Chord(0.0, 1.0, "C")], unknown={"key": "none"})

    made = records.asdict(record)

    assert made == dataclasses.asdict(record)
    assert made["beats"] is not record.beats and made["unknown"] is not record.unknown
