"""The engines of a run on several machines: hired where there is room, looked at before they work, replaced when lost.

An engine is asked three things: where it is and by what it makes rows, to load its models, and then piece after piece
of work. One that would write other rows than those of this machine keeps its place and gets no work: its room would
only be given to another one like it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from enum import Enum, auto
from typing import Any, Protocol

from j2a.errors import EngineError, J2AError
from j2a.folder.hand import error_of, made_by
from j2a.records import dataclass

NOBODY_S = 60.0  # without any engine, or one that loads
_LOOKED_AFTER_S = 5.0  # for machines that have come
_RESTED_S = 2.0  # after one that was lost before it had said a word: the next one may be put at the same place
_HOPELESS, _HOPELESS_S = 3, 30.0  # after so many in a row that cannot be made at all
GO_ON = "What was written is kept; go on with --resume."


class LostError(Exception):
    """An engine, or its machine, did not answer and will not. ``hopeless``: it could not be made at all."""

    def __init__(self, why: str, *, hopeless: bool = False) -> None:
        super().__init__(why)
        self.hopeless = hopeless


class Cluster(Protocol):
    """Machines that run engines (:class:`~j2a.folder.hand.Hand`); a hand and an asked question are its own business."""

    def room(self) -> int:
        """How many engines fit on the machines that are there now."""

    def hire(self, number: int) -> Any:
        """A new engine, wherever there is room, once there is; never blocks."""

    def ask(self, hand: Any, what: str, *arguments: Any) -> Hashable:
        """Call a method of :class:`~j2a.folder.hand.Hand`; what the answer is known by. Never blocks."""

    def ready(self, asked: Sequence[Hashable], timeout_s: float) -> Sequence[Any]:
        """Those that are answered, as soon as there are some."""

    def answer(self, asked: Any) -> dict[str, Any]:
        """The answer of one that is ready. Raises ``LostError``."""

    def dismiss(self, hand: Any) -> None:
        """End an engine; one that cannot be reached, too, should it come back."""


class State(Enum):
    """Of an engine."""

    PLACING = auto()  # waits for room, or is on the way
    LOADING = auto()
    IDLE = auto()
    WORKING = auto()
    REFUSED = auto()  # would write other rows


@dataclass(slots=True, eq=False)
class Member:
    """One engine."""

    hand: Any
    state: State = State.PLACING
    machine: str = ""  # once it has answered
    since: float = 0.0  # when it was hired
    work: Any = None


class Crew:
    """``wanted`` engines at most; without a number as many as there is room for. ``tell`` gets lines for the user."""

    def __init__(
        self, cluster: Cluster, wanted: int | None = None, tell: Callable[[str], None] = lambda line: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster = cluster
        self._wanted = wanted
        self._tell = tell
        self._clock = clock
        self._members: list[Member] = []
        self._asked: dict[Hashable, Member] = {}
        self._made_by = made_by()
        self._models: dict[str, str] | None = None  # of the first engine: all others must have the same
        self._refused: list[J2AError] = []
        self._count = self._hopeless = 0
        self._somebody_at = clock()
        self._rested_at = float("-inf")
        self._looked_at = float("-inf")
        self._room = 1

    @property
    def most(self) -> int:
        """How many engines there may be now."""
        now = self._clock()
        if now - self._looked_at >= _LOOKED_AFTER_S:
            self._looked_at, self._room = now, self._cluster.room()
        return max(1, min(self._room, self._wanted or self._room))

    def hire(self, pieces: int) -> None:
        """Have an engine for each piece of work, as far as there may be so many. Raises ``EngineError`` when nobody is
        there and nobody comes, and what the first refused one met when all are refused."""
        if self._clock() >= self._rested_at:
            while len(self._members) < self.most and self._usable() < pieces:
                self._count += 1
                member = Member(self._cluster.hire(self._count), since=self._clock())
                self._members.append(member)
                self._ask(member, "hello")
        self._check_somebody_is_there()

    def idle(self) -> list[Member]:
        """Those that wait for work."""
        return [member for member in self._members if member.state is State.IDLE]

    def machines(self) -> set[str]:
        """Where engines are that work, or will; "" among them while one may still come from anywhere."""
        now = self._clock()
        return {member.machine for member in self._members if member.state is not State.REFUSED
                and (member.machine or now - member.since < NOBODY_S)}

    def give(self, member: Member, work: Any, task: dict[str, Any]) -> None:
        """``answers`` will name ``work`` with what the engine makes of the task."""
        member.state, member.work = State.WORKING, work
        self._ask(member, "work", task)

    def answers(self, timeout_s: float) -> Iterator[tuple[Member, Any, dict[str, Any] | None]]:
        """Who has done which work, and the answer; ``None`` where the engine was lost. Waits for the first one."""
        for asked in self._cluster.ready(list(self._asked), timeout_s):
            member = self._asked.pop(asked)
            try:
                answer = self._cluster.answer(asked)
            except LostError as lost:
                self._dismiss(member, lost)
                if member.work is not None:
                    yield member, member.work, None
                continue
            if member.state is State.PLACING:
                self._hopeless = 0
                self._placed(member, answer)
            elif member.state is State.LOADING:
                self._loaded(member, answer)
            else:
                work, member.work, member.state = member.work, None, State.IDLE
                yield member, work, answer

    def _ask(self, member: Member, what: str, *arguments: Any) -> None:
        self._asked[self._cluster.ask(member.hand, what, *arguments)] = member

    def _usable(self) -> int:
        """Engines that have work, or could have."""
        return sum(member.state is not State.REFUSED for member in self._members)

    def _placed(self, member: Member, answer: dict[str, Any]) -> None:
        member.machine = answer["machine"]
        differing = _differences(self._made_by, answer["made_by"], "this machine")
        if differing:
            self._refuse(member, EngineError(f"{member.machine} would write other rows: it has {differing}.",
                                             "Install the same J2A there.", title="Cannot use a machine"))
            return
        member.state = State.LOADING
        self._ask(member, "load")

    def _loaded(self, member: Member, answer: dict[str, Any]) -> None:
        if "error" in answer:
            error = error_of(answer["error"])
            error.message = f"{error.message} (on {member.machine})"
            self._refuse(member, error)
            return
        models = answer["models"]
        self._models = self._models or models
        if differing := _differences(self._models, models, "the first engine"):
            self._refuse(member, EngineError(f"{member.machine} would write other rows: it has {differing}.",
                                             "Put the same models there.", title="Cannot use a machine"))
            return
        member.state = State.IDLE

    def _refuse(self, member: Member, why: J2AError) -> None:
        member.state = State.REFUSED
        self._refused.append(why)
        self._tell(str(why))

    def _dismiss(self, member: Member, lost: LostError) -> None:
        self._members.remove(member)
        self._cluster.dismiss(member.hand)
        for other in self._members:  # which may be lost with it, and shall not take work along
            if other.machine == member.machine and other.state is State.IDLE:
                other.state = State.PLACING
                self._ask(other, "hello")
        self._looked_at = float("-inf")  # the machines may be others now
        self._hopeless += lost.hopeless
        if member.state is State.PLACING:
            self._rested_at = self._clock() + (_RESTED_S if self._hopeless < _HOPELESS else _HOPELESS_S)
        if lost.hopeless and self._hopeless >= _HOPELESS and not self._usable():
            raise EngineError(f"No engine can be made on the machines: {lost}", GO_ON)

    def _check_somebody_is_there(self) -> None:
        now = self._clock()
        states = {member.state for member in self._members}
        if states & {State.LOADING, State.IDLE, State.WORKING}:
            self._somebody_at = now
            return
        if states == {State.REFUSED} and len(self._members) >= self.most:
            raise self._refused[0]
        if now - self._somebody_at >= NOBODY_S:
            if self._refused:
                raise self._refused[0]
            raise EngineError(
                f"for {NOBODY_S:.0f} seconds none has had room for an engine.",
                f"Look with `ray status` whether other work has all of them. {GO_ON}", title="No machine is left",
            )


def _differences(wanted: dict[str, str], there: dict[str, str], whose: str) -> str:
    found = [f"{name} {there.get(name, 'none')} ({whose}: {value})" for name, value in wanted.items()
             if there.get(name, "none") != value]
    return ", ".join(found)
