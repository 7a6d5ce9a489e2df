"""The one-line widgets: what is open at the top, remarks and the keys at the bottom."""

from __future__ import annotations

from collections import deque

from textual import events
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from j2a_tui.bindings import in_use
from j2a_tui.display import VERDICT_MARKS, fit_path
from j2a_tui.key_table import Key, Where

Part = tuple[str, str]  # text and style
BRIEF_KEYS = {"enter": "⏎", "space": "␣"}
WIDE = 100  # cells from which the keys have their whole names
REMARK_S = 6.0
REMARKS = 100  # that can be read again


def _length(parts: list[Part]) -> int:
    return Content.assemble(*parts).cell_length


def two_ends(left: list[Part], right: list[Part], width: int) -> Content:
    """Parts at both ends of a line; the left one is cut where they would meet."""
    right_content = Content.assemble(*right)
    room = max(0, width - right_content.cell_length - (1 if right else 0))
    left_content = Content.assemble(*left).truncate(room, ellipsis=True, pad=True)
    return Content.assemble(left_content, " " if right else "", right_content)


class TopBar(Widget):
    """Program, folder, what is done, model."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder
        self._counts = ""
        self._model = ""
        self._state = ""

    def show(self, *, counts: str | None = None, model: str | None = None, state: str | None = None) -> None:
        """Change what is given."""
        before = self._counts, self._model, self._state
        self._counts = self._counts if counts is None else counts
        self._model = self._model if model is None else model
        self._state = self._state if state is None else state
        if (self._counts, self._model, self._state) != before:
            self.refresh()

    def render(self) -> Content:
        """``J2A  /music    12 files, 3 accepted    1.0 mini ready``."""
        right: list[Part] = [(f" {self._model}", "bold $foreground"), (f" {self._state} ", "$quiet")]
        counts: list[Part] = [(f"{self._counts}  ", "$foreground")]
        room = self.size.width - 7 - _length(counts) - _length(right)
        left: list[Part] = [(" J2A ", "bold $background on $primary"), (" ", "")]
        folder = fit_path(self._folder, room).rstrip() if room >= 8 else ""
        return two_ends([*left, (folder, "$quiet")], [*counts, *right], self.size.width)


class StatusLine(Widget):
    """The last remark while it is fresh, else how far the work has come; what is wrong at the right end."""

    def __init__(self) -> None:
        super().__init__()
        self.remarks: deque[str] = deque(maxlen=REMARKS)
        self._progress = ""
        self._contradicted = 0
        self._fresh: Timer | None = None

    def show(self, progress: str, contradicted: int) -> None:
        """Change what is shown beside a remark."""
        if (progress, contradicted) != (self._progress, self._contradicted):
            self._progress, self._contradicted = progress, contradicted
            self.refresh()

    def say(self, text: str) -> None:
        """A remark, for some seconds; the next one takes its place."""
        self.remarks.append(text)
        if self._fresh is not None:
            self._fresh.stop()
        self._fresh = self.set_timer(REMARK_S, self.be_quiet)
        self.refresh()

    def be_quiet(self) -> None:
        """The remark was there long enough."""
        if self._fresh is not None:
            self._fresh.stop()
            self._fresh = None
            self.refresh()

    def render(self) -> Content:
        """``12 of 38 done, 4.2 a minute, 6 min left            ✗ 3 contradicted``."""
        right: list[Part] = []
        if self._contradicted:
            right = [(f"{VERDICT_MARKS['contradicted']} {self._contradicted} contradicted ", "bold $error")]
        left = (f" {self.remarks[-1]}", "bold $accent") if self._fresh is not None else (f" {self._progress}", "$quiet")
        return two_ends([left], right, self.size.width)


class KeyBar(Widget):
    """The keys that matter now; a click does the same."""

    class Pressed(Message):
        """A key of the bar was clicked."""

        def __init__(self, key: Key) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__()
        self._where: Where = "desk"
        self._busy = False
        self._places: list[tuple[int, int, Key]] = []

    def show(self, where: Where | None = None, *, busy: bool | None = None) -> None:
        """Change the place whose keys are shown, and whether something runs that can be stopped."""
        before = self._where, self._busy
        self._where = self._where if where is None else where
        self._busy = self._busy if busy is None else busy
        if (self._where, self._busy) != before:
            self.refresh()

    def _keys(self) -> list[Key]:
        keys = [key for key in in_use() if key.where == self._where and (key.bar or (self._busy and key.id == "stop"))]
        # What can be stopped comes first; help and quit must be there however narrow it is.
        keys.sort(key=lambda key: {"stop": 0, "help": 1, "quit": 1}.get(key.id, 2))
        chosen, room = [], self.size.width - 1
        for key in keys:
            room -= sum(map(len, self._names(key))) + 1 + self._gap
            if room >= -self._gap:
                chosen.append(key)
        chosen.sort(key=lambda key: (key.id != "stop", in_use().index(key)))
        return chosen

    @property
    def _gap(self) -> int:
        return 2 if self.size.width >= WIDE else 1

    def _names(self, key: Key) -> tuple[str, str]:
        """The key and what it does, as briefly as the width asks for."""
        if self.size.width >= WIDE or self._where != "desk":
            return key.shown, key.label
        return BRIEF_KEYS.get(key.shown, key.shown), key.brief or key.label

    def render(self) -> Content:
        """``enter Describe  a Accept  ...``."""
        parts: list[Part] = [(" ", "")]
        self._places = []
        x = 1
        for key in self._keys():
            shown, label = self._names(key)
            parts += [(shown, "bold $accent"), (f" {label}{' ' * self._gap}", "$quiet")]
            end = x + len(shown) + 1 + len(label)
            self._places.append((x, end, key))
            x = end + self._gap
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        for start, end, key in self._places:
            if start <= event.x < end:
                self.post_message(self.Pressed(key))
