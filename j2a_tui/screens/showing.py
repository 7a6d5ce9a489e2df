"""The layout of the desk, and how what is known is drawn on it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from j2a.caption import PROMPTS
from j2a.errors import J2AError
from j2a.store import Status
from j2a_tui import own_prompts
from j2a_tui.background import Background
from j2a_tui.bindings import key_of, with_keys
from j2a_tui.display import clean, fit_path, home_relative
from j2a_tui.jobs import Change
from j2a_tui.key_order import KeyOrder
from j2a_tui.notices import Notices
from j2a_tui.own_prompts import name_of
from j2a_tui.pace import Pace, words
from j2a_tui.remembered import BY_NAME
from j2a_tui.session import Session
from j2a_tui.transport import Transport
from j2a_tui.widgets.caption_panel import CaptionPanel
from j2a_tui.widgets.features_panel import FeaturesPanel
from j2a_tui.widgets.framed import FramedVertical
from j2a_tui.widgets.lines import KeyBar, StatusLine, TopBar
from j2a_tui.widgets.track_list import TrackList
from j2a_tui.widgets.transport_line import TransportLine
from j2a_tui.widgets.waveform import Waveform
from j2a_tui.windows import Window

SMALLEST = (60, 18)
_GUIDE = (
    "There is no music here.\n\nJ2A lists WAV, FLAC, Ogg, Opus, MP3, AIFF and other audio files of a folder and of the "
    "folders in it.\n\nOpen another folder:  j2a-tui FOLDER\nOr the demo clips:    j2a-tui --demo\n\n{quit} leaves."
)

class Showing(Screen[None]):
    """The widgets of the desk and what each of them shows now; nothing happens here by itself."""

    def __init__(
        self, session: Session, transport: Transport, library: Background, audio: Background, folder: Path
    ) -> None:
        super().__init__()
        self.session = session
        self.transport = transport
        self.folder = folder
        self._library = library
        self._audio = audio
        self._path: Path | None = None  # the file that is open
        self._settling: Timer | None = None
        self._measuring: Timer | None = None
        self._ticking: Timer | None = None
        self._broken = False  # the open file cannot be read
        self._durations_s: dict[Path, float] = {}  # of the next files
        self.leaving = False  # the engine is told to end: nothing is asked of it any more
        self._when_read = ""  # an action that waits for the length of the file
        self.left_at: tuple[Path, Window | None] | None = None  # the file to begin with, and its window

        self.top = TopBar(home_relative(folder))
        self.tracks = TrackList(session.ledger.statuses, session.ledger.catalogue, id="tracks")
        self.waveform = Waveform(id="waveform")
        self.transport_line = TransportLine(transport)
        self.features = FeaturesPanel()
        self.caption = CaptionPanel(session)
        self.status = StatusLine()
        self.keys = KeyBar()
        self.pace = Pace()
        self.notices = Notices()
        self.too_small = Static("", id="too-small", markup=False)
        self.banner = Static("", id="banner", markup=False)
        self.files_box = FramedVertical(self.tracks, id="files")
        self.sound_box = FramedVertical(self.waveform, self.transport_line, id="sound")

    def compose(self) -> ComposeResult:
        """Two columns between lines: the files, and of one of them the caption, the sound and what was measured."""
        yield self.too_small
        yield self.top
        work = Vertical(self.caption, self.sound_box, self.features, id="work")
        yield Horizontal(self.files_box, work, Static(with_keys(_GUIDE), id="guide", markup=False), id="desk")
        yield self.banner
        yield self.status
        yield self.keys
    def on_resize(self, event: events.Resize) -> None:
        """Where there is no room for the desk, say so."""
        width, height = event.size
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-too-small")
        self.too_small.update(f"J2A needs {SMALLEST[0]} columns and {SMALLEST[1]} rows.\n"
                              f"Here are {width} and {height}: make the window larger.\n{key_of('quit')} leaves.")
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is decided about what cannot be seen: where there is no room, keys of the desk do nothing."""
        return not self.has_class("-too-small") and super().check_action(action, parameters)

    def tell(self, error: J2AError) -> None:
        """The one place that renders errors on the screen."""
        self.notify(clean(f"{error.message} {error.hint}".strip(), multiline=True), title=error.title,
                    severity="error", timeout=8, markup=False)

    # Drawing

    def show_change(self, change: Change) -> None:
        """Draw what changed."""
        if not self.is_mounted:
            return
        self._show_unsaved()
        session = self.session
        if change & (Change.TEXT | Change.STAGE | Change.STATUS):
            self.caption.show_soon()
        if change & Change.FEATURES or session.measuring != self.features.measuring:
            self.features.show(session.features, session.known, measuring=session.measuring)
        if change & Change.FEATURES:
            self.waveform.set_features(session.features)
            self.transport_line.set_features(session.features)
        if change & Change.STATUS:
            self.tracks.refresh_changed()
            self._show_counts()
        if change & Change.MODEL:
            self.show_model()
        if change & Change.STAGE:
            self.keys.show(busy=session.writing)

    def show_caption_first(self) -> None:
        """Draw the caption and the list at once, and what else has changed with Textual's next tick.

        Of all that a decision changes they are what is waited for.
        """
        self.caption.show()
        drawn = {self.caption, self.tracks, *self.caption.query("*")}
        self._compositor.update_widgets(drawn)
        if self.caption.needs_layout:
            self._refresh_layout()
        else:
            self._compositor_refresh()

    def show_model(self) -> None:
        """Version, backbone, and whether they are loaded."""
        model = self.session.model
        state = model.stage or "loading" if model.state == "loading" else model.state
        asked = "" if model.prompt == PROMPTS[0] else f" {name_of(model.prompt, own_prompts.read())}"
        asked += "" if model.figures else " no figures"
        self.top.show(model=f"{clean(model.version)} {clean(model.backbone)}{clean(asked)}", state=clean(state))

    def _show_unsaved(self) -> None:
        ledger = self.session.ledger
        self.banner.display = ledger.problem is not None
        if ledger.problem is not None:
            files = len(ledger.unsaved.rows)
            what = "a caption" if files == 1 else f"{files} captions"
            self.banner.update(clean(f"Not saved yet: {what}. {ledger.problem.message} {ledger.problem.hint}"))

    def _show_counts(self) -> None:
        counts = Counter(self.session.ledger.statuses.values())
        told = (Status.ACCEPTED, Status.DRAFT, Status.FAILED)
        done = [f"{counts[status]} {status.value}" for status in told if counts[status]]
        total = self.tracks.total
        self.top.show(counts=", ".join([*done, f"{total:,} file{'' if total == 1 else 's'}"]))
        decided = counts.total() - counts[Status.DRAFT] - counts[Status.FAILED]
        self.status.show(words(decided, max(total, decided), self.pace), self.session.ledger.catalogue.contradicted)

    def show_files_title(self, words: str) -> None:
        """What is listed."""
        title = Content("Files")
        listing = self.tracks.listing
        if words:
            near = "~" if listing.near else ""
            title = Content.assemble("Files ", (f"/{clean(words)} ", "bold $accent"), f"{near}{self.tracks.found:,}")
        if listing.sort.name != BY_NAME:
            title = Content.assemble(title, ("  by ", "$quiet"), (listing.sort.said, "bold $accent"))
        self.files_box.entitle(title)

    def _show_name(self) -> None:
        track = self.tracks.track
        if track is None or track.path != self._path:
            self.sound_box.entitle(None)
            self.files_box.subtitle(None)
            return
        folder = track.name.rpartition("/")[0]
        self.files_box.subtitle(Content(fit_path(clean(folder), self.tracks.size.width - 4).rstrip()))
        tags = self.tracks.tags(track.path)
        about = " – ".join(clean(part) for part in (tags.artist, tags.title) if part) if tags else ""
        name = Content.assemble((clean(track.path.name), "bold"), (f"  {about}" if about else "", "$quiet"))
        self.sound_box.entitle(name)

    def show_transport(self) -> None:
        """The line under the waveform, and the loop in it."""
        self.waveform.set_loop(self.transport.loop)
        self.transport_line.refresh()

    def refuse(self, why: str) -> None:
        """What a key was to open cannot be: the letters that come right behind it were not meant as commands."""
        self.say(why)
        if isinstance(self.app, KeyOrder):
            self.app.refuse_burst()

    def say(self, text: str) -> None:
        """A short remark, on a line of its own."""
        self.notices.add(text)
        self.status.say(text)
