"""The app: owns the engine, the store, the player and the threads, and shows the desk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from j2a import networks, settings
from j2a.backbone import BUILT_IN, is_server, version_of
from j2a.caption import PROMPTS
from j2a.engine.client import Engine, EngineClient
from j2a.engine.messages import EngineDied, Event
from j2a.errors import J2AError
from j2a.store import Store
from j2a_tui import bindings, own_prompts, remembered
from j2a_tui.background import Background
from j2a_tui.display import clean
from j2a_tui.engine_door import EngineDoor
from j2a_tui.jobs import Change
from j2a_tui.leaving import Leaving
from j2a_tui.messages import Crashed, EngineEvents
from j2a_tui.player import Player, open_player
from j2a_tui.reading import getting_ready, scanning
from j2a_tui.screens.desk import Desk
from j2a_tui.session import Session
from j2a_tui.theme import dress, further_colours
from j2a_tui.transport import Transport

SOUND_AFTER_S = 0.2
SOUND_CHECK_S = 0.4
FORGET_S = 30.0
REMEMBER_S = 2.0
EngineFactory = Callable[[Callable[[Event], None]], Engine]


class J2AApp(Leaving):
    """Browse, play, describe, accept, export.

    ``first`` is the file to begin with; else it is the one that was left. An empty version is the one used last.
    ``open_engine`` and ``open_sound`` are what tests replace; ``when_listed`` is called when the files are listed.
    Raises ``StoreError`` when the captions cannot be read.
    """

    TITLE = "J2A"
    CSS_PATH: ClassVar = [Path(__file__).with_name("app.tcss")]
    LATER_CSS = Path(__file__).with_name("dialogs.tcss")
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = ""  # it is in our own table
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.textual_bindings("anywhere")]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual declares them so
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        folder: Path,
        version: str = "",
        backbone: str = BUILT_IN,
        *,
        correct_figures: bool = False,
        figures: bool = True,
        first: Path | None = None,
        store: Store | None = None,
        open_engine: EngineFactory = EngineClient,
        open_sound: Callable[[], Player] = open_player,
        when_listed: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings, problems = settings.read()
        changed, wrong_keys = bindings.use(self.settings.keys)
        super().__init__()
        self.set_keymap(changed)
        self.folder = folder
        self._untold: list[J2AError] = []  # what is to say when there is a screen
        self._untold += [J2AError(problem, title="Settings") for problem in [*problems, *wrong_keys]]
        self.store = store or Store(on_mended=self._untold.append)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._events_told = threading.Event()
        self.engine = EngineDoor(open_engine(self._take_event), self._take_event)
        self.remembered = remembered.read(folder)
        if self.remembered.annotator and "J2A_ANNOTATOR" not in os.environ:
            self.store.work_as(self.remembered.annotator)
        if wrong := dress(self, self.settings, self.remembered.theme):
            self._untold.append(wrong)
        version, backbone = self._model_of_last_time(version, backbone)
        self.session = Session(self.store, self.engine, folder, version, backbone, self.tell)
        self.session.model.prompt = _prompt_of_last_time(self.remembered.prompt)
        self.session.model.figures = figures and self.remembered.figures
        self.session.model.correct_figures = correct_figures
        self.transport = Transport()
        self.transport.volume, self.transport.device = self.remembered.volume, self.remembered.device
        self._open_sound = open_sound
        self._when_listed = when_listed
        self._sound_told = ""
        self.library = Background("library", self._on_crash)
        self.audio = Background("audio", self._on_crash)
        self.desk = Desk(self.session, self.transport, self.library, self.audio, folder)
        self.desk.look = self.remembered.look
        self.desk.tracks.listing.sort_by(self.remembered.sort)
        self.desk.tracks.listing.folded = set(self.remembered.folded)
        self.desk.left_at = (first, None) if first is not None else self.remembered.place(folder)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours, in other people's themes."""
        return further_colours(self.current_theme)

    def refresh_css(self, animate: bool = True) -> None:
        """Before there is a screen, only take the colours: Textual would read all rules of style twice."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def _model_of_last_time(self, version: str, backbone: str) -> tuple[str, str]:
        left = self.remembered
        if version or not left.version:
            return version_of(version, backbone), backbone
        return left.version, left.backbone

    def _remember(self) -> None:
        """Keep what the desk is like, if it has changed."""
        model, transport, listing = self.session.model, self.transport, self.desk.tracks.listing
        now = replace(self.remembered, prompt=model.prompt, figures=model.figures,
                      annotator=self.desk.annotator or self.remembered.annotator,
                      volume=transport.volume, device=transport.device,
                      look=self.desk.look, search=self.desk.words,
                      theme=self.theme, sort=listing.sort.name, folded=sorted(listing.folded))
        if not is_server(model.backbone):  # whose address may hold a password
            now.version, now.backbone = model.version, model.backbone
        if transport.path is not None:
            now.file = os.path.relpath(transport.path, self.folder)
            now.start_s, now.end_s = transport.window.start_s, transport.window.end_s
        elif (last := self.desk.tracks.last) is not None:  # its folder is folded
            now.file = os.path.relpath(last.path, self.folder)
        if now != self.remembered:
            self.remembered = now
            remembered.write(self.folder, now)

    def get_default_screen(self) -> Screen[None]:
        """The desk."""
        return self.desk

    def on_mount(self) -> None:
        """Look into the folder while the first picture is painted; what takes longer comes after it."""
        self._asyncio = asyncio.get_running_loop()
        if self._signalled:
            self._end_now()
        self.library.start()
        self.audio.start()
        self.library.submit("scan", scanning(self.folder, lambda: self.library.closed, self.desk.post_message))
        self.call_after_refresh(self._start)

    def on_scanned(self) -> None:
        """The desk has listed the files."""
        self._when_listed()
        if self.remembered.search:
            self.desk.search_for(self.remembered.search)

    def _start(self) -> None:
        self.store.database.on_mended = self.tell
        self.engine.start()
        self._read_later_css()
        for error in self._untold:
            self.tell(error)
        if missing := networks.missing():
            self.notify(missing, severity="warning", timeout=12, markup=False)
        self.library.submit("ready", getting_ready())
        self.session.model.load()
        self.desk.show_model()
        # PortAudio looks for devices on its own thread, but importing it holds up this one.
        self.set_timer(SOUND_AFTER_S, self._open_player)
        self.set_interval(FORGET_S, forget_closed)
        self.set_interval(REMEMBER_S, self._remember)

    def _read_later_css(self) -> None:
        self.stylesheet.read(self.LATER_CSS)
        if len(self.screen_stack) > 1:  # a key was quicker
            self.refresh_css(animate=False)
        else:
            self.stylesheet.parse()

    def _open_player(self) -> None:
        self.transport.attach(self._open_sound())
        self.desk.follow()
        self.set_interval(SOUND_CHECK_S, self._check_sound)

    def holds_keys(self) -> bool:
        """Keys behind one that opens something wait while its file is being read; behind `q` they are for nobody."""
        return self.desk.leaving or (self.screen is self.desk and self.desk.opens_soon)

    def on_long_hold(self) -> None:
        """Say how it can be ended."""
        self.desk.say(bindings.with_keys("It cannot be opened yet; {stop} stops waiting for it."))

    def stop_holding(self) -> None:
        """It is not to be opened any more."""
        self.desk.open_not()

    # From the threads

    def _take_event(self, event: Event) -> None:
        """On the engine's reader thread: queue the event, and wake the screen once for all that are waiting."""
        self._events.put(event)
        if not self._events_told.is_set():
            self._events_told.set()
            self.post_message(EngineEvents())

    def on_engine_events(self) -> None:
        """Everything that has arrived; the desk is drawn once for all of it."""
        self._events_told.clear()
        change = Change.NOTHING
        while not self._events.empty():
            event = self._events.get()
            change |= self.session.handle(event)
            self.desk.take_other_event(event)
            if isinstance(event, EngineDied):
                self.notify("Ask again: it is started anew. `j2a paths` says where its log is.",
                            title="The engine stopped", severity="warning", timeout=8, markup=False)
        self.desk.show_change(change)
        if Change.DUE in change:
            self.desk.action_accept()
        self.desk.write_ahead()

    def _check_sound(self) -> None:
        """Say once why there is no sound, when it becomes known."""
        player = self.transport.player
        reason = player.reason if player is not None else ""
        if reason and reason != self._sound_told:
            if self.transport.listening:
                self.bell()
            self.notify(clean(reason), severity="warning", timeout=8, markup=False)
        if reason != self._sound_told:
            self._sound_told = reason
            self.desk.show_transport()

    def _on_crash(self, error: Exception) -> None:
        self.post_message(Crashed(error))

    def on_crashed(self, message: Crashed) -> None:
        """A bug in a thread is a bug in the app: it ends with a traceback instead of going on without the thread."""
        raise message.error

    # For everyone

    def notify(self, message: str, *, title: str = "", **how: Any) -> None:
        """As Textual does; it can be read again."""
        self.desk.notices.add(f"{title}: {message}" if title else message)
        super().notify(message, title=title, **how)

    def action_help_here(self) -> None:
        """The keys of what has the focus."""
        from j2a_tui.screens.help import HelpScreen

        screen, focused = self.screen, self.focused
        where = getattr(screen, "PLACE", None) or getattr(focused, "PLACE", "desk")
        self.push_screen(HelpScreen(where, ("Files",) if focused is self.desk.tracks and screen is self.desk else ()))

    def tell(self, error: J2AError) -> None:
        """Show an error."""
        self.desk.tell(error)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette holds every action of the desk."""
        for key in bindings.in_use():
            if key.where == "desk":
                yield SystemCommand(f"{key.label} ({key.shown})", key.help, self._runner(key.action))

    def _runner(self, action: str) -> Callable[[], None]:
        def run() -> None:
            self.call_next(self.run_action, action, self.desk)

        return run


def _prompt_of_last_time(prompt: str) -> str:
    """One of the user's own may be gone since."""
    return prompt if prompt in PROMPTS or prompt in own_prompts.read().values() else PROMPTS[0]


def forget_closed() -> None:
    """Let go of dialogs and notifications that are closed: Textual's memo of colours keeps the lines that they drew.

    Each would hold 100 KB until a thousand others have come (https://github.com/Textualize/textual/issues/6665).
    """
    with contextlib.suppress(ImportError, AttributeError):  # the module is Textual's own affair
        from textual._styles_cache import StylesCache

        StylesCache.get_inner_outer.cache_clear()
