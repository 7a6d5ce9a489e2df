"""One run over a folder: some engines measure, one writes, rows are appended in order.

Everything happens on the caller's thread, driven by the engines' events.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

from j2a.caption import Caption, Sampling
from j2a.clip import Clip
from j2a.engine.client import STOPPED
from j2a.engine.messages import DescribeMany, Done, Event, Extract, Failed, Load
from j2a.errors import AudioError
from j2a.features.corrections import NONE, Corrections
from j2a.features.record import Engine, Features
from j2a.features.vote import vote
from j2a.folder.books import TOLD_AFTER_S, Books, Tally
from j2a.folder.engines import WRITER, Engines, OwnEngines
from j2a.folder.plan import VOTERS, Broken, Planned, section_of
from j2a.folder.shortage import Shortage, was_ended_for_memory
from j2a.records import dataclass

_TRIES = 2


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


@dataclass(slots=True, eq=False)
class _Slot:
    """A clip on its way."""

    planned: Planned
    found: bool  # its row is there: it is measured to vote only
    copied: bool = False  # from the row of a clip that sounds the same: no engine knows of it
    tries: int = 0
    measured: Features | None = None
    features: dict[str, Any] | None = None  # the same, after the vote of its section, and as corrected

    @property
    def original(self) -> Clip | None:
        """The clip that sounds the same."""
        clip, like = self.planned.clip, self.planned.like
        return None if like is None else Clip(like, clip.start_s, clip.end_s)


class FolderRun:
    """Captions what is planned and enters it in ``books``. ``said_of`` knows what a person says of a file.

    Without ``engines`` it has its own, ``settings.workers`` of them to measure.
    """

    def __init__(
        self,
        planned: Iterator[Planned | Broken],
        books: Books,
        settings: Settings,
        said_of: Callable[[Path], Corrections] = lambda path: NONE,
        engines: Engines | None = None,
    ) -> None:
        self._planned: Iterator[tuple[object, Iterator[Planned | Broken]]] | None
        self._planned = itertools.groupby(planned, section_of)
        self._books = books
        self._settings = settings
        self._said_of = said_of
        self._order: deque[_Slot] = deque()  # in the order of the plan; measured, or to be measured
        self._waiting: deque[_Slot] = deque()  # those of them that no engine measures yet
        self._voting: dict[tuple[int, int], list[_Slot]] = {}  # (file, section): what is not measured throughout yet
        self._measuring: list[_Slot | None] = [None] * settings.workers
        self._resting: set[int] = set()  # measurers that the memory has no room for
        self._shortage = Shortage()
        self._batch: list[_Slot] = []  # with the writer
        self._batch_tries = self._load_tries = 0
        self._alone = 0  # so many clips go to the writer one by one
        self._writer_ready = False
        self._own_engines = engines is None
        self.engines: Engines = engines or OwnEngines(settings.workers)

    def run(self) -> Tally:
        """Go on until everything is written. Raises ``J2AError`` when that is not possible."""
        try:
            self._load()
            self._books.tell_in_time()
            while True:
                self._measure()
                self._write()
                if self._planned is None and not self._order and not self._batch:
                    return self._books.tally
                with contextlib.suppress(queue.Empty):
                    self._handle(*self.engines.events.get(timeout=TOLD_AFTER_S))
                self._books.tell_in_time()
        finally:
            if self._own_engines:
                self.engines.close()

    def _load(self) -> None:
        self._load_tries += 1
        self.engines.submit(WRITER, Load(self._settings.version, self._settings.backbone, measures=False))

    def _measure(self) -> None:
        """Give every idle measurer the next clip, unless too many wait to be written."""
        room = max(2 * self._settings.batch, VOTERS) + self._settings.workers
        for number, busy in enumerate(self._measuring):
            while busy is None and not self._waiting and self._planned is not None and len(self._order) < room:
                self._take_section()
            if busy is None and self._waiting and number not in self._resting:
                self._submit(number, self._waiting.popleft())

    def _submit(self, number: int, slot: _Slot) -> None:
        slot.tries += 1
        self._measuring[number] = slot
        self.engines.submit(number, Extract(slot.planned.clip, self._settings.features_engine))

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
            elif item.clip.path not in self._books.given_up:
                slots.append(_Slot(item, self._books.rows.has(item.clip), copied=item.like is not None))
        self._books.tally.found += sum(slot.found for slot in slots)
        if all(slot.found for slot in slots):
            return
        self._order.extend(slots)
        if not slots[0].copied:
            self._to_be_measured(slots)

    def _to_be_measured(self, slots: list[_Slot], *, first: bool = False) -> None:
        """Clips that vote together, before all others where they are what everything waits for."""
        if first:
            self._waiting.extendleft(reversed(slots))
        else:
            self._waiting.extend(slots)
        self._voting[_section(slots[0])] = slots

    def _write(self) -> None:
        """Give the writer a batch when it is idle and enough clips are measured, or no more will be."""
        if not self._writer_ready or self._batch:
            return
        while self._order and self._order[0].copied:
            self._copy_section()
        size = 1 if self._alone else self._settings.batch
        ready = list(itertools.takewhile(lambda slot: slot.features, itertools.islice(self._order, size)))
        before_copies = len(self._order) > len(ready) and self._order[len(ready)].copied
        if not ready or not (len(ready) == size or before_copies or (self._planned is None and not self._voting)):
            return
        for _ in ready:
            self._order.popleft()
        self._alone = max(0, self._alone - 1)
        self._batch, self._batch_tries = ready, 0
        self._submit_batch()

    def _copy_section(self) -> None:
        """The next section gets the rows of the file that sounds the same; where some are missing it is measured."""
        key = _section(self._order[0])
        slots = list(itertools.takewhile(lambda slot: slot.copied and _section(slot) == key, self._order))
        pairs = [(slot.planned.clip, slot.original) for slot in slots if slot.original and not slot.found]
        if all(self._books.rows.can_copy(original) for _, original in pairs):
            self._books.copied(key[0], pairs)
            for _ in slots:
                self._order.popleft()
            return
        for slot in slots:
            slot.copied = False
        self._to_be_measured(slots, first=True)

    def _submit_batch(self) -> None:
        self._batch_tries += 1
        settings = self._settings
        clips = [slot.planned.clip for slot in self._batch]
        features = [slot.features or {} for slot in self._batch]
        self.engines.submit(
            WRITER,
            DescribeMany(
                clips, features, settings.version, settings.backbone, settings.prompt, settings.sampling,
                settings.seed, settings.correct_figures, settings.figures,
            ),
        )  # fmt: skip

    def _handle(self, number: int, event: Event) -> None:
        if isinstance(event, Done | Failed):
            if number == WRITER:
                self._written(event)
            else:
                self._measured(number, event)

    def _measured(self, number: int, event: Done | Failed) -> None:
        slot = self._measuring[number]
        assert slot is not None
        if isinstance(event, Failed) and self._tried_again(number, slot, event):
            return
        self._measuring[number] = None
        if isinstance(event, Done):
            slot.measured = Features.from_json(event.result)
            self._shortage.measured(slot.planned.clip)
            self._books.measured(slot.planned.clip.path)
        else:
            self._shortage.failed(slot.planned.clip, event)
            self._order.remove(slot)  # else clips that fail could take all the room, and nothing would go on
            self._fail(slot.planned.clip.path, str(event.as_error()))
        self._vote(slot)

    def _tried_again(self, number: int, slot: _Slot, event: Failed) -> bool:
        """Whether a clip gets another try; by one engine less, of several, where the memory is short."""
        if was_ended_for_memory(event) and len(self._resting) + 1 < len(self._measuring):
            self._resting.add(number)
            self._measuring[number] = None
            self._waiting.appendleft(slot)
        elif event.title == STOPPED and slot.tries < _TRIES:
            self._submit(number, slot)
        else:
            return False
        return True

    def _vote(self, last: _Slot) -> None:
        """Once a section is measured throughout, its windows agree on a tempo; those without a row can be written."""
        key = _section(last)
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
            clips = [slot.planned.clip for slot in self._batch]
            self._books.written(self._batch[-1].planned.file, clips, captions)
            self._batch = []

    def _leave_out(self, event: Failed) -> None:
        """A clip could be measured, but not listened to. Which one shows when they are written one by one."""
        if len(self._batch) == 1:
            self._fail(self._batch[0].planned.clip.path, str(event.as_error()))
        else:
            self._order.extendleft(reversed(self._batch))
            self._alone = len(self._batch)
        self._batch = []

    def _fail(self, path: Path, reason: str) -> None:
        """A file that is given up with it has no more clips."""
        if self._books.fail(path, reason):
            for slot in [slot for slot in self._waiting if slot.planned.clip.path == path]:
                self._waiting.remove(slot)
                self._order.remove(slot)


def _section(slot: _Slot) -> tuple[int, int]:
    return section_of(slot.planned)
