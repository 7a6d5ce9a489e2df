"""Boxes whose titles change often: only the line of the frame is drawn then, where Textual would draw the whole box."""

from __future__ import annotations

from typing import Any, Self

from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget


class Framed(Widget):
    """Anything with a frame around it."""

    _title: Content | None = None
    _subtitle: Content | None = None
    _edge: int | None = None  # of the frame, while a title is set

    def entitle(self, title: Content | None) -> None:
        """In the upper line of the frame."""
        if not same(title, self._title):
            self._title = title
            self._edge = 0
            self.border_title = title
            self._edge = None

    def subtitle(self, subtitle: Content | None) -> None:
        """In the lower one."""
        if not same(subtitle, self._subtitle):
            self._subtitle = subtitle
            self._edge = self.outer_size.height - 1
            self.border_subtitle = subtitle
            self._edge = None

    def refresh(self, *regions: Region, **how: Any) -> Self:
        """Draw it anew, or the line whose title is set."""
        if self._edge is not None:
            across = Region(0, self._edge, self.outer_size.width, 1)
            regions = (across.translate(-self.content_offset),)
        return super().refresh(*regions, **how)


class FramedVertical(Framed, Vertical):
    """Widgets one below the other, in a frame."""


def same(content: Content | None, before: object) -> bool:
    """Whether text and colours are the same: contents call themselves equal when their texts are."""
    if content is None or not isinstance(before, Content):
        return content is before
    return content == before and content.spans == before.spans
