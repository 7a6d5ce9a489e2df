"""Machines that are made up: what an engine on one of them answers is what a test says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from j2a.caption import Caption
from j2a.features.record import Features
from j2a.folder.hand import made_by


@dataclass(eq=False)
class FakeHand:
    number: int
    machine: str
    dismissed: bool = False
    worked: int = 0  # tasks given


@dataclass
class FakeCluster:
    """Machines with room for so many engines each. ``answers(hand, what, task)`` says what comes of a question: an
    answer, an error, ``None`` for nothing (yet), or ``...`` for what an engine does as a rule."""

    room_at: dict[str, int]
    answers: Callable[[FakeHand, str, Any], Any] = lambda hand, what, task: ...
    now: float = 0.0
    hands: list[FakeHand] = field(default_factory=list)
    given: list[tuple[FakeHand, str, Any]] = field(default_factory=list)  # by what a question is known by

    def room(self) -> int:
        return sum(self.room_at.values())

    def hire(self, number: int) -> FakeHand:
        taken = Counter(hand.machine for hand in self.hands if not hand.dismissed)
        free = [name for name, room in self.room_at.items() if taken[name] < room]
        self.hands.append(FakeHand(number, min(free, key=lambda name: taken[name]) if free else ""))
        return self.hands[-1]

    def ask(self, hand: FakeHand, what: str, *arguments: Any) -> int:
        hand.worked += what == "work"
        self.given.append((hand, what, arguments[0] if arguments else None))
        return len(self.given) - 1

    def ready(self, asked: Sequence[Any], timeout_s: float) -> Sequence[Any]:
        found = [one for one in asked if self._answer(one) is not None]
        if not found:
            self.now += timeout_s
        return found[::-1]  # whoever was asked last answers first

    def answer(self, asked: int) -> dict[str, Any]:
        answer = self._answer(asked)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def dismiss(self, hand: FakeHand) -> None:
        hand.dismissed = True

    def _answer(self, asked: int) -> Any:
        hand, what, task = self.given[asked]
        if not hand.machine:
            return None  # waits for room
        answer = self.answers(hand, what, task)
        return usual(hand, what, task) if answer is ... else answer


def usual(hand: FakeHand, what: str, task: Any) -> dict[str, Any]:
    if what == "hello":
        return {"machine": hand.machine, "made_by": made_by()}
    if what == "load":
        return {"models": {"weights": "0", "device": "cpu", "precision": "float32"}}
    return {"captions": [[start_s, end_s, caption(f"By {hand.machine}.")] for start_s, end_s, _, found in task["clips"]
                         if not found],
            "measured": len(task["clips"]), "failed": None, "left_out": None}


def caption(text: str) -> dict[str, Any]:
    return Caption(text, "1.0", "mini", "0", "facts-1/describe", "p", 0, features=Features()).to_json()
