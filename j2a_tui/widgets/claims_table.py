"""The claims of the caption: one of them can be chosen, and lights its words in the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.content import Content, Span
from textual.message import Message
from textual.widgets import Static

from j2a_tui.bindings import textual_bindings
from j2a_tui.key_table import Where

if TYPE_CHECKING:
    from j2a_tui.claims import Checked

LIT = "reverse bold"


class ClaimsTable(Static, can_focus=True):
    """Draws what the caption panel gives it; ``lit`` are the spans of the words of the chosen claim."""

    PLACE: ClassVar[Where] = "claims"  # whose keys f1 tells
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("claims")]

    class Chosen(Message):
        """Another claim, or none, is chosen: the caption shows it."""

    class Left(Message):
        """Back to the files."""

    def __init__(self) -> None:
        super().__init__("", id="claims", markup=False)
        self._found: Sequence[Checked] = ()  # a line each, as the table has them
        self._every: Sequence[Checked] = ()  # as they stand in the text
        self._places: Sequence[tuple[int, int]] = ()  # of the words of each in what is drawn
        self._chosen = -1

    def know(self, found: Sequence[Checked], every: Sequence[Checked], places: Sequence[tuple[int, int]]) -> None:
        """These claims are shown: ``found`` one of each, ``every`` with all their places in the text.

        ``places`` are those of the words of ``found`` in what is drawn here: the first character and the one behind.
        """
        if list(found) != list(self._found):
            self._chosen = min(0 if self.has_focus else -1, len(found) - 1)
        self._found, self._every, self._places = found, every, places

    @property
    def any(self) -> bool:
        """Whether there are claims to choose from."""
        return bool(self._found)

    @property
    def chosen(self) -> Checked | None:
        """The claim whose words are lit."""
        return self._found[self._chosen] if 0 <= self._chosen < len(self._found) else None

    @property
    def lit(self) -> list[Span]:
        """Where its words are in the caption; chords of one line all together."""
        one = self.chosen
        if one is None:
            return []
        words = one.text.casefold().split() if one.kind == "chord" else [one.text.casefold()]
        return [Span(other.start, other.end, LIT) for other in self._every
                if other.verdict == one.verdict and other.kind == one.kind and other.text.casefold() in words]

    def marked(self, content: Content) -> Content:
        """The table with the chosen claim turned around."""
        if self.chosen is None:
            return content
        return Content(content.plain, spans=[*content.spans, Span(*self._places[self._chosen], LIT)])

    @property
    def places(self) -> Iterator[tuple[int, int, int]]:
        """Each claim that is seen: its number, column and row."""
        drawn = list(self._drawn())
        text = self._text
        for number, (start, _) in enumerate(self._places):
            letters = len(_letters(text[:start]))
            if letters < len(drawn):
                x, y = drawn[letters]
                yield number, max(0, x - 2), y  # where its mark stands

    @property
    def _text(self) -> str:
        return self.content.plain if isinstance(self.content, Content) else ""

    def _drawn(self) -> Iterator[tuple[int, int]]:
        """Column and row of each character that is seen, but for spaces, which are not all drawn where lines wrap."""
        for y in range(self.size.height):
            x = 0
            for character in self.render_line(y).text:
                if not character.isspace():
                    yield x, y
                x += cell_len(character)

    def choose(self, number: int) -> None:
        """This one."""
        if 0 <= number < len(self._found):
            self._chosen = number
            self.post_message(self.Chosen())

    def action_choose(self, by: int) -> None:
        """Another one."""
        self.choose(min(max(0, self._chosen + by), len(self._found) - 1))

    def action_leave(self) -> None:
        """None of them."""
        self.post_message(self.Left())

    def on_focus(self) -> None:
        """From the first one on."""
        if self._chosen < 0 and self._found:
            self._chosen = 0
        self.post_message(self.Chosen())

    def on_blur(self) -> None:
        """Nothing is lit any more."""
        self._chosen = -1
        self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        """The claim under the mouse: from its mark on, as far as the mark of the next one."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        letters = sum((y, x) <= (offset.y, offset.x) for x, y in self._drawn())
        text = self._text
        under = [number for number, (start, _) in enumerate(self._places)
                 if len(_letters(text[: start - 2])) < letters]
        if under:
            self.choose(max(under, key=lambda number: self._places[number]))


def _letters(text: str) -> str:
    return "".join(text.split())
