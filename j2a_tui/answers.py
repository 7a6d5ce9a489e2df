"""What the engine answers, and what becomes of it: features, pieces of text, whole captions, failures."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from j2a.caption import Caption
from j2a.engine.client import Engine
from j2a.engine.messages import EMPTY, Done, EngineDied, Event, Failed, FeatureReady, Piece, Progress
from j2a.errors import J2AError
from j2a.features.record import Features
from j2a.store import Row, Status, Store
from j2a_tui.ahead import Ahead
from j2a_tui.jobs import Change, Job
from j2a_tui.model import Model
from j2a_tui.saved_clip import SavedClip
from j2a_tui.unsaved import Saving

PARTIAL_SAVE_S = 0.6  # with the desk's looks of a fifth of a second in between, no word waits for a whole one


class Answers(SavedClip):
    """The request that runs for the clip on the desk."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        folder: Path,
        version: str,
        backbone: str,
        on_problem: Callable[[J2AError], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(store, folder, on_problem, clock)
        self.engine = engine
        self.model = Model(engine, version, backbone, on_problem)
        self.ahead = Ahead(engine, self.model, self.ledger.corrections)
        self.job: Job | None = None

    @property
    def measuring(self) -> bool:
        """Whether features are still on their way."""
        return self.job is not None and not self.job.stopping and self.job.stage != "writing" and not self.job.written

    @property
    def writing(self) -> bool:
        """Whether a caption is being made, from measuring to its last word."""
        return self.job is not None and self.job.writes and not self.job.stopping

    @property
    def kept(self) -> bool:
        """Whether only an explicit act may replace the text: it was accepted, or somebody wrote in it."""
        return not self.writing and bool(self.text.strip()) and (self.status is Status.ACCEPTED or self.edited)

    def handle(self, event: Event) -> Change:
        """Take in one event of the engine; those of requests that no longer matter change nothing."""
        if isinstance(event, EngineDied):
            self.model.stopped()
            self.ahead.clear()
            return Change.MODEL | Change.STAGE
        if self.model.take(event):
            return Change.MODEL
        job = self.job
        if self.ahead.handle(event) or job is None or event.request_id not in job.request_ids:
            return Change.NOTHING
        match event:
            case Progress():
                job.stage, job.fraction = event.stage, event.fraction
                return Change.STAGE
            case FeatureReady():
                self.take_feature(event)
                return Change.FEATURES
        if event.request_id != job.request_ids[0]:
            return Change.NOTHING
        match event:
            case Piece():
                return Change.NOTHING if job.stopping else self._take_piece(job, event.text)
            case Failed():
                self._take_failure(job, event)
                return Change.EVERYTHING
            case Done():
                return self._take_done(job, event)
        return Change.NOTHING

    def _take_piece(self, job: Job, text: str) -> Change:
        job.written += text
        self.text = job.written.lstrip()
        self.keep_written()
        return Change.TEXT | Change.STAGE

    def keep_written(self) -> None:
        """Save the beginning of a caption, also while the model that writes it pauses. To be called again and again.

        A text that was there before stays in the store until the new one is whole.
        """
        job = self.job
        if job is None or job.stopping or job.replaces or job.written == job.saved:
            return
        if self._clock() - job.saved_at >= PARTIAL_SAVE_S:
            self._save_partial(job)

    def _take_done(self, job: Job, event: Done) -> Change:
        self.stats = event.stats
        self.job = None
        if not job.writes:
            if event.result and not event.cancelled:
                self.take_features(Features.from_json(event.result))
            return Change.FEATURES | Change.STAGE
        if not event.cancelled and not str(event.result.get("text", "")).strip():
            self._take_failure(job, Failed(event.request_id, "No caption", EMPTY, "Ask for another variant."))
            return Change.EVERYTHING
        if event.result and (job.written.strip() or not event.cancelled):
            caption = Caption.from_json(event.result)
            if event.cancelled:
                caption.text = job.written.strip()  # what was on the screen when it was stopped
            self.model.state = "ready"
            self._take_caption(job, caption)
        self.ledger.end_action()
        return Change.EVERYTHING | (Change.DUE if job.accepting and not event.cancelled else Change.NOTHING)

    def _take_caption(self, job: Job, caption: Caption) -> None:
        """Save it and show it; where another J2A has accepted or edited the window meanwhile, that stays."""
        if self._save_answer(job, lambda store: store.save_generated(job.clip, caption, over_kept=job.over_kept)):
            self.text, self.caption = caption.text, caption
            self.take_features(caption.features)
        else:
            self.show(self.ledger.get(job.clip))

    def _take_failure(self, job: Job, event: Failed) -> None:
        if not job.replaces:
            self._save_partial(job)
        elif job.written:  # the whole text that is in the store is worth more than half a new one
            row = self.ledger.get(job.clip)
            self.text = row.text if row else ""
        if job.writes and not self.text.strip():
            self._save_answer(job, lambda store: store.fail(job.clip))
        self._end_job()
        self.failure = event

    def _cancel(self, job: Job) -> None:
        for request_id in job.request_ids:
            self.engine.cancel(request_id)

    def _end_job(self) -> None:
        self.job = None
        self.ledger.end_action()

    def _save_partial(self, job: Job) -> None:
        text = job.written.strip()
        if not (job.writes and text):
            return
        job.saved_at, job.saved = self._clock(), job.written
        caption = Caption(text, job.version, job.backbone, "", "", "", job.seed, job.sampling, self.measured)
        if not self._save_answer(job, lambda store: store.save_generated(job.clip, caption)):
            job.replaces = True  # another J2A's words are there

    def _save_answer(self, job: Job, change: Callable[[Saving], Row]) -> bool:
        """One undo takes back a decision and the caption that followed by itself."""
        if job.follows:
            self.ledger.join_action()
        return self._save(job.clip, change)
