"""The desk with its keys: what each action does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widgets import Input

from j2a.engine.messages import Done, Event, Failed, Inspect
from j2a.errors import J2AError
from j2a.store import Row, Status
from j2a_tui import external
from j2a_tui.bindings import textual_bindings
from j2a_tui.display import clean
from j2a_tui.screens.choose import ConfirmScreen, VersionScreen
from j2a_tui.screens.workbench import Workbench
from j2a_tui.session import Change
from j2a_tui.widgets.caption_panel import Editor
from j2a_tui.widgets.lines import KeyBar
from j2a_tui.widgets.search import SearchField
from j2a_tui.widgets.track_list import TrackList
from j2a_tui.widgets.waveform import Waveform
from j2a_tui.windows import Window


class Desk(Workbench):
    """The screen that the app opens with."""

    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("desk")]
    _inspect_id: int | None = None

    # Captions

    def action_describe(self) -> None:
        """Measure and write."""
        self._write(variant=False)

    def action_variant(self) -> None:
        """Another one."""
        self._write(variant=True)

    def _write(self, *, variant: bool) -> None:
        if self.ready_for("variant" if variant else "describe"):
            self.session.describe(variant=variant)
            self.show_change(Change.EVERYTHING)

    def action_stop(self) -> None:
        """Stop; with nothing to stop, a search is cleared."""
        if self.session.stop():
            self.show_change(Change.EVERYTHING)
        elif len(self.tracks.tracks) != self.tracks.total:
            self._clear_search()

    def action_accept(self) -> None:
        """Accept, save, go on."""
        self.settle()
        if self.session.writing:
            self._say("It is still being written: esc stops it, then a accepts.")
        elif not self.session.text.strip():
            self._say("There is no caption to accept yet: enter writes one, e lets you write it.")
        elif self.session.decide(Status.ACCEPTED):
            self._go_on(describe=True)

    def action_reject(self) -> None:
        """Not this one. Staying lets another variant be asked for."""
        self.settle()
        self.session.stop()
        self.session.decide(Status.REJECTED)
        self.show_change(Change.EVERYTHING)

    def action_skip(self) -> None:
        """Go on without a caption."""
        self.settle()
        self.session.stop()
        if self.session.decide(Status.SKIPPED):
            self._go_on(describe=False)

    def _go_on(self, *, describe: bool) -> None:
        self.show_change(Change.EVERYTHING)
        if not self.tracks.move(1):
            self._say("That was the last file.")
            return
        self.settle()
        if describe and not self.session.text and self.session.status is None:
            self.action_describe()

    def action_undo(self) -> None:
        """Take back, and show what was taken back."""
        self._show_step(self.session.undo(), "There is nothing to undo.")

    def action_redo(self) -> None:
        """Make again, and show what was made again."""
        self._show_step(self.session.redo(), "There is nothing to redo.")

    def _show_step(self, row: Row | None, nothing: str) -> None:
        if row is None:
            self._say(nothing)
            return
        if not self.tracks.go_to(row.clip.path):
            self._clear_search()
            self.tracks.go_to(row.clip.path)
        track = self.tracks.track
        if track is not None and track.path == row.clip.path and row.clip.end_s is not None:
            window = Window(row.clip.start_s, row.clip.end_s)
            if self.transport.path != track.path:
                self.open(track, window)
            elif window != self.transport.window:
                self.transport.set_window(window)
                self.take_window()
        self.show_change(Change.EVERYTHING)

    # Editing

    def action_edit(self) -> None:
        """In place."""
        if self.ready_for("edit"):
            self.session.stop()
            self.caption.open_editor()
            self.keys.show("editor")

    def action_external_editor(self) -> None:
        """In the editor that the user has chosen."""
        if self.ready_for("external_editor"):
            self.session.stop()
            try:
                text = external.edit(self.app, self.session.text)
            except J2AError as error:
                self.tell(error)
                return
            self.session.edit(text)
            self.session.end_edit()
            self.show_change(Change.EVERYTHING)

    @on(Editor.Edited)
    def _edited(self, message: Editor.Edited) -> None:
        if self.caption.editor is not None:
            self.session.edit(message.text_now)
            self.show_change(Change.STATUS)

    @on(Editor.Left)
    def _editor_left(self, message: Editor.Left) -> None:
        self.close_editor()
        if message.accept:
            self.action_accept()

    @on(Editor.Transport)
    def _editor_transport(self, message: Editor.Transport) -> None:
        if message.seek_s is None:
            self.action_play()
        else:
            self.action_seek(message.seek_s)

    def close_editor(self) -> None:
        """Keep the text and go back to the files."""
        text = self.caption.close_editor()
        if text is None:
            return
        self.session.edit(text)
        self.session.end_edit()
        self.tracks.focus()
        self.keys.show("desk")
        self.show_change(Change.EVERYTHING)

    def save_now(self) -> None:
        """Whatever is being typed is kept."""
        if self.caption.editor is not None:
            self.session.edit(self.caption.editor.text)

    # Sound

    def action_play(self) -> None:
        """Play or pause."""
        self.settle()
        self.transport.toggle()
        self.follow()

    def action_seek(self, seconds: float) -> None:
        """Forward or back."""
        self.settle()
        self.transport.seek(self.transport.position_s + seconds)
        self.follow()

    @on(Waveform.Seek)
    def _seek(self, message: Waveform.Seek) -> None:
        self.transport.seek(message.to_s)
        self.follow()

    def action_volume(self, by: float) -> None:
        """Louder or quieter."""
        self.transport.change_volume(by)
        self.show_transport()

    # The window

    def action_move_window(self, lengths: int) -> None:
        """By its own length."""
        self._move_window(lengths * self.transport.window.length_s)

    def action_nudge_window(self, seconds: float) -> None:
        """By a little."""
        self._move_window(seconds)

    def _move_window(self, by_s: float) -> None:
        duration = self._duration()
        if duration is not None:
            self._set_window(self.transport.window.moved(by_s, duration))

    def action_resize_window(self, seconds: float) -> None:
        """Longer or shorter."""
        duration = self._duration()
        if duration is not None:
            self._set_window(self.transport.window.resized(seconds, duration))

    def _duration(self) -> float | None:
        self.settle()
        return self.transport.duration_s

    def _set_window(self, window: Window) -> None:
        if window != self.transport.window:
            self.transport.set_window(window)
            self.take_window()
            self.follow()

    # Files

    def action_move(self, by: int) -> None:
        """Up or down."""
        self.tracks.move(by)

    def action_page(self, direction: int) -> None:
        """By pages."""
        self.tracks.page(direction)

    def action_edge(self, direction: int) -> None:
        """To the first or the last file."""
        self.tracks.move(direction * self.tracks.total)

    @on(TrackList.Opened)
    def _opened(self) -> None:
        self.settle()
        if not self.transport.playing:
            self.action_play()

    def action_search(self) -> None:
        """A field under the list."""
        field = next(iter(self.query(SearchField)), None)
        if field is None:
            field = SearchField()
            self.files_box.mount(field)
        field.focus()
        self.keys.show("search")

    @on(Input.Changed, "#search")
    def _searched(self, message: Input.Changed) -> None:
        self.tracks.search(message.value)
        self.tracks.set_note("Nothing found" if self.tracks.total and not self.tracks.tracks else "")
        self.show_files_title(message.value)

    @on(SearchField.Left)
    def _search_left(self, message: SearchField.Left) -> None:
        if not message.keep:
            self._clear_search()
            return
        field = self.query_one(SearchField)
        if not field.value.strip():
            field.remove()
        self._back_to_files()

    def _clear_search(self) -> None:
        for field in self.query(SearchField):
            field.remove()
        self.tracks.search("")
        self.show_files_title("")
        self._back_to_files()

    def _back_to_files(self) -> None:
        self.tracks.focus()
        self.keys.show("desk")

    def action_export(self) -> None:
        """``captions.csv`` into the folder; a file that is not ours is only replaced when that is wanted."""
        from j2a.export import COLUMNS

        target = self.folder / "captions.csv"
        if external.is_someone_elses(target, ",".join(COLUMNS)):
            question = f"{clean(str(target))} was not written by J2A. Replace it?"
            self.app.push_screen(ConfirmScreen(question, "Replace it"),
                                 lambda yes: self._export(target) if yes else None)
        else:
            self._export(target)

    def _export(self, target: Path) -> None:
        from j2a.export import to_csv, write_atomically

        try:
            rows = self.session.store.rows(self.folder)
            if not rows:
                self._say("There are no captions to export yet.")
                return
            write_atomically(target, to_csv(rows, self.folder))
        except J2AError as error:
            self.tell(error)
            return
        count = f"{len(rows)} caption{'' if len(rows) == 1 else 's'}"
        self.notify(clean(str(target)), title=f"{count} written", markup=False)

    # The program

    def action_version(self) -> None:
        """Ask the engine what is there, and the user which."""
        screen = VersionScreen((self.session.version, self.session.backbone))
        self._inspect_id = self.session.engine.submit(Inspect("models"))
        self.app.push_screen(screen, self._version_chosen)

    def take_other_event(self, event: Event) -> None:
        """Answers that are not about the clip: the list of versions."""
        screen = self.app.screen
        if event.request_id != self._inspect_id or not isinstance(screen, VersionScreen):
            return
        if isinstance(event, Done):
            screen.show_rows(event.result["rows"])
        elif isinstance(event, Failed):
            screen.show_problem(clean(f"{event.title}: {event.message} {event.hint}".strip()))

    def _version_chosen(self, row: dict[str, Any] | None) -> None:
        if row is None:
            return
        if not row["present"]:
            self.notify(clean(f"{row['detail']} {row['get']}".strip()), severity="warning", timeout=8, markup=False,
                        title=f"J2A {row['version']} with {row['backbone']} is not here")
            return
        self.session.choose(row["version"], row["backbone"])
        self.show_change(Change.EVERYTHING)

    def action_help(self) -> None:
        """Keys and marks."""
        from j2a_tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

    @on(KeyBar.Pressed)
    async def _key_clicked(self, message: KeyBar.Pressed) -> None:
        action = message.key.action
        await self.run_action(action if message.key.where == "desk" else f"focused.{action}")

    def _say(self, text: str) -> None:
        self.notify(text, markup=False)
