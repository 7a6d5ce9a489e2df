"""Judging: what is put right, which variant stands there, and how two versions compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from j2a.engine.messages import Done, Event, Failed, Inspect
from j2a.store import Row
from j2a_tui.bindings import key_of, with_keys
from j2a_tui.display import clean
from j2a_tui.jobs import Change
from j2a_tui.screens.arranging import Arranging
from j2a_tui.windows import Window

if TYPE_CHECKING:
    from j2a_tui.blind import Blind
    from j2a_tui.screens.blind import BlindScreen
    from j2a_tui.screens.choose import VersionScreen


class Judging(Arranging):
    """The desk without what writes captions."""

    _inspect_id: int | None = None
    _versions: VersionScreen | None = None
    blind: Blind | None = None  # while two versions are compared
    _blind_screen: BlindScreen | None = None

    # Corrections

    def action_correct(self) -> None:
        """Measured values beside yours."""
        from j2a_tui.screens.correct import CorrectScreen

        if not self.ready_for("correct"):
            return
        if not self.session.known and self.session.job is None:
            self.session.measure()
        screen = CorrectScreen(self.session, self.transport, changed=lambda: self.show_change(Change.EVERYTHING),
                               play=self.action_play, step=self._step)
        self.app.push_screen(screen, lambda _: self._ask_to_follow())

    def _step(self, again: bool) -> None:
        if again:
            self.action_redo()
        else:
            self.action_undo()

    def _ask_to_follow(self) -> None:
        """Texts that are kept say otherwise than what was corrected."""
        from j2a_tui.screens.choose import ConfirmScreen

        behind = self.session.kept_behind
        if not behind:
            return
        clip = self.session.clip
        one = len(behind) == 1
        what = "One text of this file that was accepted or edited says" if one else (
            f"{len(behind)} texts of this file that were accepted or edited say"
        )
        question = f"{what} otherwise. Put your figures into {'it' if one else 'them'}? "
        question += with_keys("{undo} takes it back.\n\n")
        question += clean(f"It would read: {behind[0][1]}", multiline=True)

        def follow(yes: bool | None) -> None:
            if yes and clip == self.session.clip:
                self.session.follow_kept()
                self.show_change(Change.EVERYTHING)

        self.app.push_screen(ConfirmScreen(question, "Put them in"), follow)

    # Variants

    def action_choose_variant(self, number: int) -> None:
        """Another caption of the window."""
        self.settle()
        session = self.session
        was_accepted = session.status
        if session.choose_variant(number - 1):
            self.show_change(Change.EVERYTHING)
            if was_accepted is not session.status and was_accepted is not None:
                self.say(f"Variant {number}, as a draft; {key_of('undo')} brings the {was_accepted.value} one back.")
        elif session.writing:
            self.say(with_keys("A caption is being written: {stop} stops it."))
        elif number - 1 != session.variant or not session.variants:
            count = len(session.variants)
            self.say(f"There {'is one variant' if count == 1 else f'are {count} variants'} of this window: "
                     f"{key_of('variant')} writes another one.")

    def action_diff(self) -> None:
        """Two of them, word by word."""
        from j2a_tui.screens.diff import DiffScreen

        self.settle()
        session = self.session
        if len(session.variants) < 2:
            self.say(with_keys("There is nothing to compare with yet: {variant} writes another variant."))
            return
        clip = session.clip

        def take(place: int | None) -> None:
            if place is not None and clip == session.clip and session.choose_variant(place):
                self.show_change(Change.EVERYTHING)

        self.app.push_screen(DiffScreen(session.variants, session.variant), take)

    # Versions

    def action_version(self) -> None:
        """Ask the engine what is there, and the user which."""
        self._ask_for_version("Version and weights", self._version_chosen)

    def _ask_for_version(self, title: str, chosen: Callable[[dict[str, Any] | None], None]) -> None:
        from j2a_tui.screens.choose import VersionScreen

        self._versions = VersionScreen((self.session.model.version, self.session.model.backbone), title)
        self._inspect_id = self.session.engine.submit(Inspect("models", self.session.model.server))
        self.app.push_screen(self._versions, chosen)

    def take_other_event(self, event: Event) -> None:
        """Answers that are not about the clip: the list of versions, and what is compared."""
        super().take_other_event(event)
        if self.blind is not None and self.blind.take(event) and self._blind_screen is not None:
            self._blind_screen.show()
        screen = self._versions
        if event.request_id != self._inspect_id or screen is None or screen is not self.app.screen:
            return
        if isinstance(event, Done):
            screen.show_rows(event.result["rows"])
        elif isinstance(event, Failed):
            screen.show_problem(clean(f"{event.title}: {event.message} {event.hint}".strip()))

    def _version_chosen(self, row: dict[str, Any] | None) -> None:
        if row is None or not self._is_here(row):
            return
        self.session.choose(row["version"], row["backbone"])
        self.show_change(Change.EVERYTHING)

    def _is_here(self, row: dict[str, Any]) -> bool:
        if not row["present"]:
            self.notify(clean(f"{row['detail']} {row['get']}".strip()), severity="warning", timeout=8, markup=False,
                        title=f"J2A {row['version']} with {row['backbone']} is not here")
        return bool(row["present"])

    # Blind A/B

    def action_blind(self) -> None:
        """Against which other version."""
        if self.ready_for("blind"):
            model = self.session.model
            self._ask_for_version(f"Compare {clean(model.version)} {clean(model.backbone)} with", self._begin_blind)

    def _begin_blind(self, row: dict[str, Any] | None) -> None:
        from j2a_tui.blind import Blind
        from j2a_tui.screens.blind import BlindScreen

        if row is None or not self._is_here(row):
            return
        one, other = (self.session.model.version, self.session.model.backbone), (row["version"], row["backbone"])
        if one == other:
            self.say("That is the version of the desk: choose another one to compare it with.")
            return
        self.session.stop()
        self.session.ahead.pause()
        self.blind = Blind(self.session, one, other)
        self._blind_screen = BlindScreen(
            self.blind, go_on=self._next_blind, play=self.action_play, export=self.export_preferences,
            changed=lambda: self.show_change(Change.EVERYTHING),
        )
        self.app.push_screen(self._blind_screen, lambda _: self._end_blind())
        self.action_blind_begin()

    def action_blind_begin(self) -> None:
        """With the file that is open, when its length is known."""
        if self.blind is not None and self.ready_for("blind_begin"):
            self.session.leave()
            self.blind.begin()
        if self._blind_screen is not None:
            self._blind_screen.show()

    def _next_blind(self) -> None:
        if not self.tracks.go_to_next():
            self.notify("That was the last file.", markup=False)
            return
        self.action_blind_begin()

    def _end_blind(self) -> None:
        if self.blind is not None:
            self.blind.leave()
        self.blind = self._blind_screen = None
        self.show_change(Change.EVERYTHING)

    def export_preferences(self) -> None:
        """Every pair of the folder, as ``preferences.jsonl`` in it."""
        self.write_export("preferences", self._rows() or (), force=False)

    # Taking back

    def action_undo(self) -> None:
        """Take back, and show what was taken back."""
        self.close_editor()
        self._show_step(self.session.undo(), "There is nothing to undo.")

    def action_redo(self) -> None:
        """Make again, and show what was made again."""
        self.close_editor()
        self._show_step(self.session.redo(), "There is nothing to redo.")

    def _show_step(self, row: Row | None, nothing: str) -> None:
        if row is None:
            if not self.session.ledger.step_failed:  # else it was told why
                self.say(nothing)
            self._show_left()
            return
        if not self.tracks.go_to(row.clip.path):
            self.clear_search()
            self.tracks.go_to(row.clip.path)
        track = self.tracks.track
        if track is not None and track.path == row.clip.path and row.clip.end_s is not None:
            window = Window(row.clip.start_s, row.clip.end_s)
            if self.transport.path != track.path:
                self.open(track, window)
            elif window != self.transport.window:
                self.transport.set_window(window)
                self.take_window()
        self._show_left()

    def _show_left(self) -> None:
        """A request that was running was stopped by the step: what it was to measure is still wanted."""
        self._measure()
        self.show_change(Change.EVERYTHING)
