"""Two captions of one clip without their names; which is better is asked, then the names are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from j2a.store.tally import Maker, Tally
from j2a.store.variants import CHOICES
from j2a_tui.bindings import key_of, textual_bindings, with_keys
from j2a_tui.blind import Blind
from j2a_tui.display import clean
from j2a_tui.key_table import Where

_PICKED = {"left": "← is better", "right": "→ is better", "tie": "a tie", "neither": "neither is any good"}
_QUESTION = ("Which is better?  {blind_left} left  {blind_right} right  {blind_tie} tie  {blind_neither} neither  "
             "{blind_play} plays")
_SAME = "They are the same, word for word: {blind_tie}.  "


class BlindScreen(ModalScreen[None]):
    """``go_on`` puts the next clip on the desk and begins; ``play`` plays or pauses; ``changed`` draws the desk."""

    PLACE: ClassVar[Where] = "blind"  # whose keys f1 tells
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("blind")]

    def __init__(
        self, blind: Blind, *, go_on: Callable[[], None], play: Callable[[], None], changed: Callable[[], None],
        export: Callable[[], None],
    ) -> None:
        super().__init__()
        self._blind = blind
        self._go_on, self._play, self._changed, self._export = go_on, play, changed, export

    def compose(self) -> ComposeResult:
        """Side by side where there is room."""
        with Vertical(classes="dialog", id="blind") as box:
            box.border_title = Content("Blind A/B")
            box.border_subtitle = Content(with_keys(
                "{blind_undo} takes the pick back · {blind_export} exports · {blind_leave} leaves"))
            with Horizontal(id="blind-texts"):
                for side in ("left", "right"):
                    with VerticalScroll(id=f"blind-{side}", can_focus=False):
                        yield Static("", id=f"{side}-words", markup=False)
            yield Static("", id="blind-note", markup=False)

    def on_mount(self) -> None:
        """Whatever is known."""
        self._draw()

    def show(self) -> None:
        """Draw how it stands, once there is something to draw on."""
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        blind = self._blind
        shown = blind.shown
        for place, side in enumerate(("left", "right")):
            title = f"{key_of(f'blind_{side}')} {side.capitalize()}"
            words = clean(shown[place].text) if shown else "…"
            if shown and blind.picked is not None and (caption := shown[place].caption):
                title += f": {clean(_name((caption.version, caption.backbone)))}"
                title += "  ✓ picked" if blind.picked == side else ""
            self.query_one(f"#blind-{side}").border_title = Content(title)
            self.query_one(f"#{side}-words", Static).update(Content(words))
        self.query_one("#blind-note", Static).update(self._note())

    def _note(self) -> Content:
        blind = self._blind
        if blind.failure is not None:
            failure = blind.failure
            why = clean(f"✗ {failure.title}: {failure.message} {failure.hint}".strip())
            return Content.assemble((why, "bold $error"), with_keys("\n{blind_next} goes on with the next clip."))
        if blind.shown is None:
            return Content.styled("Both versions write; they are shown when both are whole.", "$quiet")
        if blind.picked is None:
            same = blind.shown[0].text == blind.shown[1].text
            return Content(with_keys(f"{_SAME if same else ''}{_QUESTION}"))
        picked = f"You said: {_PICKED[blind.picked]}.  {key_of('blind_next')} goes on"
        return Content.assemble((picked, "bold $accent"), "\n", told(blind.tally, *blind.makers))

    def action_pick(self, choice: str) -> None:
        """Of the two."""
        wanted = next(one for one in CHOICES if one == choice)
        if self._blind.pick(wanted):
            self._changed()
        self.show()

    def action_next(self) -> None:
        """Another clip, when this one is done with."""
        if self._blind.picked is not None or self._blind.failure is not None:
            self._go_on()

    def action_undo(self) -> None:
        """The pick, and the names with it."""
        if self._blind.take_back():
            self._changed()
        self.show()

    def action_play(self) -> None:
        """Listen."""
        self._play()

    def action_export(self) -> None:
        """The pairs, as JSON lines."""
        self._export()

    def action_leave(self) -> None:
        """Back to the desk."""
        self.dismiss(None)


def told(counted: Tally, one: Maker, other: Maker) -> str:
    """``3.0 mini against 1.0 mini: 4 won, 2 lost, 1 tie, 0 neither; won 64 % (95 % interval 35 to 86 %)``."""
    ties = f"{counted.ties} {'tie' if counted.ties == 1 else 'ties'}"
    line = f"{_name(one)} against {_name(other)}: {counted.wins} won, {counted.losses} lost, {ties}, "
    line += f"{counted.neither} neither"
    if counted.judged:
        won, low, high = (f"{100 * part:.0f}" for part in (counted.rate, *counted.interval))
        line += f"; won {won} % (95 % interval {low} to {high} %)"
    return clean(line)


def _name(maker: Maker) -> str:
    return f"{maker[0]} {maker[1]}"
