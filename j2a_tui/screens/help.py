"""Every key, and what the letters and marks mean."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from j2a.store import Status
from j2a_tui.bindings import in_use
from j2a_tui.display import EDITED, NO_STATUS, STATUS_LETTERS, VERDICT_MARKS
from j2a_tui.key_table import Where

_KEY_WIDTH = 9  # at least
_CONDITIONS = [
    ("status:", "new, edited, draft, accepted, rejected, skipped, flagged, failed"),
    ("bpm:", "120, 118-124, >140"), ("key:", "Am, F#, Bb"), ("tag:", "what was heard: metal, piano"),
    ("voice:", "yes or no"), ("contradicted:", ">0 finds captions that the measurement contradicts"),
    ("edited:", "yes or no"), ("caption:", "words of the caption, * for anything: *piano*"),
    ("annotator:", "a name, or me"),
]
_LETTERS = {Status.FAILED: "failed: no caption could be made"}
_VERDICTS = {
    "agreed": "the measurement says the same",
    "contradicted": "the measurement says otherwise",
    "unmeasured": "not measured or listened for, so nobody knows",
}


class HelpScreen(ModalScreen[None]):
    """A page to scroll through; any of the leaving keys closes it. ``where`` and ``groups``: only about these."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close", show=False),
        Binding("j,down", "scroll(1)", show=False), Binding("k,up", "scroll(-1)", show=False),
    ]

    def __init__(self, where: Where | None = None, groups: Sequence[str] = ()) -> None:
        super().__init__()
        self._where, self._groups = where, groups

    def compose(self) -> ComposeResult:
        """The page."""
        with VerticalScroll(classes="dialog", id="help") as page:
            page.border_title = Content("Keys and marks" if self._where is None else "Keys here")
            page.border_subtitle = Content("esc closes")
            yield Static(_page() if self._where is None else _about(self._where, self._groups), markup=False)

    def on_screen_resume(self) -> None:
        """From its top, each time."""
        self.query_one("#help").scroll_home(animate=False)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one("#help").scroll_relative(y=lines, animate=False)


def _about(where: Where, groups: Sequence[str]) -> Content:
    """The keys of one place, of some groups there, and what is good to know of it."""
    keys = [key for key in in_use() if key.where == where and (not groups or key.group in groups)]
    grouped = groupby(keys, lambda key: key.group)
    blocks = [_block(group, [(key.shown, key.help) for key in of]) for group, of in grouped]
    if where == "search":
        blocks.append(_block("Conditions, beside words of names", _CONDITIONS))
    if where == "claims":
        blocks.append(_marks())
    every = next(key.shown for key in in_use() if key.id == "help")
    return Content("\n\n").join([*blocks, Content.styled(f"{every} on the desk lists every key.", "$quiet")])


def _page() -> Content:
    blocks: list[Content] = []
    for group, keys in groupby(in_use(), key=lambda key: key.group):
        blocks.append(_block(group, [(key.shown, key.help) for key in keys]))
    blocks.append(_block("Letters in the list", [
        *((letter, _LETTERS.get(status, status.value)) for status, letter in STATUS_LETTERS.items()),
        (EDITED, "draft that somebody wrote in"), (NO_STATUS, "nothing yet"),
        (f"{VERDICT_MARKS['contradicted']}2", "its captions say two things that the measurement contradicts"),
        ("differ", "sorted by what is worth your time: its variants claim different tempi, keys or meters"),
        ("tempo?", "sorted so: half or double of its tempo may be meant"),
    ]))
    blocks.append(_marks())
    blocks.append(_block("In the search, beside words of names", _CONDITIONS))
    return Content("\n\n").join(blocks)


def _marks() -> Content:
    marks = [(mark, _VERDICTS[name]) for name, mark in VERDICT_MARKS.items()]
    return _block("Marks beside the claims of a caption", marks)


def _block(title: str, lines: list[tuple[str, str]]) -> Content:
    written = [Content.styled(title, "bold $primary")]
    width = max(_KEY_WIDTH, *(len(left) + 1 for left, _ in lines))
    for left, right in lines:
        written.append(Content.assemble((f"{left:<{width}}", "bold $accent"), (right, "$foreground")))
    return Content("\n").join(written)
