"""Which captions are written, in whose format, and where; what that would do is seen before it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from j2a.errors import J2AError
from j2a.exporting.choosing import ONLY, Only
from j2a_tui.display import clean, fit, home_relative
from j2a_tui.exporting import FIGURES, NAMES, Choice, Preview
from j2a_tui.screens.clickable import ListDialog

SHOWN = 100  # files that are named; all are counted
_EXPORTS = ("accepted captions only", "every caption, drafts too", "everything, also what was skipped without one")
_STYLES = {"new": "$success", "changed": "$warning", "same": "$quiet"}


class _Formats(Widget):
    """The formats, as many as there is room for around the chosen one."""

    choice: Choice

    @property
    def first(self) -> int:
        """The one in the first row."""
        height, here = self.size.height, NAMES.index(self.choice.name)
        return min(max(0, here - height // 2), max(0, len(NAMES) - height))

    def render(self) -> Content:
        """``▌ kohya           sd-scripts: X.caption``."""
        height, here, first = self.size.height, NAMES.index(self.choice.name), self.first
        lines = []
        for place, name in list(enumerate(NAMES))[first : first + height]:
            mark, style = ("▌", "bold $accent on $panel") if place == here else (" ", "$foreground")
            about = replace(self.choice, name=name).about
            lines.append(Content.styled(fit(f"{mark} {name:<18} {clean(about)}", self.size.width), style))
        return Content("\n").join(lines)


class ExportScreen(ListDialog["Choice | None"]):
    """The answer is what shall be written; ``None`` for nothing.

    ``look`` gives the preview of a choice; it may take a moment, and raises ``J2AError``.
    """

    AUTO_FOCUS = ""  # the keys are the screen's, not the place's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a,enter", "write('accepted')", show=False), Binding("c", "write('captioned')", show=False),
        Binding("e", "write('all')", show=False), Binding("escape,q,n", "leave", show=False),
        Binding("j,down", "move(1)", show=False), Binding("k,up", "move(-1)", show=False),
        Binding("f", "figures", show=False), Binding("w", "audio", show=False), Binding("o", "place", show=False),
        Binding("pagedown", "scroll(1)", show=False), Binding("pageup", "scroll(-1)", show=False),
    ]  # fmt: skip

    def __init__(self, choice: Choice, counts: Mapping[Only, int], look: Callable[[Choice], Preview]) -> None:
        super().__init__()
        self.choice, self._counts, self._look = choice, counts, look
        self._formats = _Formats()
        self._formats.choice = choice
        self._out = Input(compact=True, select_on_focus=False, id="export-out")

    def compose(self) -> ComposeResult:
        """Formats, choices, and what would be written."""
        with Vertical(classes="dialog", id="export") as box:
            box.border_title = Content("Export")
            box.border_subtitle = Content("↑↓ format · a c e write · o where · pgdn more · esc closes")
            yield self._formats
            yield Static("", id="export-choices", markup=False)
            yield self._out
            with VerticalScroll(id="export-files", can_focus=False):
                yield Static("", id="export-list", markup=False)

    def on_mount(self) -> None:
        """Everything is there."""
        self._show()

    def _show(self, *, out: bool = True) -> None:
        """Everything as it is chosen now; the files follow."""
        self._formats.choice = self.choice
        self._formats.refresh()
        if out:
            with self.prevent(Input.Changed):
                self._out.value = str(home_relative(self.choice.target))
        lines = [
            Content.assemble((f"{key}  ", "bold $accent"), (f"{self._counts[only]:>6,}  ", "bold"), (what, "$quiet"))
            for key, only, what in zip("ace", ONLY, _EXPORTS, strict=True)
        ]
        if self.choice.has_options:
            audio = f"cut to {self.choice.audio} files of their own" if self.choice.audio else "where they are"
            lines.append(Content.assemble(
                ("f  ", "bold $accent"), ("figures ", "$quiet"), FIGURES[self.choice.figures],
                ("   w  ", "bold $accent"), ("windows ", "$quiet"), audio,
            ))  # fmt: skip
        self.query_one("#export-choices", Static).update(Content("\n").join(lines))
        self._tell(Content.styled("Looking at what would be written …", "$quiet"))
        self._preview(self.choice)

    @work(thread=True, exclusive=True, group="preview", exit_on_error=False)
    def _preview(self, choice: Choice) -> None:
        worker = get_current_worker()
        try:
            found = self._listed(self._look(choice))
        except J2AError as error:
            found = Content.styled(clean(f"{error.message} {error.hint}"), "bold $error")
        if not worker.is_cancelled:
            self.app.call_from_thread(self._tell, found)

    def _listed(self, found: Preview) -> Content:
        lines = [Content.assemble((f"a writes {found.told}.", "bold $foreground"))]
        lines += [Content.styled(clean(note), "$warning") for note in found.notes]
        for state, name in found.files[:SHOWN]:
            lines.append(Content.assemble((f"{state:<8} ", _STYLES[state]), (clean(name), "$foreground")))
        if (more := len(found.files) - SHOWN) > 0:
            lines.append(Content.styled(f"and {more:,} more", "$quiet"))
        return Content("\n").join(lines)

    def _tell(self, content: Content) -> None:
        if self.is_attached:
            self.query_one("#export-list", Static).update(content)

    @property
    def listed(self) -> Widget:
        """The formats."""
        return self._formats

    @property
    def cursor(self) -> int:
        """Of them."""
        return NAMES.index(self.choice.name)

    def entry_at(self, row: int) -> int | None:
        """As many as there is room for."""
        return self._formats.first + row if 0 <= row < len(NAMES) - self._formats.first else None

    def action_move(self, by: int) -> None:
        """Another format."""
        self.choice = self.choice.other(by)
        self._show()

    def action_figures(self) -> None:
        """BPM, key and meter in the texts, or not."""
        if self.choice.has_options:
            self.choice = self.choice.with_other_figures()
            self._show()

    def action_audio(self) -> None:
        """Each window to a file of its own, or not."""
        if self.choice.has_options:
            self.choice = self.choice.with_other_audio()
            self._show()

    def action_place(self) -> None:
        """Write it elsewhere."""
        self._out.cursor_position = len(self._out.value)
        self.set_focus(self._out)

    def on_input_changed(self) -> None:
        """The place is typed."""
        self.choice = replace(self.choice, out=self._out.value)
        self._show(out=False)

    def on_input_submitted(self) -> None:
        """It is there: back to the keys."""
        self.set_focus(None)

    def action_scroll(self, pages: int) -> None:
        """Through the files."""
        files = self.query_one("#export-files", VerticalScroll)
        files.scroll_relative(y=pages * max(1, files.size.height - 1), animate=False)

    def action_write(self, only: Only) -> None:
        """Do it."""
        self.dismiss(replace(self.choice, only=only))

    def action_leave(self) -> None:
        """Back to the keys from the place, else nothing is written."""
        if self.focused is self._out:
            self.set_focus(None)
        else:
            self.dismiss(None)
