"""What is asked of the engine for the clip on the desk, and how that is stopped."""

from __future__ import annotations

from collections.abc import Sequence

from j2a.caption import Sampling
from j2a.engine.messages import Describe, Done, Event, Extract
from j2a_tui.answers import Answers
from j2a_tui.jobs import Job

VARIANT_TEMPERATURE = 0.8


class Requests(Answers):
    """One request at a time; another one cancels it."""

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
        seed = 1 + max((one.caption.seed for one in self.variants if one.caption), default=0) if variant else 0
        sampling = Sampling(temperature=VARIANT_TEMPERATURE) if variant else Sampling()
        model = self.model
        request_id = self.engine.submit(
            Describe(self.clip, model.version, model.backbone, model.prompt, sampling, seed,
                     correct_figures=model.correct_figures, figures=model.figures,
                     corrections=self.corrections.to_json())
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
        # The last event of a caption that is whole has everything: those before it would only take time from the key.
        for event in events[-1:] if events and isinstance(events[-1], Done) else events:
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
        self.corrections = self.ledger.corrections(self.clip.path)
        self.show(self.ledger.get(self.clip))
        self._reread_at = self._clock()
        return True
