"""What kind of captions to ask for: those that every version knows, and prompts of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from j2a import templates
from j2a.caption import PROMPTS
from j2a.errors import StoreError, UsageError
from j2a_tui import own_prompts
from j2a_tui.display import clean, fit
from j2a_tui.screens.clickable import ListDialog

KINDS = {"describe": "an ordinary caption", "short": "one short sentence", "detailed": "in detail", "tags": "tags"}
TAUGHT = "The built-in model was taught the four kinds only: what it makes of words of your own is anybody's guess."


class PromptScreen(ListDialog["str | None"]):
    """The answer is a kind, or the text of a prompt; ``None`` leaves it as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,p", "leave", show=False), Binding("enter", "choose", show=False),
        Binding("j,down", "move(1)", show=False), Binding("k,up", "move(-1)", show=False),
        Binding("n", "new", show=False), Binding("e", "edit", show=False), Binding("x", "remove", show=False),
        *[Binding(str(number), f"take({number})", show=False) for number in range(1, 10)],
    ]

    def __init__(self, current: str, filled: Callable[[str], str], *, taught: bool) -> None:
        """``filled`` shows a text with what is known of the clip; ``taught``: the model knows the four kinds only."""
        super().__init__()
        self._current, self._filled, self._taught = current, filled, taught
        self._own = own_prompts.read()
        self._cursor = self._places.index(current) if current in self._places else 0

    @property
    def _places(self) -> list[str]:
        return [*PROMPTS, *self._own.values()]

    @property
    def _own_name(self) -> str:
        """Of the prompt of one's own under the cursor; "" where there is none."""
        place = self._cursor - len(PROMPTS)
        return list(self._own)[place] if place >= 0 else ""

    def compose(self) -> ComposeResult:
        """The list in a frame."""
        with Vertical(classes="dialog", id="prompts") as box:
            box.border_title = Content("Ask for")
            box.border_subtitle = Content("enter chooses · n new · e edit · x remove · esc closes")
            yield Static("", id="prompt-list", markup=False)

    def on_mount(self) -> None:
        """The list."""
        self._show()

    def on_resize(self) -> None:
        """As wide as it is now."""
        self.call_after_refresh(self._show)

    def _show(self, told: str = "") -> None:
        width = max(30, self.query_one("#prompt-list").size.width)
        lines = []
        about = [(name, KINDS[name]) for name in PROMPTS] + [(name, text) for name, text in self._own.items()]
        for place, (name, what) in enumerate(about):
            here, used = place == self._cursor, self._places[place] == self._current
            number = str(place + 1) if place < 9 else " "
            line = f"{'▌' if here else ' '}{'●' if used else ' '} {number} {fit(clean(name), 14)} {clean(what)}"
            lines.append(Content.styled(fit(line, width), "bold $accent on $panel" if here else "$foreground"))
        if not self._own:
            lines.append(Content.styled("     n writes one of your own", "$quiet"))
        if told:
            lines += [Content(""), Content.styled(clean(told), "bold $error")]
        elif self._own_name:
            lines += [Content(""), Content.styled(f"Here it says: {self._filled(self._own[self._own_name])}", "$quiet")]
        if self._taught and (self._own_name or not self._own):
            lines += [Content(""), Content.styled(TAUGHT, "$warning")]
        self.query_one("#prompt-list", Static).update(Content("\n").join(lines))

    @property
    def listed(self) -> Widget:
        """The lines."""
        return self.query_one("#prompt-list")

    @property
    def cursor(self) -> int:
        """Of them."""
        return self._cursor

    def entry_at(self, row: int) -> int | None:
        """One in each row."""
        return row if 0 <= row < len(self._places) else None

    def action_move(self, by: int) -> None:
        """Another line."""
        self._cursor = min(max(0, self._cursor + by), len(self._places) - 1)
        self._show()

    def action_take(self, number: int) -> None:
        """By its number."""
        if number <= len(self._places):
            self.dismiss(self._places[number - 1])

    def action_choose(self) -> None:
        """The one under the cursor."""
        self.dismiss(self._places[self._cursor])

    def action_leave(self) -> None:
        """None of them."""
        self.dismiss(None)

    def action_new(self) -> None:
        """Write one."""
        if len(self._own) >= own_prompts.MOST:
            self._show(f"There are {own_prompts.MOST} already: x removes one.")
            return
        self._write("", "")

    def action_edit(self) -> None:
        """Change the one under the cursor."""
        if self._own_name:
            self._write(self._own_name, self._own[self._own_name])
        else:
            self._show("That kind is built in: n writes one of your own.")

    def action_remove(self) -> None:
        """Forget the one under the cursor."""
        if self._own_name:
            rest = {name: text for name, text in self._own.items() if name != self._own_name}
            self._keep(rest)
            self.action_move(0)
        else:
            self._show("That kind is built in.")

    def _write(self, name: str, text: str) -> None:
        others = frozenset(self._own) - {name}

        def take(answer: tuple[str, str] | None) -> None:
            if answer is None:
                return
            new, now = answer
            if name:  # in the place that it had
                kept = {new if one == name else one: now if one == name else says for one, says in self._own.items()}
            else:
                kept = {**self._own, new: now}
            used = bool(name) and self._current == self._own[name]
            if self._keep(kept):
                self._current = now if used else self._current
                self._cursor = len(PROMPTS) + list(kept).index(new)
                self._show()

        self.app.push_screen(WriteScreen(name, text, others, self._filled), take)

    def _keep(self, prompts: Mapping[str, str]) -> bool:
        try:
            own_prompts.write(prompts)
        except StoreError as error:
            self._show(f"{error.title}: {error.message}")
            return False
        self._own = dict(prompts)
        return True


class WriteScreen(ModalScreen["tuple[str, str] | None"]):
    """A name and a text; the answer is both, tidy, or ``None``."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, name: str, text: str, others: frozenset[str], filled: Callable[[str], str]) -> None:
        super().__init__()
        self._name_field = Input(name, placeholder="a short name", compact=True, select_on_focus=False,
                                 id="prompt-name")
        self._text_field = Input(text, placeholder="Describe this {genre} loop at {bpm} BPM …", compact=True,
                                 select_on_focus=False, id="prompt-text")
        self._others, self._filled = others, filled

    def compose(self) -> ComposeResult:
        """Two fields, what may stand in braces, and how it reads for this clip."""
        with Vertical(classes="dialog", id="prompt-write") as box:
            box.border_title = Content("A prompt of your own")
            box.border_subtitle = Content("enter keeps · tab the other field · esc leaves")
            yield self._name_field
            yield self._text_field
            names = " ".join(f"{{{name}}}" for name in templates.NAMES)
            yield Static(Content.styled(f"Known of every clip: {names}", "$quiet"), markup=False)
            yield Static("", id="prompt-reads", markup=False)

    def on_mount(self) -> None:
        """Begin with what is empty."""
        self.set_focus(self._text_field if self._name_field.value else self._name_field)
        self._show()

    def on_input_changed(self) -> None:
        """How it reads now."""
        self._show()

    def _show(self, *, all_of_it: bool = False) -> None:
        name, text = self._both()
        wrong = self._problem(name, text)
        if wrong and (all_of_it or text):
            told = Content.styled(clean(wrong), "bold $error")
        else:
            told = Content.styled(f"Here it says: {self._filled(text)}" if text else "", "$quiet")
        self.query_one("#prompt-reads", Static).update(told)

    def _both(self) -> tuple[str, str]:
        return own_prompts.tidy(self._name_field.value), own_prompts.tidy(self._text_field.value)

    def _problem(self, name: str, text: str) -> str:
        if name in self._others:
            return f"There is one with the name {name} already."
        return own_prompts.problem(name or "-", text) if text else own_prompts.NO_TEXT

    def on_input_submitted(self) -> None:
        """Keep it, unless something is wrong with it."""
        name, text = self._both()
        if not name and self.focused is self._text_field:
            self.set_focus(self._name_field)
        elif not text:
            self.set_focus(self._text_field)
        if self._problem(name, text) or not name:
            self._show(all_of_it=bool(name or text))
            return
        self.dismiss((name, text))

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)


def filled_or_why(text: str, fill: Callable[[str], str]) -> str:
    """A prompt as it reads for a clip, or what is wrong with it."""
    try:
        return clean(fill(text))
    except UsageError as error:
        return clean(error.message)
