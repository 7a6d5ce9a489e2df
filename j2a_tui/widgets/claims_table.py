"""The claims of the caption: one of them can be chosen, and lights its words in the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content, Span
from textual.message import Message
from textual.widgets import Static

from j2a_tui.bindings import Where, textual_bindings
from j2a_tui.display import fit

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
        self._chosen = -1

    def know(self, found: Sequence[Checked], every: Sequence[Checked]) -> None:
        """These claims are shown: ``found`` one of each, ``every`` with all their places in the text."""
        if list(found) != list(self._found):
            self._chosen = min(0 if self.has_focus else -1, len(found) - 1)
        self._found, self._every = found, every

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
        """The table with the chosen claim turned around; it stands in the order of the claims."""
        one = self.chosen
        if one is None:
            return content
        at = 0
        for claim in self._found[: self._chosen + 1]:
            start = self._place(content.plain, claim, at)
            if start < 0:
                return content
            at = start + 1
        end = start + len(one.text.rstrip()) if one.text in content.plain else start + 1
        return Content(content.plain, spans=[*content.spans, Span(start, end, LIT)])

    @staticmethod
    def _place(text: str, claim: Checked, at: int) -> int:
        found = text.find(claim.text, at)
        return found if found >= 0 else text.find(fit(claim.text, 20).rstrip(" …"), at)

    @property
    def places(self) -> Iterator[tuple[int, int, int]]:
        """Each claim that is seen: its number, column and row."""
        lines = [self.render_line(y).text for y in range(self.size.height)]
        behind = [0] * len(lines)  # so far each row is taken
        for number, claim in enumerate(self._found):
            for y, line in enumerate(lines):
                x = self._place(line, claim, behind[y])
                if x >= 0:
                    behind[y] = x + 1
                    yield number, max(0, x - 2), y  # where its mark stands
                    break

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
        """The claim under the mouse."""
        offset = event.get_content_offset(self)
        content = self.content
        if offset is None or not isinstance(content, Content):
            return
        places: list[int] = []
        for claim in self._found:
            places.append(self._place(content.plain, claim, places[-1] + 1 if places else 0))
        clicked = _place_of(content.plain, offset.x, offset.y, self.content_size.width)
        under = [number for number, place in enumerate(places) if 0 <= place <= clicked + 2]
        if under:
            self._chosen = under[-1]
            self.post_message(self.Chosen())


def _place_of(text: str, x: int, y: int, width: int) -> int:
    """Which character of a text stands there, where lines do not wrap; behind the last one otherwise."""
    lines = text.split("\n")
    if len(lines) == 1:  # wrapped: one behind the other
        return min(len(text), y * width + x)
    return sum(len(line) + 1 for line in lines[:y]) + x if y < len(lines) else len(text)
