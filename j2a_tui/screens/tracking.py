"""Long tracks: windows laid over the whole file, one after the other, and a map of those that have captions."""

from __future__ import annotations

from pathlib import Path

from j2a.clip import Clip
from j2a.engine.messages import Done, Event, Extract, Failed, FeatureReady
from j2a.errors import StoreError
from j2a.library import Track
from j2a_tui import plans
from j2a_tui.bindings import with_keys
from j2a_tui.display import clean
from j2a_tui.jobs import Change
from j2a_tui.overview import Place, places
from j2a_tui.screens.listening import Listening
from j2a_tui.widgets.lanes import Mark
from j2a_tui.windows import Window


class Tracking(Listening):
    """The desk, over whole tracks."""

    _planned: tuple[Path | None, list[Window]] = (None, [])  # of which file
    _bars: tuple[int, Path, int] | None = None  # the request for the downbeats of a file, and how many bars are wanted
    _downbeats: tuple[Path | None, list[float]] = (None, [])  # of the last whole file that was asked for

    # The windows of the open file

    @property
    def planned(self) -> list[Window]:
        """Windows of the open file that shall be captioned."""
        if self._planned[0] != self._path:
            self._planned = self._path, plans.read(self._path) if self._path is not None else []
        return self._planned[1]

    @property
    def places(self) -> list[Place]:
        """Every window of the open file that has a caption or a decision, or shall have one; in time."""
        if self._path is None:
            return []
        return places(self.session.ledger.catalogue.of(self._path), self.planned, self.transport.duration_s)

    def open(self, track: Track | None, window: Window | None = None) -> None:
        """Another file: the bars of the one before are not wanted any more."""
        self.stop_finding_bars()
        super().open(track, window)

    def show_change(self, change: Change) -> None:
        """Draw what changed."""
        super().show_change(change)
        if self.is_mounted and Change.STATUS in change:
            self._show_marks()

    def take_window(self) -> None:
        """The window is another one."""
        super().take_window()
        self._show_marks()

    def _show_marks(self) -> None:
        self.waveform.set_marks([Mark(place.window.start_s, place.window.end_s, place.letter, place.stands)
                                 for place in self.places])

    def open_window(self, window: Window) -> None:
        """Bring a window of the open file onto the desk, with its caption."""
        duration_s = self.transport.duration_s
        if duration_s is not None and window != self.transport.window:
            self.close_editor()
            self.transport.set_window(window.within(duration_s))
            self.take_window()
            self.follow()

    def go_to_planned(self, direction: int) -> bool:
        """To the next planned window of this file without a decision, or back to one; False when there is none."""
        here = self.transport.window
        planned = set(self.planned)
        from_s = here.start_s if here in planned else here.start_s - direction / 1000  # one that begins here counts
        found = [place.window for place in self.places if place.open and place.window in planned
                 and (place.window.start_s - from_s) * direction > 0]
        if not found:
            return False
        self.open_window(found[0] if direction > 0 else found[-1])
        return True

    def coming_windows(self, count: int) -> list[Clip]:
        """The next planned windows that have nothing yet, as clips."""
        if self._path is None:
            return []
        here = self.transport.window
        planned = set(self.planned)
        new = [place.window for place in self.places if place.stands == "new" and place.window in planned
               and place.window.start_s > here.start_s]
        return [Clip(self._path, window.start_s, window.end_s) for window in new[:count]]

    # The map

    def action_map(self) -> None:
        """The windows in time."""
        if not self.ready_for("map"):
            return
        if not self.places:
            self.say("There is no caption in this file yet; M lays windows over the whole of it.")
            return
        from j2a_tui.screens.caption_map import CaptionMap

        self.app.push_screen(CaptionMap(self.places, self.transport), self._window_chosen)

    def _window_chosen(self, window: Window | None) -> None:
        if window is not None:
            self.open_window(window)
            self.transport.seek(window.start_s)
            self.follow()

    # Planning

    def action_plan(self) -> None:
        """Ask which windows, for the whole file."""
        if not self.ready_for("plan"):
            return
        from j2a_tui.screens.plan import PlanScreen

        self.app.push_screen(PlanScreen(self.transport.window.length_s, len(self.planned)), self._plan)

    def action_plan_window(self) -> None:
        """The window on the desk is one to caption."""
        if self._duration() is not None:
            self._keep_plan([*self.planned, self.transport.window])

    def _plan(self, answer: str | None) -> None:
        duration_s = self.transport.duration_s
        if answer is None or duration_s is None or self._path is None:
            return
        if answer == "clear":
            self._keep_plan([])
        elif answer == "fixed":
            from j2a.folder.plan import windows

            length_s = self.transport.window.length_s
            self._keep_plan([Window(*one) for one in windows(duration_s, length_s)])
        else:
            self._plan_bars(self._path, int(answer), duration_s)

    def _plan_bars(self, path: Path, bars: int, duration_s: float) -> None:
        if self._downbeats[0] == path:
            self._lay_bars(path, bars)
            return
        self.stop_finding_bars()
        self.session.ahead.pause()
        self._bars = self.session.engine.submit(Extract(Clip(path, 0.0, duration_s))), path, bars
        self.say(with_keys("The bars of the whole track are being found; {stop} stops."))

    def take_other_event(self, event: Event) -> None:
        """Answers that are not about the clip."""
        super().take_other_event(event)
        if self._bars is None or event.request_id != self._bars[0]:
            return
        request_id, path, bars = self._bars
        if isinstance(event, FeatureReady) and event.name == "downbeats":
            self.session.engine.cancel(request_id)  # the rest of the file's features is not wanted
            self._bars = None
            self._downbeats = path, list(event.value or ())
            self._lay_bars(path, bars)
        elif isinstance(event, Failed):
            self._bars = None
            self.say(clean(f"{event.title}: {event.message}"))
        elif isinstance(event, Done):
            self._bars = None

    def _lay_bars(self, path: Path, bars: int) -> None:
        duration_s = self.transport.duration_s
        if path != self._path or duration_s is None:
            return  # it was left meanwhile
        windows = plans.of_bars(self._downbeats[1], bars, duration_s)
        if windows:
            self._keep_plan(windows)
        else:
            self.say("No bars were found in this track: windows of one length can be laid over it instead.")

    def stop_finding_bars(self) -> bool:
        """Stop it; False when nothing was being found."""
        if self._bars is None:
            return False
        self.session.engine.cancel(self._bars[0])
        self._bars = None
        return True

    def _keep_plan(self, windows: list[Window]) -> None:
        assert self._path is not None
        try:
            self._planned = self._path, plans.write(self._path, windows)
        except StoreError as error:
            self.tell(error)
            return
        self._show_marks()
        count = len(self._planned[1])
        planned = f"{count} window{'' if count == 1 else 's'} planned: n goes through them, m maps them."
        self.say(planned if count else "No windows are planned now; captions stay.")
