"""Two versions on one clip, shown without their names: which caption is the better one. Knows no screen."""

from __future__ import annotations

import random

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.engine.messages import Describe, Done, Event, Failed
from j2a.errors import J2AError
from j2a.features.record import Features
from j2a.store.tally import Maker, Tally, maker_of, tally
from j2a.store.variants import Choice, Pick, Variant
from j2a_tui.session import Session


class Blind:
    """One clip at a time: what both wrote, the order in which it is shown, what was picked.

    What a version has written for the window before, asked as now, is taken; the rest is asked for.
    """

    def __init__(self, session: Session, one: Maker, other: Maker, order: random.Random | None = None) -> None:
        self.makers = (one, other)
        self.failure: Failed | None = None
        self.picked: Choice | None = None
        self._session = session
        self._order = order or random.Random()
        self._swapped = False
        self._texts: list[Variant | None] = [None, None]
        self._asked: dict[int, int] = {}  # request -> whose
        self._last = 0  # whose model is likely in memory
        self._measured = Features()
        self._clip: Clip | None = None
        self._picks = self._picks_before()

    def begin(self) -> None:
        """The clip on the desk."""
        session = self._session
        self.leave()
        self.failure, self.picked, self._clip = None, None, session.clip
        self._measured = session.measured
        self._swapped = self._order.random() < 0.5
        self._texts = [self._written(maker) for maker in self.makers]
        if session.clip is None:
            return
        for place in (self._last, 1 - self._last):  # the engine holds one model at a time
            if self._texts[place] is None:
                model, (version, backbone) = session.model, self.makers[place]
                request = Describe(
                    session.clip, version, backbone, model.prompt, correct_figures=model.correct_figures,
                    figures=model.figures, corrections=session.corrections.to_json(),
                )  # fmt: skip
                self._asked[session.engine.submit(request)] = place
                self._last = place

    def leave(self) -> None:
        """What is not written yet is not wanted any more."""
        for request_id in self._asked:
            self._session.engine.cancel(request_id)
        self._asked.clear()

    def take(self, event: Event) -> bool:
        """Take in an answer; False for any other event, and for what shows nothing."""
        if event.request_id not in self._asked:
            return False
        match event:
            case Done():
                place = self._asked.pop(event.request_id)
                caption = Caption.from_json(event.result)
                self._measured = caption.features
                self._texts[place] = Variant.of(caption.text, caption)
            case Failed():
                self.leave()
                self.failure = event
            case _:
                return False
        return True

    @property
    def shown(self) -> tuple[Variant, Variant] | None:
        """The left and the right one; ``None`` until both are whole: who is faster must not show."""
        one, other = self._texts
        if one is None or other is None:
            return None
        return (other, one) if self._swapped else (one, other)

    def pick(self, choice: Choice) -> bool:
        """This one; False when there is nothing to pick, or it was picked, or it cannot be saved."""
        shown = self.shown
        if shown is None or self.picked is not None or self._session.clip != self._clip:
            return False
        if not self._session.keep_pick(*shown, choice, self._measured):
            return False
        self.picked = choice
        self._picks = [*self._picks, Pick(*shown, choice, "", "")]
        return True

    def take_back(self) -> bool:
        """The pick of this clip; False where there is none."""
        if self.picked is None or self._session.undo() is None:
            return False
        self.picked = None
        self._picks = self._picks[:-1]
        return True

    @property
    def tally(self) -> Tally:
        """How the first one has fared against the second, in the whole folder."""
        return tally(self._picks, *self.makers)

    def _picks_before(self) -> list[Pick]:
        ledger = self._session.ledger
        try:
            return ledger.saved.picks(ledger.folder)
        except J2AError as error:
            ledger.on_problem(error)
            return []

    def _written(self, maker: Maker) -> Variant | None:
        """What a version has written for the window, asked as it would be asked now, and no hand has changed."""
        model = self._session.model
        for variant in self._session.variants:
            caption = variant.caption
            if (
                caption is not None and maker_of(variant) == maker and not caption.sampling.temperature
                and caption.prompt_id.partition("/")[2] == model.prompt
                and ("-no-figures/" not in caption.prompt_id) == model.figures
                and variant.text.strip() == caption.text.strip() and bool(caption.written) <= model.correct_figures
            ):
                return variant
        return None
