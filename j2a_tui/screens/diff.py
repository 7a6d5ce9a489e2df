"""Two captions of a window, word by word: readable without colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from j2a.store.variants import Variant
from j2a_tui.bindings import textual_bindings, with_keys
from j2a_tui.display import clean
from j2a_tui.key_table import Where
from j2a_tui.wording import word_diff

_MARKS = {"same": ("", "$foreground"), "gone": ("-", "$error strike"), "new": ("+", "bold $success")}


class DiffScreen(ModalScreen["int | None"]):
    """``variants`` against the one at ``here``; the answer is the place of the one to put on the desk."""

    PLACE: ClassVar[Where] = "diff"  # whose keys f1 tells
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("diff")]

    def __init__(self, variants: Sequence[Variant], here: int) -> None:
        super().__init__()
        self._variants = variants
        self._here = here
        self._base = here
        self._other = (here + 1) % len(variants) if here + 1 < len(variants) else here - 1

    def compose(self) -> ComposeResult:
        """Whose they are, and the words."""
        with VerticalScroll(classes="dialog", id="diff") as box:
            box.border_title = Content("Compare variants")
            box.border_subtitle = Content(with_keys(
                "{diff_up} {diff_down} the other · {diff_left} {diff_right} this one · "
                "{diff_take} takes the other · {diff_leave} closes"))
            yield Static("", id="diff-words", markup=False)

    def on_mount(self) -> None:
        """The first two."""
        self._show()

    def _show(self) -> None:
        base, other = self._variants[self._base], self._variants[self._other]
        lines = [
            Content.assemble(("- ", "bold $error"), (self._told(self._base, base), "$foreground")),
            Content.assemble(("+ ", "bold $success"), (self._told(self._other, other), "$foreground")), Content(""),
        ]
        parts = word_diff(clean(base.text), clean(other.text))
        if all(kind == "same" for kind, _ in parts):
            lines.append(Content.styled("They are the same, word by word.", "$quiet"))
        words = []
        for kind, text in parts:
            mark, style = _MARKS[kind]
            words += [Content.styled(f"{mark}{word}", style) for word in text.split(" ")]
        lines.append(Content(" ").join(words))
        self.query_one("#diff-words", Static).update(Content("\n").join(lines))

    def _told(self, place: int, variant: Variant) -> str:
        here = ", on the desk" if place == self._here else ""
        return f"{place + 1} of {len(self._variants)}: {origin(variant)}{here}"

    def action_other(self, by: int) -> None:
        """Compare with another one."""
        self._other = self._step(self._other, by, self._base)
        self._show()

    def action_base(self, by: int) -> None:
        """Compare another one."""
        self._base = self._step(self._base, by, self._other)
        self._show()

    def _step(self, place: int, by: int, taken: int) -> int:
        count = len(self._variants)
        place = (place + by) % count
        return (place + by) % count if place == taken and count > 2 else place

    def action_take(self) -> None:
        """The other one."""
        self.dismiss(self._other)

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)


def origin(variant: Variant) -> str:
    """``J2A 3.0 mini, seed 1, edited``."""
    caption = variant.caption
    if caption is None:
        return "written by hand"
    seed = f"seed {caption.seed}" if caption.sampling.temperature else "greedy"
    edited = ", edited" if variant.text.strip() != caption.text.strip() else ""
    return clean(f"J2A {caption.version} {caption.backbone}, {seed}{edited}")
