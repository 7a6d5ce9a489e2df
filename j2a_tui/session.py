"""What is being captioned now: the clip, its text, what was measured, the request that runs. Knows no screen.

Everything here runs on the interface's thread.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from j2a.caption import Caption, Sampling
from j2a.clip import Clip
from j2a.engine.client import Engine
from j2a.engine.messages import (
    EMPTY,
    Describe,
    Done,
    EngineDied,
    Event,
    Extract,
    Failed,
    FeatureReady,
    Piece,
    Progress,
)
from j2a.errors import J2AError
from j2a.features.record import Features
from j2a.store import Row, Status, Store
from j2a_tui.ahead import Ahead
from j2a_tui.jobs import Change, Job
from j2a_tui.ledger import Ledger
from j2a_tui.model import Model
from j2a_tui.open_clip import OpenClip
from j2a_tui.unsaved import Saving

PARTIAL_SAVE_S = 0.6  # with the desk's looks of a fifth of a second in between, no word waits for a whole one
VARIANT_TEMPERATURE = 0.8
LOOK_S = 0.8  # what another J2A has written is on the screen this long before a key can have meant it


class Session(OpenClip):
    """The clip on the desk and its way from the engine into the store.

    ``on_problem`` is told what the user should read; nothing of the text is lost by then. ``clock`` is in seconds.
    """

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
        super().__init__()
        self.ledger = Ledger(store, folder, on_problem)
        self.engine = engine
        self.model = Model(engine, version, backbone, on_problem)
        self.ahead = Ahead(engine, self.model)
        self._on_problem = on_problem
        self._clock = clock
        self._reread_at = -math.inf
        self.job: Job | None = None

    def choose(self, version: str, backbone: str) -> None:
        """Use another version or backbone from now on."""
        self.stop()
        self.ahead.clear()
        self.model.version, self.model.backbone = version, backbone
        self.model.load()

    # The clip

    def open(self, clip: Clip | None) -> None:
        """Put a clip on the desk, with what the store has about it; the request for another one is cancelled."""
        if clip == self.clip:
            return
        self.leave()
        self.job = None
        self.begin(clip, self.ledger.get(clip) if clip is not None else None)

    def leave(self) -> None:
        """Cancel what runs; the beginning of a caption is kept."""
        job = self.job
        if job is None:
            return
        if not job.stopping:
            self._cancel(job)
            if not job.replaces:
                self._save_partial(job)
        self._end_job()

    def reread(self) -> bool:
        """Show how the clip stands in the store; False while its caption is being written."""
        if self.clip is None or self.writing:
            return False
        self.show(self.ledger.get(self.clip))
        self._reread_at = self._clock()
        return True

    @property
    def settled(self) -> bool:
        """Whether what another J2A wrote has been on the screen long enough for a decision to be about it."""
        return self._clock() - self._reread_at >= LOOK_S

    # Requests

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

    def describe(self, *, variant: bool = False, over_kept: bool = False, follows: bool = False) -> None:
        """Ask for a caption: greedy, or with ``variant`` sampled with the seed after the one on the desk.

        A text that is ``kept`` stays, unless ``over_kept`` says that it may be replaced. ``follows``: it is asked for
        by itself after a decision. What was written ahead is taken.
        """
        if self.clip is None or self.writing or (self.kept and not over_kept):
            return
        if self.job is not None and self.job.stopping:
            self._end_job()
        written = None if variant or self.text else self.ahead.take(self.clip)
        if written is not None:
            self._take_over(*written, follows)
            return
        self.ahead.pause()
        seed = (self.caption.seed + 1 if self.caption else 1) if variant else 0
        sampling = Sampling(temperature=VARIANT_TEMPERATURE) if variant else Sampling()
        model = self.model
        request_id = self.engine.submit(
            Describe(self.clip, model.version, model.backbone, model.prompt, sampling, seed,
                     correct_figures=model.correct_figures, figures=model.figures)
        )
        self.failure = None
        # A measurement that runs goes on: the engine uses its result.
        before = self.job
        self.job = Job([request_id, *(before.request_ids if before else [])], self.clip, True, model.version,
                       model.backbone, seed, sampling, stage=before.stage if before else "", replaces=bool(self.text),
                       over_kept=over_kept, follows=follows, saved_at=self._clock())

    def _take_over(self, job: Job, events: Sequence[Event], follows: bool) -> None:
        """A request that was begun ahead is the desk's now, as far as it has come."""
        if self.job is not None:
            self._cancel(self.job)
        self.failure = None
        job.follows, job.saved_at = follows, self._clock()
        self.job = job
        for event in events:
            self.handle(event)

    def measure(self) -> None:
        """Ask for the features, unless they are known or on their way."""
        if self.clip is None or self.known or self.job is not None or self.failure is not None:
            return
        self.ahead.pause()
        self.job = Job([self.engine.submit(Extract(self.clip))], self.clip, False)

    def stop(self) -> bool:
        """Stop what runs; the beginning of a caption is kept as a draft, unless it was to replace a text that is kept.

        False when nothing ran.
        """
        job = self.job
        if job is None or job.stopping:
            return False
        self._cancel(job)
        if job.over_kept:
            self._end_job()
            self.show(self.ledger.get(job.clip))
            return True
        self._save_partial(job)
        if job.writes:
            job.stopping = True  # its Done still brings the provenance
        else:
            self._end_job()
        return True

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
        self.ledger.end_action(joined=job.follows)
        return Change.EVERYTHING | (Change.DUE if job.accepting and not event.cancelled else Change.NOTHING)

    def _take_caption(self, job: Job, caption: Caption) -> None:
        """Save it and show it; where another J2A has accepted or edited the window meanwhile, that stays."""
        if self._save(job.clip, lambda store: store.save_generated(job.clip, caption, over_kept=job.over_kept)):
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
        caption = Caption(text, job.version, job.backbone, "", "", "", job.seed, job.sampling, self.features)
        if not self._save(job.clip, lambda store: store.save_generated(job.clip, caption)):
            job.replaces = True  # another J2A's words are there

    # Decisions

    def edit(self, text: str) -> None:
        """Replace the text by hand; it is saved at once."""
        clip = self.clip
        if clip is None or text == self.text:
            return
        self._forget_stopped()
        self.text = text
        self._save(clip, lambda store: store.edit(clip, text))

    def end_edit(self) -> None:
        """The edits since the last action are taken back together by one undo."""
        self.ledger.end_action()

    def _forget_stopped(self) -> None:
        """The end of a request that was stopped must not replace what the user does after that."""
        if self.job is not None and self.job.stopping:
            self._end_job()

    def accept_when_whole(self) -> None:
        """Accept the caption that is being written, as soon as its last word is there."""
        if self.job is not None and self.writing:
            self.job.accepting = True

    def decide(self, status: Status) -> bool:
        """Set the status of the clip; False when it could not be saved."""
        clip = self.clip
        if clip is None:
            return False
        self._forget_stopped()
        if self.ledger.changed_elsewhere(clip) or not self.settled:
            self.show(self.ledger.get(clip))
            self._on_problem(J2AError("This is how it stands now.", "Look at it, and decide again.",
                                      title="Another J2A has changed this caption"))
            return False
        saved = self._save(clip, lambda store: store.set_status(clip, status))
        self.ledger.end_action()
        return saved

    def undo(self) -> Row | None:
        """Take back the last action, of whichever clip; the row as it is then, ``None`` when there is none."""
        self.leave()
        return self._show_row(self.ledger.undo())

    def redo(self) -> Row | None:
        """Make it again."""
        self.leave()
        return self._show_row(self.ledger.redo())

    def _show_row(self, row: Row | None) -> Row | None:
        if row is not None:
            self.job = None
            self.begin(row.clip, row)
        return row

    def _save(self, clip: Clip, change: Callable[[Saving], Row]) -> bool:
        row = self.ledger.save(clip, change)
        if row is not None and clip == self.clip:
            self.status, self.caption = row.status, row.caption
        return row is not None
