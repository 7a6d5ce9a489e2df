"""Jumping: letters on the files, the folders, the claims and the boxes of the desk."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from j2a_tui.screens.rewriting import Rewriting
from j2a_tui.widgets.claims_table import ClaimsTable

if TYPE_CHECKING:
    from textual.widget import Widget

    from j2a_tui.screens.jump import Target

IN_TITLE = 1  # cells behind the corner of a frame


class Jumping(Rewriting):
    """Everything on the screen is two keys away, or three."""

    def action_jump(self) -> None:
        """Put letters on what can be gone to."""
        from j2a_tui.screens.jump import JumpScreen

        self.settle()
        self.app.push_screen(JumpScreen([*self._rows_to_go_to(), *self._claims_to_go_to(), *self._boxes_to_go_to()]),
                             lambda target: target.go() if target else None)

    def _rows_to_go_to(self) -> Iterator[Target]:
        """Files, and folders, which open or close."""
        from j2a_tui.screens.jump import Target

        if self.tracks.region:
            left, top = self.tracks.content_region.offset
            for y, index in self.tracks.rows_shown:
                go = partial(self.tracks.fold_heading, index) if isinstance(index, str) else (
                    partial(setattr, self.tracks, "cursor", index))
                yield Target(left, top + y, go)

    def _claims_to_go_to(self) -> Iterator[Target]:
        from j2a_tui.screens.jump import Target

        claims = self.query_one(ClaimsTable)
        left, top = claims.content_region.offset
        for number, x, y in claims.places:
            yield Target(left + x, top + y, partial(self._go_to_claim, claims, number))

    def _go_to_claim(self, claims: ClaimsTable, number: int) -> None:
        self.action_claims()
        claims.choose(number)

    def _boxes_to_go_to(self) -> Iterator[Target]:
        """Into the caption's text, the windows of the track, what was measured."""
        from j2a_tui.screens.jump import Target

        boxes: tuple[tuple[Widget, str], ...] = (
            (self.caption, "edit"), (self.sound_box, "map"), (self.features, "correct"))
        for box, action in boxes:
            if box.region:
                left, top = box.region.offset
                yield Target(left + IN_TITLE, top, partial(self.call_next, self.run_action, action))
