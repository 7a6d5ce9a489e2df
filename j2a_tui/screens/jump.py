"""Letters on what can be gone to: typing them goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from j2a.records import dataclass
from j2a_tui.bindings import textual_bindings
from j2a_tui.key_table import Where

WIDTH = 2  # cells
LETTERS = "asdfghjklqwertyuiopzxcvbnm"  # those under the fingers first


@dataclass(frozen=True, slots=True)
class Target:
    """A cell of the screen that can be gone to, and how."""

    x: int
    y: int
    go: Callable[[], object]


def labels(count: int) -> Iterator[str]:
    """One or two letters for each of so many, none of them the beginning of another one."""
    begin_two = max(0, -(-(count - len(LETTERS)) // (len(LETTERS) - 1)))
    alone = len(LETTERS) - begin_two
    twos = ("".join(pair) for pair in product(LETTERS[alone:], LETTERS))
    yield from islice((*LETTERS[:alone], *twos), count)


def _wide(letters: str) -> str:
    """One letter covers two cells, too: it would be read together with the letter of the file's status otherwise."""
    return f"{letters:<{WIDTH}}"


class JumpScreen(ModalScreen["Target | None"]):
    """Over the desk; the answer is the target whose letters were typed, or ``None``."""

    PLACE: ClassVar[Where] = "jump"  # whose keys f1 tells
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("jump")]

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self._targets = dict(zip(labels(len(targets)), targets, strict=False))
        self._typed = ""

    def compose(self) -> ComposeResult:
        """The letters where they lead."""
        for letters, target in self._targets.items():
            label = Static(_wide(letters), classes="jump", markup=False)
            label.styles.offset = (target.x, target.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """A letter: go there, or wait for the second one."""
        if event.character is None or event.character not in LETTERS:
            return
        event.stop()
        typed = self._typed + event.character
        if typed in self._targets:
            self.dismiss(self._targets[typed])
        elif any(letters.startswith(typed) for letters in self._targets):
            self._show(typed)

    def _show(self, typed: str) -> None:
        """What can still be meant."""
        self._typed = typed
        for letters, label in zip(self._targets, self.query(Static), strict=True):
            label.display = letters.startswith(typed)
            label.update(_wide(letters[len(typed):]))

    def action_again(self) -> None:
        """The first letter was wrong."""
        self._show("")

    def action_leave(self) -> None:
        """Nowhere."""
        self.dismiss(None)

    def on_click(self) -> None:
        """The mouse goes where it wants by itself."""
        self.dismiss(None)

    def on_resize(self, event: events.Resize) -> None:
        """Nothing is where it was."""
        if self.is_mounted and event.size != self.app.screen_stack[0].size:
            self.dismiss(None)
