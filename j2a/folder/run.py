"""One run over a folder: some engines measure, one writes, rows are appended in order.

Everything happens on the caller's thread, driven by the engines' events.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from j2a import paths
from j2a.caption import Caption, Sampling
from j2a.engine.client import STOPPED, EngineClient
from j2a.engine.messages import EMPTY, DescribeMany, Done, Event, Extract, Failed, Load
from j2a.errors import AudioError
from j2a.features.corrections import NONE, Corrections
from j2a.features.record import Engine, Features
from j2a.features.vote import vote
from j2a.folder.plan import VOTERS, Broken, Planned
from j2a.folder.sheet import Sheet

_WRITER = -1
_TOLD_AFTER_S = 1.0
_TRIES = 2
_GIVEN_UP_AFTER = 10  # sections of a file, one behind the other, that cannot be described
LEFT_OUT = "What comes after them was left out."


@dataclass(frozen=True, slots=True)
class Settings:
    """How the captions are made."""

    version: str = "1.0"
    backbone: str = "mini"
    prompt: str = ""
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    features_engine: Engine = "fast"
    correct_figures: bool = False
    figures: bool = True
    batch: int = 16
    workers: int = 1


@dataclass(slots=True)
class Tally:
    """What happened so far. A file has failed when it cannot be opened, or one of its clips cannot be described."""

    files: int = 0  # files that nothing more is to be done for
    measured: int = 0  # clips, by this run
    captions: int = 0  # written by this run
    found: int = 0  # that were there before
    failed: dict[Path, str] = field(default_factory=dict)
    left_out: dict[Path, str] = field(default_factory=dict)  # failed files whose end was not tried any more


@dataclass(slots=True, eq=False)
class _Slot:
    """A clip on its way."""

    planned: Planned
    found: bool  # its row is there: it is measured to vote only
    tries: int = 0
    measured: Features | None = None
    features: dict[str, Any] | None = None  # the same, after the vote of its section, and as corrected


class FolderRun:
    """Captions what is planned. ``on_progress`` is called whenever the tally has changed, and every second.

    A file of which one section after the other cannot be described is added to ``given_up``, for the plan to go on with
    the next: a header may promise days of sound that is not there. ``said_of`` knows what a person says of a file.
    """

    def __init__(
        self,
        planned: Iterator[Planned | Broken],
        sheet: Sheet,
        settings: Settings,
        on_progress: Callable[[Tally], None] = lambda tally: None,
        given_up: set[Path] | None = None,
        said_of: Callable[[Path], Corrections] = lambda path: NONE,
    ) -> None:
        self._planned: Iterator[tuple[object, Iterator[Planned | Broken]]] | None = itertools.groupby(planned, _section)
        self._sheet = sheet
        self._settings = settings
        self._on_progress = on_progress
        self._told_at = float("-inf")
        self._said_of = said_of
        self._tally = Tally()
        self._given_up = set() if given_up is None else given_up
        self._failures: Counter[Path] = Counter()  # in a row
        self._events: queue.SimpleQueue[tuple[int, Event]] = queue.SimpleQueue()
        self._order: deque[_Slot] = deque()  # in the order of the plan; measured, or to be measured
        self._waiting: deque[_Slot] = deque()  # those of them that no engine measures yet
        self._voting: dict[tuple[int, int], list[_Slot]] = {}  # (file, section): what is not measured throughout yet
        self._measuring: list[_Slot | None] = [None] * settings.workers
        self._batch: list[_Slot] = []  # with the writer
        self._batch_tries = self._load_tries = 0
        self._alone = 0  # so many clips go to the writer one by one
        self._writer_ready = False
        self._measurers = [self._engine(number) for number in range(settings.workers)]
        self._writer = self._engine(_WRITER)

    def run(self) -> Tally:
        """Go on until everything is written. Raises ``J2AError`` when that is not possible."""
        try:
            self._load()
            self._tell_in_time()
            while True:
                self._measure()
                self._write()
                if self._planned is None and not self._order and not self._batch:
                    return self._tally
                with contextlib.suppress(queue.Empty):
                    self._handle(*self._events.get(timeout=_TOLD_AFTER_S))
                self._tell_in_time()
        finally:
            for engine in (*self._measurers, self._writer):
                engine.close()

    def _tell_in_time(self) -> None:
        """How far it is, also while nothing of the tally changes."""
        now = time.monotonic()
        if now - self._told_at >= _TOLD_AFTER_S:
            self._told_at = now
            self._on_progress(self._tally)

    def _load(self) -> None:
        self._load_tries += 1
        self._writer.submit(Load(self._settings.version, self._settings.backbone, measures=False))

    def _engine(self, number: int) -> EngineClient:
        log = paths.engine_log_path()
        name = "caption-writer" if number == _WRITER else f"caption-{number + 1}"
        return EngineClient(
            lambda event: self._events.put((number, event)), log_path=log.with_stem(name), background=True
        )

    def _measure(self) -> None:
        """Give every idle measurer the next clip, unless too many wait to be written."""
        room = max(2 * self._settings.batch, VOTERS) + self._settings.workers
        for number, busy in enumerate(self._measuring):
            while busy is None and not self._waiting and self._planned is not None and len(self._order) < room:
                self._take_section()
            if busy is None and self._waiting:
                self._submit(number, self._waiting.popleft())

    def _submit(self, number: int, slot: _Slot) -> None:
        slot.tries += 1
        self._measuring[number] = slot
        self._measurers[number].submit(Extract(slot.planned.clip, self._settings.features_engine))

    def _take_section(self) -> None:
        """The next clips that vote together, unless all of them have a row."""
        assert self._planned is not None
        key, items = next(self._planned, (None, iter(())))
        if key is None:
            self._planned = None
            return
        slots = []
        for item in items:
            if isinstance(item, Broken):
                self._fail(item.path, item.reason)
            elif item.clip.path not in self._given_up:
                slots.append(_Slot(item, self._sheet.has(item.clip)))
        self._tally.found += sum(slot.found for slot in slots)
        if not all(slot.found for slot in slots):
            self._order.extend(slots)
            self._waiting.extend(slots)
            self._voting[slots[0].planned.file, slots[0].planned.section] = slots

    def _write(self) -> None:
        """Give the writer a batch when it is idle and enough clips are measured, or no more will be."""
        if not self._writer_ready or self._batch:
            return
        size = 1 if self._alone else self._settings.batch
        ready = list(itertools.takewhile(lambda slot: slot.features, itertools.islice(self._order, size)))
        if not ready or (len(ready) < size and (self._planned is not None or self._voting)):
            return
        for _ in ready:
            self._order.popleft()
        self._alone = max(0, self._alone - 1)
        self._batch, self._batch_tries = ready, 0
        self._submit_batch()

    def _submit_batch(self) -> None:
        self._batch_tries += 1
        settings = self._settings
        clips = [slot.planned.clip for slot in self._batch]
        features = [slot.features or {} for slot in self._batch]
        self._writer.submit(
            DescribeMany(
                clips, features, settings.version, settings.backbone, settings.prompt, settings.sampling,
                settings.seed, settings.correct_figures, settings.figures,
            )
        )  # fmt: skip

    def _handle(self, number: int, event: Event) -> None:
        if isinstance(event, Done | Failed):
            if number == _WRITER:
                self._written(event)
            else:
                self._measured(number, event)

    def _measured(self, number: int, event: Done | Failed) -> None:
        slot = self._measuring[number]
        assert slot is not None
        if isinstance(event, Failed) and event.title == STOPPED and slot.tries < _TRIES:
            self._submit(number, slot)
            return
        self._measuring[number] = None
        if isinstance(event, Done):
            slot.measured = Features.from_json(event.result)
            self._tally.measured += 1
            del self._failures[slot.planned.clip.path]
        else:
            self._order.remove(slot)  # else clips that fail could take all the room, and nothing would go on
            self._fail(slot.planned.clip.path, str(event.as_error()))
        self._vote(slot)

    def _vote(self, last: _Slot) -> None:
        """Once a section is measured throughout, its windows agree on a tempo; those without a row can be written."""
        key = last.planned.file, last.planned.section
        if any(slot in self._waiting or slot in self._measuring for slot in self._voting[key]):
            return
        slots = [slot for slot in self._voting.pop(key) if slot.measured is not None]
        for slot, features in zip(slots, vote([slot.measured or Features() for slot in slots]), strict=True):
            clip = slot.planned.clip
            slot.features = self._said_of(clip.path).applied(features, clip).to_json()
            if slot.found:
                self._order.remove(slot)

    def _written(self, event: Done | Failed) -> None:
        if isinstance(event, Failed):
            if event.title == AudioError.title and self._batch:
                self._leave_out(event)
                return
            if event.title != STOPPED or (self._batch_tries if self._batch else self._load_tries) >= _TRIES:
                raise event.as_error()
            if self._batch:
                self._submit_batch()
            else:
                self._load()
            return
        self._writer_ready = True
        if self._batch:
            captions = [Caption.from_json(caption) for caption in event.result["captions"]]
            both = list(zip([slot.planned.clip for slot in self._batch], captions, strict=True))
            for clip in [clip for clip, caption in both if not caption.text.strip()]:
                self._fail(clip.path, f"{clip.path}: {EMPTY} Try again, or another --seed with --temperature.")
            if written := [one for one in both if one[1].text.strip()]:
                self._sheet.append([clip for clip, _ in written], [caption for _, caption in written])
            self._tally.captions += len(written)
            self._tally.files = self._batch[-1].planned.file
            self._batch = []
            self._on_progress(self._tally)

    def _leave_out(self, event: Failed) -> None:
        """A clip could be measured, but not listened to. Which one shows when they are written one by one."""
        if len(self._batch) == 1:
            self._fail(self._batch[0].planned.clip.path, str(event.as_error()))
        else:
            self._order.extendleft(reversed(self._batch))
            self._alone = len(self._batch)
        self._batch = []

    def _fail(self, path: Path, reason: str) -> None:
        self._failures[path] += 1
        if self._failures[path] == _GIVEN_UP_AFTER:
            self._given_up.add(path)
            self._forget([slot for slot in self._waiting if slot.planned.clip.path == path])
            self._tally.left_out[path] = f"{path}: {_GIVEN_UP_AFTER} sections in a row could not be read. {LEFT_OUT}"
            self._on_progress(self._tally)
        if path not in self._tally.failed:
            self._tally.failed[path] = reason
            self._on_progress(self._tally)

    def _forget(self, slots: list[_Slot]) -> None:
        for slot in slots:
            self._waiting.remove(slot)
            self._order.remove(slot)


def _section(item: Planned | Broken) -> tuple[int, int]:
    return (item.file, -1) if isinstance(item, Broken) else (item.file, item.section)
