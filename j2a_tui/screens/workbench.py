"""The flow of things through the desk: files are opened, measured, described, and the playhead is followed."""

from __future__ import annotations

from pathlib import Path

from textual import on

from j2a.clip import Clip
from j2a.engine.messages import Failed
from j2a.errors import StoreError
from j2a.library import Track
from j2a.store import Row
from j2a_tui import messages
from j2a_tui.jobs import Change
from j2a_tui.reading import cataloguing, detailing, opening, tagging
from j2a_tui.remembered import BY_NAME
from j2a_tui.screens.showing import Showing
from j2a_tui.widgets.track_list import TrackList
from j2a_tui.windows import Window

SETTLE_S = 0.12  # the cursor rests this long on a file before it is opened
MEASURE_AFTER_S = 0.5  # and a window is left alone this long before it is measured
PLAYHEAD_S = 1 / 20
KEEP_S = 0.2  # what the model writes is looked at so often, and saved when it has waited
RETRY_S = 2.0  # what could not be saved is tried again so often
UNREADABLE = "This file cannot be read"
OPENING = ("edit", "external_editor", "correct", "blind", "map", "plan")  # actions that wait for a file's length
OTHERS_S = 0.5  # and so often it is looked what another J2A has changed


class Workbench(Showing):
    """Everything of the desk but its keys."""

    def on_mount(self) -> None:
        """Say what is going on, and listen to the keys."""
        self._ticking = self.set_interval(PLAYHEAD_S, self._tick, pause=True)
        self.banner.display = False
        self.set_interval(RETRY_S, self._save_again)
        self.set_interval(KEEP_S, self.catch_up)
        self.set_interval(OTHERS_S, self._look_at_others)
        self.tracks.set_note("Looking for music …")
        self.tracks.focus()
        self.show_files_title("")
        self.show_change(Change.EVERYTHING)
    # The folder

    def on_scanned(self, message: messages.Scanned) -> None:
        """The files are known: list them, and read their tags."""
        self.tracks.set_note("" if message.tracks else "No music here")
        self.set_class(not message.tracks, "-empty")
        self.tracks.set_tracks(message.tracks)
        if self.left_at is not None:
            self.tracks.go_to(self.left_at[0], unfold=self.left_at[1] is None)  # it was asked for
        self.show_files_title("")
        self._show_counts()
        self._library.submit("tags", tagging(self.tracks.visible_first(), self.post_message))
        ledger = self.session.ledger
        captioned = [track.path for track in self.tracks.visible_first() if track.path in ledger.statuses]
        reading = cataloguing(lambda path: ledger.store.of_file(path), captioned, self.post_message)
        self._library.submit("captions", reading)

    def on_catalogued(self, message: messages.Catalogued) -> None:
        """How some captioned windows stand."""
        for entry in message.entries:
            self.session.ledger.catalogue.fill(entry)
        self.tracks.refresh_changed()
        self._show_counts()

    def _look_at_others(self) -> None:
        """What another J2A has changed shows here, too; not in a text that is being edited or written."""
        clips = self.session.ledger.others_changes()
        if not clips:
            return
        clip = self.session.clip
        mine = clip is not None and (clip in clips or Clip(clip.path) in clips)  # the window, or what is said of it
        if mine and self.caption.editor is None and self.session.reread():
            self.say("Another J2A has changed this caption: this is how it stands now.")
        self.show_change(Change.EVERYTHING)

    def on_tags_read(self, message: messages.TagsRead) -> None:
        """A batch of tags."""
        self.tracks.add_tags(message.tags)
        if message.last and self.tracks.listing.sort.name != BY_NAME:
            self.list_again()
        if self._path in message.tags:
            self._show_name()

    def on_problem(self, message: messages.Problem) -> None:
        """Of a thread."""
        self.tell(message.error)
    # From file to file

    @on(TrackList.Moved)
    def _moved(self, message: TrackList.Moved) -> None:
        """The cursor went on; what ran for the other file is cancelled at once, the new one is opened when it rests."""
        if message.track is not None and message.track.path == self._path and self._settling is None:
            return
        self.session.leave()
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_S, self.settle)

    def settle(self) -> None:
        """Open the file under the cursor now, if that is still to be done."""
        if self._settling is not None:
            self._settling.stop()
            self._settling = None
        track = self.tracks.track
        if (track.path if track else None) != self._path:
            self.open(track)

    def open(self, track: Track | None, window: Window | None = None) -> None:
        """Put a file on the desk, with the window and the caption that were worked on last."""
        self.close_editor()
        self._path = track.path if track else None
        self._broken, self._when_read = False, ""
        if window is None and self.left_at is not None and self._path == self.left_at[0]:
            window = self.left_at[1]
        self.left_at = None
        if window is None:
            row = self._latest(track.path) if track else None
            window = Window(row.clip.start_s, row.clip.end_s) if row and row.clip.end_s is not None else Window()
        self.transport.open(self._path, window)
        if self._path is not None and (known_s := self._durations_s.pop(self._path, None)) is not None:
            self.transport.set_duration(known_s)  # whoever listens goes on before the file is looked at once more
        self.waveform.open(window, "" if track else "No audio files in this folder" if not self.tracks.total else "")
        self._audio.cancel("detail")
        if track is not None:
            self._audio.submit("open", opening(track.path, self.post_message))
        self._take_clip()
        self._show_name()

    def list_again(self) -> None:
        """More is known of the files: list them in their order."""
        raise NotImplementedError

    def close_editor(self) -> None:
        """Keep what is being edited, and end it."""
        raise NotImplementedError

    def _latest(self, path: Path) -> Row | None:
        try:
            return self.session.ledger.latest(path)
        except StoreError as error:
            self.tell(error)
            return None

    def on_audio_opened(self, message: messages.AudioOpened) -> None:
        """The length of the file is known, or that it cannot be read."""
        if message.path != self._path:
            return
        if message.duration_s is None:
            self._broken = True
            if self.opens_soon:
                self.refuse(f"{UNREADABLE}.")
            self._when_read = ""
            self.transport.open(self._path, self.transport.window)  # also where it could be read a while ago
            self.waveform.set_note(UNREADABLE)
            self.session.failure = Failed(0, message.title, message.problem)
            self.show_change(Change.TEXT | Change.STAGE)
            return
        if message.duration_s != self.transport.duration_s:
            self.transport.set_duration(message.duration_s)
        self.waveform.set_duration(message.duration_s)
        self.take_window()
        self.follow()
        if self._when_read:
            self.call_next(self.run_action, self._when_read)
            self._when_read = ""

    def on_overview_grew(self, message: messages.OverviewGrew) -> None:
        """More of the file's waveform."""
        if message.path == self._path:
            self.waveform.set_overview(message.rms, message.peak)

    def on_detail_read(self, message: messages.DetailRead) -> None:
        """The window's waveform."""
        if message.path == self._path and self.transport.window == Window(message.start_s, message.end_s):
            self.waveform.set_detail(message.rms, message.peak)

    def take_window(self) -> None:
        """The window is another one: show it, with the caption it has."""
        window = self.transport.window
        self.waveform.set_window(window)
        self.waveform.set_position(self.transport.position_s)
        if self._path is not None:
            self._audio.submit("detail", detailing(self._path, window, self.post_message))
        self._take_clip()
        if self._measuring is not None:
            self._measuring.stop()
        self._measuring = self.set_timer(MEASURE_AFTER_S, self._measure)

    def _take_clip(self) -> None:
        window = self.transport.window
        left = self.session.job is not None  # what it had begun to write is a draft now
        self.session.open(Clip(self._path, window.start_s, window.end_s) if self._path is not None else None)
        self.show_change(Change.EVERYTHING if left else Change.EVERYTHING & ~Change.STATUS)
        self.show_transport()

    def _measure(self) -> None:
        """The window has been left alone for a while."""
        if self._settling is None and self.transport.duration_s is not None and not self.leaving:
            self.session.measure()
            self.show_change(Change.FEATURES | Change.STAGE)

    def ready_for(self, action: str) -> bool:
        """Whether there is a file whose length is known; while it is not, ``action`` waits for it."""
        self.settle()
        if self._broken:
            (self.refuse if action in OPENING else self.say)(f"{UNREADABLE}.")
        if self._path is None or self._broken or self.leaving:
            return False
        if self.transport.duration_s is None:
            self._when_read = action
            return False
        return True

    @property
    def opens_soon(self) -> bool:
        """Whether an action waits for its file that opens an editor or a dialog: what is typed now is for that."""
        asks = self._when_read in ("describe", "variant") and self.session.kept  # before what is kept gives way
        return asks or self._when_read in OPENING

    def open_not(self) -> None:
        """It takes too long: the action is not wanted any more."""
        self._when_read = ""

    def catch_up(self) -> None:
        """Save what has waited: the beginning of a caption, and decisions until they were drawn."""
        self.session.keep_written()
        if lost := self.session.ledger.catch_up():
            if self.session.clip in lost:
                self.session.reread()
            self.show_change(Change.EVERYTHING)

    def _save_again(self) -> None:
        ledger = self.session.ledger
        if ledger.problem is not None and ledger.retry():
            self.notify("What could not be saved before is on the disk now.", title="Saved", markup=False)
            self.show_change(Change.STATUS)
    # The playhead

    def follow(self) -> None:
        """Follow the playhead while it moves; draw it where it is."""
        self._tick()
        if self.transport.wanted and self._ticking is not None:
            self._ticking.resume()

    def _tick(self) -> None:
        playing = self.transport.poll()
        self.waveform.set_position(self.transport.position_s)
        self.show_transport()
        if not playing and not self.transport.wanted and self._ticking is not None:
            self._ticking.pause()
