"""The order of the files, their folders, and searches with a name: what the keys for those do."""

from __future__ import annotations

from j2a.errors import StoreError
from j2a_tui import saved_views
from j2a_tui.display import clean
from j2a_tui.saved_views import View
from j2a_tui.screens.browsing import Browsing
from j2a_tui.sorting import SORTS, sort_named


class Arranging(Browsing):
    """The desk without what makes captions."""

    def action_sort(self) -> None:
        """Choose the order."""
        from j2a_tui.screens.pick import Line, PickScreen

        lines = [Line(sort.name, sort.label, sort.about) for sort in SORTS]
        self.app.push_screen(PickScreen("Sort files by", lines, self.tracks.listing.sort.name), self._sort_by)

    def _sort_by(self, name: str | None) -> None:
        if name is not None:
            self.tracks.listing.sort_by(name)
            self.find(self.words)

    def action_fold(self) -> None:
        """The folder under the cursor."""
        if not self.tracks.fold():
            self.say("There are no folders to fold in this list.")

    def action_fold_all(self) -> None:
        """All of them."""
        if not self.tracks.fold_all():
            self.say("There are no folders to fold in this list.")

    def action_save_view(self) -> None:
        """Name what is searched for now."""
        from j2a_tui.screens.pick import NameScreen

        view = View(self.words, self.tracks.listing.sort.name)
        about = f"{view.search or 'every file'}, sorted by {self.tracks.listing.sort.said}"
        self.app.push_screen(NameScreen("Name of this view", about), lambda name: self._name_view(name, view))

    def _name_view(self, name: str | None, view: View) -> None:
        if name is not None:
            self._keep_view(name, view)

    def _keep_view(self, name: str, view: View | None) -> bool:
        try:
            saved_views.keep(name, view)
        except StoreError as error:
            self.tell(error)
            return False
        self.say(clean(f"The view {name} is {'kept' if view else 'deleted'}."))
        return True

    def action_views(self) -> None:
        """Choose a named one."""
        from j2a_tui.screens.pick import Line, PickScreen

        views = saved_views.read()
        if not views:
            self.say('No view has a name yet: search for something, then " gives it one.')
            return
        lines = [Line(name, name, f"{view.search} · by {sort_named(view.sort).said}".lstrip(" ·"))
                 for name, view in views.items()]
        self.app.push_screen(PickScreen("Saved views", lines, on_delete=lambda name: self._keep_view(name, None)),
                             lambda name: self._show_view(views.get(name or "")))

    def _show_view(self, view: View | None) -> None:
        if view is None:
            return
        self.tracks.listing.sort_by(view.sort)
        if view.search:
            self.search_for(view.search)
            self.find(view.search)
        else:
            self.clear_search()
