"""Memory that runs out in a run over a folder: one clip may be too long for the machine, clip after clip is not."""

from __future__ import annotations

import math

from j2a.address_space import MEMORY_TITLE
from j2a.clip import Clip
from j2a.engine.client import STOPPED
from j2a.engine.memory import MEMORY_HINT
from j2a.engine.messages import Failed
from j2a.errors import EngineError

_MOST_IN_A_ROW = 2
_HINT = (
    "Close other programs, or take fewer clips at a time (--workers 1, --batch 1) or shorter ones (--window 5), then "
    "run it again."
)


class Shortage:
    """How many clips in a row could not be measured because the memory ran out."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._longest_s = 0.0  # of those that could

    def measured(self, clip: Clip) -> None:
        """There was memory enough for this one."""
        self._in_a_row = 0
        self._longest_s = max(self._longest_s, _length_s(clip))

    def failed(self, clip: Clip, event: Failed) -> None:
        """Raises ``EngineError`` where going on would have every further clip fail the same way.

        One that is longer than all that could be measured says nothing of the others.
        """
        if not is_for_memory(event) or 0 < self._longest_s < _length_s(clip):
            return
        self._in_a_row += 1
        if self._in_a_row >= _MOST_IN_A_ROW:
            raise EngineError("The memory ran out for one clip after the other, so the others were not tried.", _HINT)


def is_for_memory(event: Failed) -> bool:
    """Whether an engine failed or ended because the system gave it no memory."""
    return event.title == MEMORY_TITLE or was_ended_for_memory(event)


def was_ended_for_memory(event: Failed) -> bool:
    """Whether the system ended the engine's process for the memory that it had, which is free again."""
    return event.title == STOPPED and event.hint == MEMORY_HINT


def _length_s(clip: Clip) -> float:
    return (math.inf if clip.end_s is None else clip.end_s) - clip.start_s
