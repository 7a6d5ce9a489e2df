"""The caption: streaming in, checked against what was measured, edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content, Span
from textual.timer import Timer
from textual.widgets import Static

from j2a.caption import PROMPTS
from j2a.grounding import Claim, claims
from j2a.store import Status
from j2a_tui.display import VERDICT_MARKS, clean
from j2a_tui.session import Session

if TYPE_CHECKING:
    from j2a_tui.widgets.editor import Editor

REPAINT_S = 1 / 30
_VERDICT_STYLES = {
    "agreed": "$success underline", "contradicted": "bold $error reverse", "unmeasured": "$warning italic",
}
_MARK_STYLES = {"agreed": "$success", "contradicted": "bold $error", "unmeasured": "$warning"}


class CaptionPanel(Vertical):
    """Text, the claims in it, where it came from."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._editor: Editor | None = None  # made once, and hidden when it is left
        self._editing = False
        self._repaint: Timer | None = None
        self._title_shown: Content | None = None
        self._claims_of: tuple[str, object] = ("", None)
        self._claims: Sequence[Claim] = ()
        self.border_title = Content("Caption")

    def compose(self) -> ComposeResult:
        """The text scrolls; the two lines under it stay."""
        with VerticalScroll(id="text", can_focus=False):
            yield Static("", id="words", markup=False)
        yield Static("", id="claims", markup=False)
        yield Static("", id="origin", markup=False)

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
        _put(self.query_one("#words", Static), self._words())
        scroll = self.query_one("#text", VerticalScroll)
        if session.writing:
            scroll.scroll_end(animate=False, immediate=True)
        for line, content in (("#claims", self._claims_line()), ("#origin", self._origin_line())):
            _put(self.query_one(line, Static), content)
        title = self._title()
        if not _same(title, self._title_shown):  # setting it draws the whole panel
            self.border_title = self._title_shown = title

    def _title(self) -> Content:
        session = self._session
        job = session.job
        if self.editor is not None:
            return Content.assemble("Caption ", ("editing", "bold $accent"))
        if job is not None and job.writes and not job.stopping:
            stage = clean(job.stage) or "waiting for the engine"
            share = f" {job.fraction:.0%}" if job.fraction is not None else ""
            then = ("  accepted when it is whole, esc stops", "bold $success") if job.accepting else ""
            return Content.assemble("Caption ", (f"{stage}{share} …", "bold $accent"), then)
        if session.status is None:
            return Content("Caption")
        styles = {Status.ACCEPTED: "bold $success", Status.REJECTED: "bold $error"}
        return Content.assemble("Caption ", (session.status.value, styles.get(session.status, "bold $foreground")))

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
            return Content.styled("No caption yet: enter writes one, e lets you write it.", "$quiet italic")
        text = clean(session.text, multiline=True)
        if session.writing:
            return Content.assemble(text, ("▌", "$accent"))
        return Content(text, spans=[Span(claim.start, claim.end, _VERDICT_STYLES[claim.verdict])
                                    for claim in self._checked(text)])

    def _checked(self, text: str) -> Sequence[Claim]:
        """Claims in the text against what was measured; only worked out anew when one of them has changed."""
        state = (text, repr(self._session.features))
        if state != self._claims_of:
            self._claims_of = state
            self._claims = claims(text, self._session.features)
        return self._claims

    def _claims_line(self) -> Content:
        session = self._session
        if session.writing or not session.text:
            return Content("")
        parts: list[Content] = []
        told = set()
        for claim in self._checked(clean(session.text, multiline=True)):
            if (claim.text, claim.verdict) not in told:
                told.add((claim.text, claim.verdict))
                mark = f"{VERDICT_MARKS[claim.verdict]} {claim.text}"
                parts.append(Content.styled(mark, _MARK_STYLES[claim.verdict]))
        return Content("  ").join(parts) if parts else Content.styled("nothing in it can be checked", "$faint")

    def _origin_line(self) -> Content:
        session = self._session
        caption = session.caption
        if session.writing or not session.text:
            return Content("")
        if caption is None:
            return Content.styled("written by hand", "$quiet")
        parts = [f"J2A {clean(caption.version)}", clean(caption.backbone),
                 "figures replaced" if caption.written else "",
                 "" if (asked := caption.prompt_id.partition("/")[2]) == PROMPTS[0] else clean(asked),
                 f"seed {caption.seed}" if caption.sampling.temperature else "greedy"]
        stats = session.stats
        if (seconds := stats.get("total_s")) is not None:
            parts.append(f"{seconds:.1f} s")
        if stats.get("new_tokens") and stats.get("decode_s"):
            parts.append(f"{stats['new_tokens'] / stats['decode_s']:.0f} tokens/s")
        if caption.weights:
            parts.append(f"weights {clean(caption.weights)}")
        return Content.styled(" · ".join(part for part in parts if part), "$quiet")


def _put(static: Static, content: Content) -> None:
    """Show other content. What is the same is not drawn again; the same text in other colours is not laid out again."""
    before = static.content
    if not _same(content, before):
        static.update(content, layout=content != before)


def _same(content: Content, before: object) -> bool:
    """Whether text and colours are the same: contents call themselves equal when their texts are."""
    return isinstance(before, Content) and content == before and content.spans == before.spans
