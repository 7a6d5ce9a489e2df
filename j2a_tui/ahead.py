"""Captions of the next clips, written before they are opened. Knows no screen.

Nothing of them is saved until a clip is opened and its caption asked for: then its events are told as if they came now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from pathlib import Path

from j2a.clip import Clip
from j2a.engine.client import Engine
from j2a.engine.messages import Describe, Done, Event, Failed
from j2a.features.corrections import Corrections
from j2a.records import dataclass
from j2a_tui.jobs import Job
from j2a_tui.model import Model

CLIPS = 3  # that are written ahead
KEPT = 8  # captions that are kept for clips that were jumped over


@dataclass(slots=True)
class Written:
    """A request for a clip, and what the engine has answered so far."""

    job: Job
    asked: tuple[str, str, str, bool]  # version, backbone, prompt, figures
    events: list[Event] = field(default_factory=list)


class Ahead:
    """One request at a time, and only while the desk has none. ``said_of`` knows what a person says of a file."""

    def __init__(self, engine: Engine, model: Model, said_of: Callable[[Path], Corrections]) -> None:
        self._engine = engine
        self._model = model
        self._said_of = said_of
        self._wanted: list[Clip] = []
        self._whole: dict[Clip, Written] = {}  # oldest first
        self._running: Written | None = None

    @property
    def _asked(self) -> tuple[str, str, str, bool]:
        return self._model.version, self._model.backbone, self._model.prompt, self._model.figures

    def plan(self, clips: Sequence[Clip]) -> None:
        """These come next; whatever is written for another clip is dropped."""
        self._wanted = list(clips)
        if self._running is not None and self._running.job.clip not in self._wanted:
            self.pause()

    def go_on(self) -> None:
        """Ask for the next clip, unless one is being written."""
        if self._running is not None and self._running.asked == self._asked:
            return
        self.pause()
        for clip in self._wanted:
            if self.has(clip):
                continue
            model = self._model
            request = Describe(
                clip, model.version, model.backbone, model.prompt,
                correct_figures=model.correct_figures, figures=model.figures,
                corrections=self._said_of(clip.path).to_json(),
            )  # fmt: skip
            job = Job([self._engine.submit(request)], clip, True, model.version, model.backbone)
            self._running = Written(job, self._asked)
            return

    def pause(self) -> None:
        """Let go of what is being written: the desk needs the engine."""
        if self._running is not None:
            self._engine.cancel(self._running.job.request_ids[0])
            self._running = None

    def clear(self) -> None:
        """Nothing of it is of use any more."""
        self.pause()
        self._wanted.clear()
        self._whole.clear()

    def forget(self, path: Path) -> None:
        """What was written for a file does not know what is said of it now."""
        if self._running is not None and self._running.job.clip.path == path:
            self.pause()
        for clip in [clip for clip in self._whole if clip.path == path]:
            del self._whole[clip]

    def has(self, clip: Clip | None) -> bool:
        """Whether the whole caption of a clip is there, asked as it would be now."""
        written = self._whole.get(clip) if clip is not None else None
        return written is not None and written.asked == self._asked

    def take(self, clip: Clip) -> tuple[Job, Sequence[Event]] | None:
        """The request for a clip, asked as it would be now, and its events so far; it is the desk's from here on."""
        written = self._whole.pop(clip, None)
        if self._running is not None and self._running.job.clip == clip:
            written, self._running = self._running, None
            if written.asked != self._asked:
                self._engine.cancel(written.job.request_ids[0])
        if written is None or written.asked != self._asked:
            return None
        return written.job, written.events

    def handle(self, event: Event) -> bool:
        """Keep an event of what is written ahead; False for any other."""
        written = self._running
        if written is None or event.request_id != written.job.request_ids[0]:
            return False
        written.events.append(event)
        match event:
            case Done():
                self._running = None
                self._whole[written.job.clip] = written
                while len(self._whole) > KEPT:
                    del self._whole[next(iter(self._whole))]
            case Failed():  # whoever opens the clip asks once more, and is told why
                self._running = None
                self._wanted.remove(written.job.clip)
        return True
