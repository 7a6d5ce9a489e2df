"""The caption: streaming in, checked against what was measured, edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content, Span
from textual.timer import Timer
from textual.widgets import Static

from j2a import affixes, paths
from j2a.affixes import NONE
from j2a.caption import PROMPTS
from j2a.store import Status
from j2a_tui.bindings import with_keys
from j2a_tui.display import clean
from j2a_tui.session import Session
from j2a_tui.widgets.claims_table import ClaimsTable
from j2a_tui.widgets.framed import FramedVertical, same
from j2a_tui.wording import changed, distance

if TYPE_CHECKING:
    from j2a_tui.claims import Checked
    from j2a_tui.widgets.editor import Editor

REPAINT_S = 1 / 30
ROOMY = 14  # rows from which each claim has a line
WIDE = 70  # cells from which it is said which weights wrote
_VERDICT_STYLES = {
    "agreed": "$success underline", "contradicted": "bold $error reverse", "unmeasured": "$warning italic",
}


class CaptionPanel(FramedVertical):
    """Text, the claims in it, where it came from."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._editor: Editor | None = None  # made once, and hidden when it is left
        self._editing = False
        self._repaint: Timer | None = None
        self._more = False  # the text is longer than its box
        self._claims_of: tuple[str, object] = ("", None)
        self._claims: Sequence[Checked] = ()
        self._affix_of = affixes.finder()
        self.entitle(Content("Caption"))

    def compose(self) -> ComposeResult:
        """The text scrolls; the claims under it stay."""
        with VerticalScroll(id="text", can_focus=False):
            yield Static("", id="words", markup=False)
        self._table = ClaimsTable()
        yield self._table

    @property
    def editor(self) -> Editor | None:
        """The text field while it is in use."""
        return self._editor if self._editing else None

    def open_editor(self) -> None:
        """Edit in place."""
        from j2a_tui.widgets.editor import Editor

        if self._editing:
            return
        self._editing = True
        # One for all times: a dialog draws what is behind it as it was, and Textual cannot draw a field that is gone.
        if self._editor is None:
            self._editor = Editor()
            self.mount(self._editor, before=0)
        self._editor.begin(clean(self._session.text, multiline=True), self._session.clip)
        self.query_one("#text").display = False
        self.screen.set_focus(self._editor)  # now, not soon: the letters that follow must not start actions
        self.show()

    def close_editor(self) -> str | None:
        """The text as it was left; ``None`` when nothing was edited."""
        editor = self.editor
        if editor is None:
            return None
        self._editing = False
        text = editor.end()
        self.query_one("#text").display = True
        return text

    def cancel_editor(self) -> str | None:
        """End it, and forget what was typed; the text that it began with."""
        editor = self.editor
        return None if self.close_editor() is None or editor is None else editor.begun_with

    def show_soon(self) -> None:
        """Draw within a thirtieth of a second, however many pieces arrive until then."""
        if self._repaint is None:
            self._repaint = self.set_timer(REPAINT_S, self.show)

    def show(self) -> None:
        """Draw what the session has."""
        if self._repaint is not None:
            self._repaint.stop()
            self._repaint = None
        session = self._session
        claims = self._claims_table()  # first: the words are lit by it
        _put(self.query_one("#words", Static), self._words())
        scroll = self.query_one("#text", VerticalScroll)
        if session.writing:
            scroll.scroll_end(animate=False, immediate=True)
        _put(self._table, self._table.marked(claims))
        self.entitle(self._state())
        self.subtitle(self._origin())
        self.call_after_refresh(self._tell_of_more)

    def _tell_of_more(self) -> None:
        """Where the text is longer than its box: how to see the rest."""
        more = self.editor is None and self.query_one("#text").max_scroll_y > 0
        if more != self._more:
            self._more = more
            self.subtitle(self._origin())

    def scroll_text(self, lines: int) -> None:
        """Up or down in a text that is longer than its box."""
        self.query_one("#text").scroll_relative(y=lines, animate=False)

    @property
    def needs_layout(self) -> bool:
        """Whether what was shown last has more lines, or fewer, than there is room for."""
        return any(widget._layout_required for widget in self.query("*"))

    def on_resize(self) -> None:
        """More room has more of the claims."""
        self.show_soon()

    def _state(self) -> Content:
        session = self._session
        job = session.job
        if self.editor is not None:
            return Content.assemble("Caption ", ("editing", "bold $accent"))
        if job is not None and job.writes and not job.stopping:
            stage = clean(job.stage) or "waiting for the engine"
            share = f" {job.fraction:.0%}" if job.fraction is not None else ""
            then = (with_keys("  accepted when it is whole, {stop} stops"), "bold $success") if job.accepting else ""
            return Content.assemble("Caption ", (f"{stage}{share} …", "bold $accent"), then)
        if session.status is None:
            return Content("Caption")
        styles = {Status.ACCEPTED: "bold $success", Status.REJECTED: "bold $error", Status.FAILED: "bold $error"}
        status = (session.status.value, styles.get(session.status, "bold $foreground"))
        count = len(session.variants)
        which = (f"  variant {session.variant + 1} of {count}", "bold $accent") if count > 1 else ""
        return Content.assemble("Caption ", status, which)

    def _words(self) -> Content:
        session = self._session
        if session.failure is not None:
            failure = session.failure
            told = Content.assemble(
                (f"✗ {clean(failure.title)}\n", "bold $error"), clean(failure.message, multiline=True),
                (f"\n{clean(failure.hint, multiline=True)}" if failure.hint else "", "$quiet"),
            )
            return Content.assemble(told, f"\n\n{clean(session.text, multiline=True)}") if session.text else told
        if not session.text:
            if session.clip is None or session.writing:
                return Content("")
            failed = session.status is Status.FAILED
            missing = "No caption could be made: {describe} tries again" if failed else (
                "No caption yet: {describe} writes one")
            return Content.styled(with_keys(missing + ", {edit} lets you write it."), "$quiet italic")
        text = clean(session.text, multiline=True)
        if session.writing:
            return Content.assemble(text, ("▌", "$accent"))
        claimed = [Span(one.start, one.end, _VERDICT_STYLES[one.verdict]) for one in self._checked(text)]
        return self._with_affix(text, Content(text, spans=[*self._own_words(text), *claimed, *self._table.lit]))

    def _with_affix(self, text: str, words: Content) -> Content:
        """With what stands before and behind it in the file; that is no part of it."""
        clip = self._session.clip
        affix = self._affix_of(paths.real_folder(clip.path.parent)) if clip is not None else NONE
        if affix == NONE:
            return words
        before, behind = affix.around("\0").split("\0")
        return Content.assemble((clean(before), "$faint"), words, (clean(behind), "$faint"))

    def take_affixes(self) -> None:
        """They were written anew."""
        self._affix_of = affixes.finder()

    def _own_words(self, text: str) -> list[Span]:
        """What a person has written into a model's text."""
        caption = self._session.caption
        if caption is None or not self._session.edited:
            return []
        return [Span(start, end, "italic $secondary") for start, end in changed(caption.text, text)[0]]

    def _checked(self, text: str) -> Sequence[Checked]:
        """Claims in the text against what was measured; only worked out anew when one of them has changed."""
        from j2a_tui.claims import checked  # its patterns take a moment

        state = (text, repr(self._session.features))
        if state != self._claims_of:
            self._claims_of = state
            self._claims = checked(text, self._session.features)
        return self._claims

    def _claims_table(self) -> Content:
        """A line for each claim where there is room, else one behind the other; those that are wrong first."""
        session = self._session
        if session.writing or not session.text or self.editor is not None:
            self._table.know((), (), ())
            return Content("")
        from j2a_tui.claims import table
        from j2a_tui.widgets.claim_lines import filled, rows

        every = self._checked(clean(session.text, multiline=True))
        found = table(every)
        if self.size.height >= ROOMY:
            lines = rows(found, self.size.width)
        else:
            lines = filled(found, self._table.size.width or 1000)  # before there is one
        self._table.know(found, every, lines.places)
        return lines.content if found else Content.styled("nothing in it can be checked", "$faint")

    def _origin(self) -> Content:
        """Whose words these are, and where there are more of them."""
        origin = self._whose()
        if not self._more:
            return origin
        more = Content.styled(with_keys("{text_down} for more"), "bold $accent")
        return Content.assemble(more, (" · ", "$quiet"), origin) if origin.plain else more

    def _whose(self) -> Content:
        session = self._session
        caption = session.caption
        if session.writing or not session.text:
            return Content("")
        if caption is None:
            return Content.styled("written by hand", "$secondary")
        parts = [f"J2A {clean(caption.version)}", clean(caption.backbone),
                 "figures replaced" if caption.written else "",
                 "" if (asked := caption.prompt_id.partition("/")[2]) == PROMPTS[0] else clean(asked),
                 "no figures" if "-no-figures/" in caption.prompt_id else "",
                 f"seed {caption.seed}" if caption.sampling.temperature else "greedy"]
        origin = " · ".join(part for part in parts if part)
        if session.edited:
            count = changed(caption.text, session.text)[1]
            apart = distance(caption.text, session.text)
            words = f"{count} word{'' if count == 1 else 's'} edited by hand" + (f", distance {apart}" if apart else "")
            return Content.assemble((words, "bold $secondary"), (f", generated by {origin}", "$quiet"))
        if (seconds := session.stats.get("total_s")) is not None:
            origin += f" · {seconds:.1f} s"
        if caption.weights and self.size.width >= WIDE:
            origin += f" · weights {clean(caption.weights)}"
        return Content.styled(f"generated by {origin}", "$quiet")


def _put(static: Static, content: Content) -> None:
    """Show other content. What is the same is not drawn again; the screen is laid out anew, and so drawn as a whole,
    only where there are more lines or fewer."""
    before = static.content
    if same(content, before):
        return
    static.update(content, layout=False)
    size = static.size
    if content != before and (
        not size.width or size.height != static.get_content_height(size, static.app.size, size.width)
    ):
        static.refresh(layout=True)
