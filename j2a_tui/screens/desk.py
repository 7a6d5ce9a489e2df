"""The desk: making captions with the keys."""

from __future__ import annotations

import time
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from j2a import paths, templates
from j2a.backbone import BUILT_IN
from j2a.caption import PROMPTS
from j2a.clip import Clip
from j2a.store import Status
from j2a_tui import own_prompts
from j2a_tui.ahead import CLIPS
from j2a_tui.bindings import textual_bindings, with_keys
from j2a_tui.display import clean
from j2a_tui.jobs import Change
from j2a_tui.messages import ComingUp
from j2a_tui.reading import looking_ahead
from j2a_tui.screens.editing import Editing
from j2a_tui.theme import OWN, THEME
from j2a_tui.widgets.lines import KeyBar

_KINDS = {"describe": "an ordinary one", "short": "one short sentence", "detailed": "detailed", "tags": "tags"}


class Desk(Editing):
    """The screen that the app opens with."""

    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("desk")]
    _asked: tuple[Clip | None, str] | None = None  # the contradicted caption that was asked about last

    # Captions

    def action_describe(self) -> None:
        """Measure and write; on a folder that is folded, open it."""
        if not self.tracks.open_folder():
            self._write(variant=False)

    def action_variant(self) -> None:
        """Another one."""
        self._write(variant=True)

    def _write(self, *, variant: bool) -> None:
        if not self.ready_for("variant" if variant else "describe"):
            return
        if not self.session.kept:
            self._describe(variant=variant)
        elif variant:
            self._ask_to_replace()
        else:
            self.action_edit()

    def _ask_to_replace(self) -> None:
        from j2a_tui.screens.choose import ConfirmScreen

        clip = self.session.clip
        what = "This caption is accepted." if self.session.status is Status.ACCEPTED else "Somebody wrote in this text."
        self.app.push_screen(
            ConfirmScreen(with_keys(what + " Replace it by another variant, as a draft? {undo} brings it back."),
                          "Replace it"),
            lambda yes: self._describe(variant=True, over_kept=True) if yes and clip == self.session.clip else None,
        )

    def _describe(self, *, variant: bool, over_kept: bool = False) -> None:
        self.session.describe(variant=variant, over_kept=over_kept)
        self.show_change(Change.EVERYTHING)

    def action_prompt(self) -> None:
        """Another kind of caption from the next one on."""
        from j2a_tui.screens.prompts import PromptScreen, filled_or_why

        session = self.session
        clip, features = session.clip, session.features

        def filled(text: str) -> str:
            return filled_or_why(text, lambda prompt: templates.filled(prompt, clip, features) if clip else prompt)

        taught = session.model.backbone == BUILT_IN
        self.app.push_screen(PromptScreen(session.model.prompt, filled, taught=taught), self._ask_for)

    def _ask_for(self, prompt: str | None) -> None:
        model = self.session.model
        if prompt is not None:
            model.prompt = prompt
            own = clean(own_prompts.name_of(prompt, own_prompts.read()))
            kind = _KINDS.get(prompt) or f"asked for by your prompt “{own}”"
            self.say(f"The next caption will be {kind}.")
        elif model.prompt not in (*PROMPTS, *own_prompts.read().values()):  # it was removed, or says something else
            model.prompt = PROMPTS[0]
        self.show_change(Change.MODEL)

    def action_figures(self) -> None:
        """Figures in the words, or none, from the next caption on."""
        model = self.session.model
        model.figures = not model.figures
        self.show_change(Change.MODEL)
        self.say(f"The next captions will be {'with' if model.figures else 'without'} BPM, meter, key and chords.")

    def action_stop(self) -> None:
        """Stop; with nothing to stop, a search is cleared."""
        if self.session.stop() or self.stop_finding_bars():
            self.show_change(Change.EVERYTHING)
        elif self.words:
            self.clear_search()

    def action_accept(self) -> None:
        """Accept, save, go on; ask once where the measurement says otherwise."""
        self._accept(anyway=False)

    def action_accept_anyway(self) -> None:
        """Accept without being asked."""
        self._accept(anyway=True)

    def _accept(self, *, anyway: bool) -> None:
        self.settle()
        session = self.session
        if session.writing:
            session.accept_when_whole()
            self.show_change(Change.STAGE)
        elif not session.text.strip():
            self.say(with_keys("There is no caption to accept yet: {describe} writes one, {edit} lets you write it."))
        elif anyway or not self._asks_first():
            self._decide(Status.ACCEPTED)

    def _decide(self, status: Status) -> None:
        """And go on. What comes next is drawn first, and saved right behind that: a disk may take its time."""
        with self.session.ledger.put_off():
            if self.session.decide(status):
                self._go_on(describe=status is Status.ACCEPTED)
            else:
                self.show_change(Change.EVERYTHING)  # what somebody else has written meanwhile
        self.call_after_refresh(self.catch_up)

    def _asks_first(self) -> bool:
        """Whether the caption is contradicted, and was not asked about before."""
        from j2a_tui.claims import contradicted

        session = self.session
        wrong = contradicted(session.text, session.features)
        asked = session.clip, session.text
        if not wrong or asked == self._asked:
            return False
        self._asked = asked
        told = "; ".join(f"{one.text}, but {one.measured or 'it was not heard'}" for one in wrong[:2])
        more = f" and {len(wrong) - 2} more" if len(wrong) > 2 else ""
        self.say(clean(f"Contradicted: {told}{more}. {with_keys('{accept} once more accepts, {edit} edits.')}"))
        return True

    def action_reject(self) -> None:
        """Not this one. Staying lets another variant be asked for."""
        self.settle()
        self.session.stop()
        self.session.decide(Status.REJECTED)
        self.show_change(Change.EVERYTHING)

    def action_skip(self) -> None:
        """Go on without a caption."""
        self._set_aside(Status.SKIPPED)

    def action_flag(self) -> None:
        """Go on, and come back later."""
        self._set_aside(Status.FLAGGED)

    def _set_aside(self, status: Status) -> None:
        self.settle()
        self.session.stop()
        self._decide(status)

    def _go_on(self, *, describe: bool) -> None:
        self.pace.decided(time.monotonic())
        self.status.be_quiet()
        self.show_change(Change.EVERYTHING)
        if not self.go_to_planned(1) and not self.tracks.go_to_next():
            self.say("That was the last file.")
            return
        self.settle()
        if not describe:
            return
        files, windows = self.tracks.coming_up(CLIPS), self.coming_windows(CLIPS)
        self._audio.submit("ahead", looking_ahead(files, self.post_message, windows))
        if self.session.text or self.session.status is not None:
            return
        if self.session.ahead.has(self.session.clip):  # it stands there before the file is read
            self.session.describe(follows=True)
            self.show_change(Change.EVERYTHING)
            self.show_caption_first()
        else:
            self.action_describe_next()

    def action_describe_next(self) -> None:
        """The caption of a file that a decision has led to."""
        if self.ready_for("describe_next") and not self.session.text:
            self.session.describe(follows=True)
            self.show_change(Change.EVERYTHING)

    def on_coming_up(self, message: ComingUp) -> None:
        """The next clips are written while this one is read."""
        self.session.ahead.plan(message.clips)
        self._durations_s = dict(message.durations_s)
        self.write_ahead()

    def write_ahead(self) -> None:
        """Go on with that whenever the engine has nothing else to do."""
        if self.session.job is None and self._settling is None and self.blind is None and not self.leaving:
            self.session.ahead.go_on()

    def action_scroll_text(self, lines: int) -> None:
        """In a caption, or a message in its place, that is longer than the box."""
        self.caption.scroll_text(lines)

    # The program

    def action_help(self) -> None:
        """Keys and marks."""
        from j2a_tui.screens.help import HelpScreen

        # One for all times: Textual keeps what a thousand removed widgets have drawn.
        if not self.app.is_screen_installed("help"):
            self.app.install_screen(HelpScreen(), "help")
        self.app.push_screen("help")

    def action_notices(self) -> None:
        """What was said."""
        from j2a_tui.screens.reader import NoticesScreen

        self.app.push_screen(NoticesScreen(self.notices.newest_first()))

    def action_logs(self) -> None:
        """What the engine and native libraries say."""
        from j2a_tui.screens.reader import LogScreen

        self.app.push_screen(LogScreen([("engine", paths.engine_log_path()), ("app", paths.app_log_path())]))

    def action_themes(self) -> None:
        """Choose the colours; each is seen while the cursor is on it."""
        from j2a_tui.screens.pick import Line, PickScreen

        before = self.app.theme
        names = sorted(self.app.available_themes, key=lambda name: (name not in (THEME.name, OWN), name))

        def show(name: str) -> None:
            self.app.theme = name

        lines = [Line(name, name) for name in names]
        picking = PickScreen("Theme", lines, before, on_cursor=show, beside=True)
        self.app.push_screen(picking, lambda name: show(name or before))

    @on(KeyBar.Pressed)
    async def _key_clicked(self, message: KeyBar.Pressed) -> None:
        action = message.key.action
        await self.run_action(action if message.key.where == "desk" else f"focused.{action}")
