"""Find and replace in the captions of the folder, with every change to be seen before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from j2a.store import Row
from j2a_tui.display import clean, window_text
from j2a_tui.replacing import WHICH, PatternError, Replacement, Wanted, replacements
from j2a_tui.wording import word_diff

SHOWN = 200  # changes that are drawn; all are counted
_WHICH = {"drafts": "drafts and others that are not accepted", "accepted": "accepted ones only", "all": "all captions"}
_MARKS = {"same": ("", "$foreground"), "gone": ("-", "$error strike"), "new": ("+", "bold $success")}


class ReplaceScreen(ModalScreen["list[Replacement] | None"]):
    """The answer is what shall be changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False), Binding("f2", "regex", show=False), Binding("f3", "case", show=False),
        Binding("f4", "which", show=False), Binding("ctrl+s", "replace", show=False),
        Binding("pagedown", "scroll(1)", show=False), Binding("pageup", "scroll(-1)", show=False),
    ]

    def __init__(self, rows: Sequence[Row], folder: Path) -> None:
        super().__init__()
        self._rows, self._folder = rows, folder
        self._wanted = Wanted("", "")
        self._found: list[Replacement] = []
        self._emptied = 0  # captions of which nothing would be left
        self._find = Input(placeholder="find", compact=True, id="find")
        self._put = Input(placeholder="replace by (nothing takes it out)", compact=True, id="put")

    def compose(self) -> ComposeResult:
        """Fields, choices, and the changes."""
        with Vertical(classes="dialog", id="replace") as box:
            box.border_title = Content("Find and replace in the captions of this folder")
            box.border_subtitle = Content("ctrl+s replaces · tab the other field · pgdn more · esc leaves")
            yield self._find
            yield self._put
            yield Static("", id="replace-choices", markup=False)
            with VerticalScroll(id="replace-changes", can_focus=False):
                yield Static("", id="replace-list", markup=False)

    def on_mount(self) -> None:
        """Nothing is found yet."""
        self.set_focus(self._find)
        self._look()

    def on_input_changed(self) -> None:
        """What would change now."""
        self._look()

    def on_input_submitted(self) -> None:
        """On to the other field; replacing has a key of its own."""
        self.set_focus(self._put if self.focused is self._find else self._find)

    def _look(self) -> None:
        self._wanted = replace(self._wanted, find=self._find.value, replace=self._put.value)
        wrong = ""
        try:
            every = replacements(self._rows, self._wanted)
        except PatternError as error:
            every, wrong = [], str(error)
        self._found = [one for one in every if not one.leaves_nothing]
        self._emptied = len(every) - len(self._found)
        wanted = self._wanted
        on = {True: ("on", "bold $success"), False: ("off", "$quiet")}
        choices = Content.assemble(
            ("f2 ", "bold $accent"), "regular expression ", on[wanted.regex],
            ("   f3 ", "bold $accent"), "match case ", on[wanted.case],
            ("\nf4 ", "bold $accent"), "in ", (_WHICH[wanted.which], "bold $foreground"),
        )  # fmt: skip
        self.query_one("#replace-choices", Static).update(choices)
        told = Content.styled(clean(wrong), "bold $error") if wrong else self._counted()
        shown = [self._change(one) for one in self._found[:SHOWN]]
        more = len(self._found) - len(shown)
        rest = [Content.styled(f"and {more:,} more captions", "$quiet")] if more > 0 else []
        self.query_one("#replace-list", Static).update(Content("\n").join([told, *shown, *rest]))

    def _counted(self) -> Content:
        if not self._wanted.find:
            return Content.styled("What would change is shown here.", "$quiet")
        places = sum(one.count for one in self._found)
        captions, files = len(self._found), len({one.clip.path for one in self._found})
        told = f"{_many(places, 'place')} in {_many(captions, 'caption')} of {_many(files, 'file')}"
        if self._emptied:
            told += f"; {_many(self._emptied, 'caption')} would have no words left and will not be changed"
        return Content.styled(told, "bold $foreground")

    def _change(self, one: Replacement) -> Content:
        path = one.clip.path
        name = path.relative_to(self._folder) if path.is_relative_to(self._folder) else path
        where = f"{clean(str(name))} {window_text(one.clip.start_s, one.clip.end_s)}, {one.status.value}: "
        words = []
        for kind, text in word_diff(clean(one.before), clean(one.after)):
            mark, style = _MARKS[kind]
            words.append(Content.styled(f"{mark}{text}{mark}", style))
        return Content.assemble((where, "$quiet"), Content(" ").join(words))

    def action_regex(self) -> None:
        """Read what is to be found as a regular expression, or not."""
        self._wanted = replace(self._wanted, regex=not self._wanted.regex)
        self._look()

    def action_case(self) -> None:
        """Tell capital letters from small ones, or not."""
        self._wanted = replace(self._wanted, case=not self._wanted.case)
        self._look()

    def action_which(self) -> None:
        """In other captions."""
        self._wanted = replace(self._wanted, which=WHICH[(WHICH.index(self._wanted.which) + 1) % len(WHICH)])
        self._look()

    def action_scroll(self, pages: int) -> None:
        """Through the changes."""
        changes = self.query_one("#replace-changes", VerticalScroll)
        changes.scroll_relative(y=pages * max(1, changes.size.height - 1), animate=False)

    def action_replace(self) -> None:
        """Do it."""
        if self._found:
            self.dismiss(self._found)

    def action_leave(self) -> None:
        """Nothing."""
        self.dismiss(None)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
