"""A request that is with the engine, and what an event changed on the desk."""

from __future__ import annotations

from dataclasses import field
from enum import Flag, auto

from j2a.caption import Sampling
from j2a.clip import Clip
from j2a.records import dataclass


class Change(Flag):
    """What an event changed, so that only that is drawn again."""

    NOTHING = 0
    TEXT = auto()
    FEATURES = auto()
    STAGE = auto()
    STATUS = auto()
    MODEL = auto()
    DUE = auto()  # the caption that was accepted while it was written is whole
    EVERYTHING = TEXT | FEATURES | STAGE | STATUS | MODEL


@dataclass(slots=True)
class Job:
    """A request that is with the engine."""

    request_ids: list[int]  # the request itself, and before it a measurement of the same clip that still runs
    clip: Clip
    writes: bool  # Describe; otherwise Extract
    version: str = ""
    backbone: str = ""
    seed: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    stage: str = ""
    fraction: float | None = None
    written: str = ""  # pieces so far
    replaces: bool = False  # the window had a text before
    over_kept: bool = False  # also one that only an explicit act may replace
    follows: bool = False  # by itself after a decision: one undo takes both back
    accepting: bool = False  # it was accepted already; that is done when it is whole
    stopping: bool = False
    saved_at: float = 0.0
    saved: str = ""  # of what is written, what the store has
