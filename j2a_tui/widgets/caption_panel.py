"""The caption: streaming in, checked against what was measured, edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content, Span
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static, TextArea

from j2a.clip import Clip
from j2a.grounding import Claim, claims
from j2a.store import Status
from j2a_tui.bindings import textual_bindings
from j2a_tui.display import VERDICT_MARKS, clean
from j2a_tui.session import Session

REPAINT_S = 1 / 30
AUTOSAVE_S = 0.4
_VERDICT_STYLES = {
    "agreed": "$success underline", "contradicted": "bold $error reverse", "unmeasured": "$warning italic",
}
_MARK_STYLES = {"agreed": "$success", "contradicted": "bold $error", "unmeasured": "$warning"}


class Editor(TextArea):
    """The caption as a text field. The text is handed on a moment after the last key, and when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("editor")]

    class Edited(Message):
        """The text as it stands, of the clip that it belongs to."""

        def __init__(self, text: str, clip: Clip | None) -> None:
            super().__init__()
            self.text_now, self.clip = text, clip

    class Left(Message):
        """Editing is over; ``accept`` asks for the next file."""

        def __init__(self, *, accept: bool) -> None:
            super().__init__()
            self.accept = accept

    class Transport(Message):
        """Play or pause, or seek by some seconds."""

        def __init__(self, seek_s: float | None) -> None:
            super().__init__()
            self.seek_s = seek_s

    def __init__(self, text: str, clip: Clip | None) -> None:
        self._clip = clip
        super().__init__(text, soft_wrap=True, show_line_numbers=False, tab_behavior="focus", compact=True,
                         highlight_cursor_line=False, id="editor")
        self._autosave: Timer | None = None

    def on_mount(self) -> None:
        """Begin at the end of the text."""
        self.move_cursor(self.document.end)

    def on_text_area_changed(self) -> None:
        """Wait for a pause in the typing, but not longer than promised."""
        if self._autosave is None:
            self._autosave = self.set_timer(AUTOSAVE_S, self._hand_on)

    def _hand_on(self) -> None:
        self._autosave = None
        self.post_message(self.Edited(self.text, self._clip))

    def action_leave(self) -> None:
        """Back to the files."""
        self.post_message(self.Left(accept=False))

    def action_save_and_accept(self) -> None:
        """Accept and go on."""
        self.post_message(self.Left(accept=True))

    def action_play(self) -> None:
        """Play or pause while typing."""
        self.post_message(self.Transport(None))

    def action_back(self) -> None:
        """Hear the last two seconds again."""
        self.post_message(self.Transport(-2.0))

    async def _on_key(self, event: events.Key) -> None:
        # TextArea keeps escape for itself.
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.action_leave()
            return
        await super()._on_key(event)


class CaptionPanel(Vertical):
    """Text, the claims in it, where it came from."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._repaint: Timer | None = None
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
        """The text field while it is there."""
        return next(iter(self.query(Editor)), None)

    def open_editor(self) -> None:
        """Edit in place."""
        if self.editor is None:
            editor = Editor(clean(self._session.text, multiline=True), self._session.clip)
            self.query_one("#text").display = False
            self.mount(editor, before=0)
            editor.focus()
            self.show()

    def close_editor(self) -> str | None:
        """The text as it was left; ``None`` when nothing was edited."""
        editor = self.editor
        if editor is None:
            return None
        text = editor.text
        editor.remove()
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
        words = self.query_one("#words", Static)
        words.update(self._words())
        scroll = self.query_one("#text", VerticalScroll)
        if session.writing:
            scroll.scroll_end(animate=False, immediate=True)
        self.query_one("#claims", Static).update(self._claims_line())
        self.query_one("#origin", Static).update(self._origin_line())
        self.border_title = self._title()

    def _title(self) -> Content:
        session = self._session
        job = session.job
        if self.editor is not None:
            return Content.assemble("Caption ", ("editing", "bold $accent"))
        if job is not None and job.writes and not job.stopping:
            stage = clean(job.stage) or "waiting for the engine"
            share = f" {job.fraction:.0%}" if job.fraction is not None else ""
            return Content.assemble("Caption ", (f"{stage}{share} …", "bold $accent"))
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
                 f"seed {caption.seed}" if caption.sampling.temperature else "greedy"]
        stats = session.stats
        if (seconds := stats.get("total_s")) is not None:
            parts.append(f"{seconds:.1f} s")
        if stats.get("new_tokens") and stats.get("decode_s"):
            parts.append(f"{stats['new_tokens'] / stats['decode_s']:.0f} tokens/s")
        if caption.weights:
            parts.append(f"weights {clean(caption.weights)}")
        return Content.styled(" · ".join(part for part in parts if part), "$quiet")
