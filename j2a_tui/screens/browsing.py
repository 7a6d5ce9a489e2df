"""Finding: what the keys for files do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on, work

from j2a.errors import J2AError, StoreError
from j2a_tui.display import clean, home_relative
from j2a_tui.messages import Catalogued, Indexed
from j2a_tui.reading import indexing
from j2a_tui.screens.tracking import Tracking
from j2a_tui.views import parse
from j2a_tui.widgets.claims_table import ClaimsTable
from j2a_tui.widgets.track_list import TrackList

if TYPE_CHECKING:
    from textual.widgets import Input

    from j2a.exporting import WouldLoseError
    from j2a.store import Row
    from j2a_tui.exporting import Choice
    from j2a_tui.widgets.search import SearchField


class Browsing(Tracking):
    """Files are gone through, searched and exported."""

    _search: SearchField | None = None
    _indexed = -1  # files whose tags were known when the index was asked for

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

    def action_next_open(self, direction: int) -> None:
        """The next planned window or file without a decision, or back to one."""
        self.settle()
        if not self.go_to_planned(direction) and not self.tracks.go_to_open(direction):
            self.say("No other file in the list is without a decision.")

    @on(TrackList.Opened)
    def _opened(self) -> None:
        self.settle()
        if not self.transport.playing:
            self.action_play()

    def action_list(self) -> None:
        """All the width for the caption; the keys go on moving through the files."""
        hidden = self.toggle_class("-alone").has_class("-alone")
        self.set_focus(None if hidden else self.tracks)

    def action_search(self) -> None:
        """A field under the list."""
        from j2a_tui.widgets.search import SearchField

        self.remove_class("-alone")
        if self._search is None:  # once for all times, as the editor
            self._search = SearchField()
            self.files_box.mount(self._search)
        self._search.display = True
        self._index()
        self.set_focus(self._search)  # now, not soon: the letters that follow must not start actions
        self.keys.show("search")

    def _index(self) -> None:
        """What is written wrongly is found by an index, which is made while it is typed."""
        known = self.tracks.listing.tags_known
        if known != self._indexed:
            self._indexed = known
            self._library.submit("index", indexing(self.tracks.listing.texts, self.post_message))

    def on_indexed(self, message: Indexed) -> None:
        """Search again, if nothing was found without it."""
        self.tracks.listing.index = message.index
        if self.words and not self.tracks.found:
            self.find(self.words)

    def search_for(self, words: str) -> None:
        """As if they had been typed and kept."""
        self.action_search()
        assert self._search is not None
        self._search.value = words
        self._back_to_files()

    @property
    def words(self) -> str:
        """What is searched for."""
        return self._search.value if self._search is not None else ""

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter while it is typed."""
        if self._search is not None and self._search.display:  # else it was left since
            self.find(message.value)

    def on_catalogued(self, message: Catalogued) -> None:
        """What the search of the last time is about is known now."""
        message.prevent_default()  # Textual would ask the class below after this one
        super().on_catalogued(message)
        if message.last:
            self.list_again()

    def find(self, words: str) -> None:
        """List what is searched for."""
        ledger = self.session.ledger
        query = parse(words, ledger.store.annotator)
        if query.problem:
            self.say(query.problem)
        else:
            self.status.be_quiet()
        self.tracks.search(query.words, query.matcher(ledger.statuses, ledger.catalogue))
        if self.tracks.listing.near and not query.problem:
            self.say("Nothing is written like this. These come near:")
        self.tracks.set_note("Nothing found" if self.tracks.total and not self.tracks.found else "")
        self.show_files_title(words)

    def on_search_field_left(self, message: SearchField.Left) -> None:
        """Back to the files."""
        if not message.keep:
            self.clear_search()
            return
        if self._search is not None and not self._search.value.strip():
            self._close_search()
        self._back_to_files()

    def clear_search(self) -> None:
        self._close_search()
        self.find("")
        self._back_to_files()

    def _close_search(self) -> None:
        if self._search is not None:
            with self.prevent(type(self._search).Changed):
                self._search.value = ""
            self._search.display = False

    def action_claims(self) -> None:
        """Into the claims under the caption."""
        claims = self.query_one(ClaimsTable)
        if not claims.any:
            self.say("There are no claims to go through.")
            return
        self.set_focus(claims)
        self.keys.show("claims")

    def on_claims_table_chosen(self) -> None:
        """Light its words; the mouse may have come here, or have left."""
        if self.focused in (self.tracks, self.query_one(ClaimsTable)):
            self.keys.show("desk" if self.focused is self.tracks else "claims")
        self.caption.show()

    def on_claims_table_left(self) -> None:
        """Back."""
        self._back_to_files()

    def _back_to_files(self) -> None:
        self.set_focus(self.tracks)
        self.keys.show("desk")

    def list_again(self) -> None:
        """In the order that was chosen, with what is known by now."""
        self.tracks.listing.sort_again()
        self.find(self.words)

    def action_export(self) -> None:
        """In the format and with the captions that are asked for, after a look at what that would write."""
        from j2a.exporting import ONLY, chosen
        from j2a_tui.exporting import Choice, preview
        from j2a_tui.screens.export import ExportScreen

        rows = self._rows()
        if rows is None:
            return
        if not rows:
            self.refuse("There are no captions to export yet.")
            return
        counts = {only: len(chosen(rows, only)) for only in ONLY}
        accepted = chosen(rows, "accepted")
        screen = ExportScreen(Choice(self.folder), counts, lambda choice: preview(accepted, choice))
        self.app.push_screen(screen, lambda choice: self._export(choice, force=False) if choice else None)

    def _rows(self) -> list[Row] | None:
        """Every row of the folder; those that are damaged are told of. ``None`` when they cannot be read."""
        damaged: list[StoreError] = []
        try:
            rows = self.session.ledger.saved.rows(self.folder, damaged.append)
        except StoreError as error:
            self.tell(error)
            return None
        if damaged:
            self.tell(StoreError(f"{len(damaged)} damaged left out: {damaged[0].message}", damaged[0].hint,
                                 title="Cannot read every caption"))
        return rows

    def _export(self, choice: Choice, *, force: bool) -> None:
        from j2a.exporting import chosen

        rows = chosen(self._rows() or (), choice.only)
        if choice.name == "csv" and not choice.out:
            self.write_export("csv", rows, force=force)
        elif rows:
            self._write_files(rows, choice, force=force)
        else:
            self.say("There are no such captions to export.")

    @work(thread=True, exclusive=True, group="export")
    def _write_files(self, rows: Sequence[Row], choice: Choice, *, force: bool) -> None:
        """In a thread: windows are cut one by one, which takes its time."""
        from j2a.exporting import WouldLoseError
        from j2a_tui.exporting import written

        try:
            told = written(rows, choice, force=force)
        except WouldLoseError as error:
            self.app.call_from_thread(self._ask_to_overwrite, error, choice)
        except J2AError as error:
            self.app.call_from_thread(self.tell, error)
        else:
            self.app.call_from_thread(self.notify, clean(home_relative(choice.target)), title=told, markup=False)

    def _ask_to_overwrite(self, error: WouldLoseError, choice: Choice) -> None:
        from j2a_tui.screens.choose import ConfirmScreen

        question = f"{clean(error.message)} Replace it? What is there is kept, as FILE.bak."
        self.app.push_screen(ConfirmScreen(question, "Replace it"),
                             lambda yes: self._export(choice, force=True) if yes else None)

    def write_export(self, name: str, rows: Sequence[Row], *, force: bool) -> None:
        """A file that holds more than it would is only replaced when that is wanted (``force``)."""
        from j2a.exporting import FORMATS, WouldLoseError
        from j2a_tui.screens.choose import ConfirmScreen

        written = FORMATS[name]
        target = self.folder / written.file_name
        count = written.count(rows)
        if not count:
            self.say(f"There are no such {written.unit}s to export.")
            return
        try:
            if not self.folder.is_dir():
                raise J2AError(f"{self.folder} is not there any more.",
                               "The captions are kept: j2a export writes them with --out.", title="Cannot export")
            written.save(rows, self.folder, target, "dataset", force)
        except WouldLoseError as error:
            question = f"{clean(error.message)} Replace it? The old one is kept as {written.file_name}.bak."
            self.app.push_screen(ConfirmScreen(question, "Replace it"),
                                 lambda yes: self.write_export(name, rows, force=True) if yes else None)
            return
        except J2AError as error:
            self.tell(error)
            return
        told = f"{count} {written.unit}{'' if count == 1 else 's'}"
        self.notify(clean(home_relative(target)), title=f"{told} written", markup=False)
