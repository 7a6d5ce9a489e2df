"""What was measured, and what you say: one line a feature, one key a correction."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from j2a.features.record import Features
from j2a.music import chord_named, key_named, spelled_chord
from j2a_tui.bindings import textual_bindings, with_keys
from j2a_tui.correcting import Taps
from j2a_tui.display import YOURS, clean, clock, feature_text, fit
from j2a_tui.key_table import Where
from j2a_tui.session import Session
from j2a_tui.transport import Transport

LINES = ("bpm", "meter", "key", "downbeats", "chords")
_LABELS = {"bpm": "Tempo", "meter": "Meter", "key": "Key", "downbeats": "Downbeat", "chords": "Chord"}
_KEYS = {
    "bpm": "{correct_double} ×2 {correct_half} ÷2 {correct_three_halves} ×3/2 {correct_two_thirds} ×2/3 "
           "{correct_tap} tap {correct_bpm} type",
    "meter": "{correct_meter} another", "key": "{correct_relative} relative  {correct_key} type",
    "downbeats": "{correct_earlier} {correct_later} 10 ms  {correct_beat_back} {correct_beat_on} a beat  "
                 "{correct_downbeat} here",
    "chords": "{correct_chord} type",
}  # fmt: skip
_ASKED = {"bpm": "BPM, such as 128 or 92.5", "key": "key, such as Am or F# major", "chord": "chord, such as Am or N"}
LABEL_WIDTH, VALUE_WIDTH = 9, 14
FOLLOW_S = 0.1  # the chord under the playhead is looked at so often
_SCOPE = "Tempo, meter and key are the whole file's, downbeat and chord this place's."


class _Values(Widget):
    """The lines."""

    def __init__(self, session: Session, transport: Transport) -> None:
        super().__init__()
        self._session, self._transport = session, transport
        self.cursor = 0
        self._shown: list[str] = []

    def follow(self) -> None:
        """Draw again if something else stands there."""
        if self._texts() != self._shown:
            self.refresh()

    def render(self) -> Content:
        """``▌Tempo    120.0 BPM       ◆ 240.0 BPM     d ×2 h ÷2 …``."""
        self._shown = self._texts()
        lines = [Content.styled(f" {'':<{LABEL_WIDTH}}{'measured':<{VALUE_WIDTH}}{'yours':<{VALUE_WIDTH}}", "$quiet")]
        for place, name in enumerate(LINES):
            measured, yours = self._shown[2 * place : 2 * place + 2]
            here = place == self.cursor
            lines.append(Content.assemble(
                ("▌" if here else " ", "bold $accent"),
                (f"{_LABELS[name]:<{LABEL_WIDTH}}", "bold $foreground" if here else "$quiet"),
                (fit(measured, VALUE_WIDTH - 1) + " ", "$foreground"),
                (fit(f"◆ {yours}" if yours else "–", VALUE_WIDTH - 1) + " ", "bold $secondary" if yours else "$faint"),
                (with_keys(_KEYS[name]), "$quiet"),
            ))
        return Content("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        """The cursor goes to the line."""
        offset = event.get_content_offset(self)
        if offset is not None and 1 <= offset.y <= len(LINES):
            self.cursor = offset.y - 1
            self.refresh()

    def _texts(self) -> list[str]:
        session, found = self._session, []
        for name in LINES:
            found.append(self._text(name, session.measured))
            found.append(self._text(name, session.features) if name in session.features.corrected else "")
        return found

    def _text(self, name: str, features: Features) -> str:
        clip = self._session.clip
        if clip is None:
            return ""
        nothing = "unknown" if name in self._session.known else "…"
        if name == "downbeats":
            return _place(clip.start_s + features.downbeats[0]) if features.downbeats else nothing
        if name == "chords":
            at_s = self._transport.position_s - clip.start_s
            label = next((one.label for one in features.chords if one.start_s <= at_s < one.end_s), None)
            return spelled_chord(label, features.key) if label else nothing
        return clean(feature_text(name, features).removesuffix(YOURS).strip()) or nothing


class CorrectScreen(ModalScreen[None]):
    """Over the caption, so that beats and chords under the waveform are seen to follow.

    ``changed`` is called when something was corrected, ``play`` to play or pause, ``step`` to undo (False) or redo.
    """

    AUTO_FOCUS = ""  # the field is for later: keys start actions
    PLACE: ClassVar[Where] = "correct"  # whose keys f1 tells
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("correct")]

    def __init__(
        self, session: Session, transport: Transport, *, changed: Callable[[], None], play: Callable[[], None],
        step: Callable[[bool], None], clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._session, self._transport = session, transport
        self._changed, self._play, self._step = changed, play, step
        self._clock = clock
        self._taps = Taps()
        self._tapped = False  # a tapped tempo stands there, and the next tap makes it better
        self._asked = ""
        self._values = _Values(session, transport)
        self._note = Static("", id="correct-note", markup=False)
        self._field = Input(compact=True, id="correct-field", select_on_focus=False)
        self._field.display = False

    def compose(self) -> ComposeResult:
        """The lines, a remark, and a field where something is typed."""
        with Vertical(classes="dialog", id="correct") as box:
            box.border_title = Content("Correct")
            box.border_subtitle = Content(with_keys(
                "{correct_back} takes back a line · {correct_undo} undoes · {correct_play} plays · "
                "{correct_leave} closes"))
            yield self._values
            yield self._note
            yield self._field

    def on_mount(self) -> None:
        """What it holds for is said first."""
        self._say(_SCOPE)
        self.set_interval(FOLLOW_S, self._values.follow)

    def _say(self, text: str) -> None:
        self._note.update(Content.styled(text, "$quiet"))

    def _made(self, name: str, done: bool, why_not: str) -> None:
        """Show what came of a key."""
        self._values.cursor = LINES.index(name)
        self._say(_SCOPE if done else why_not)
        self._values.refresh()
        if done:
            self._changed()

    def action_times(self, factor: float) -> None:
        """The tempo times that."""
        self._tapped = False
        self._made("bpm", self._session.count_otherwise(factor),
                   "There is no tempo to multiply, or that would be none: b types one.")

    def action_tap(self) -> None:
        """Four make a tempo; each further one makes it better."""
        bpm = self._taps.tap(self._clock())
        if bpm is None:
            self._tapped = False
            self._made("bpm", False, f"{self._taps.missing} more …")
            return
        self._made("bpm", self._session.set_bpm(bpm, joined=self._tapped), f"{bpm:.1f} BPM")
        self._tapped = True

    def action_meter(self) -> None:
        """Another one."""
        self._made("meter", self._session.next_meter(), "It could not be saved.")

    def action_relative(self) -> None:
        """The relative key."""
        self._made("key", self._session.take_relative_key(), "No key is known: k types one.")

    def action_nudge(self, by_s: float) -> None:
        """The grid a little."""
        self._made("downbeats", self._session.shift_downbeats(by_s), "No bars are known: o begins one at the playhead.")

    def action_bars(self, beats: int) -> None:
        """The bars by beats."""
        self._made("downbeats", self._session.shift_bars(beats), "No beats are known: b types a tempo.")

    def action_downbeat(self) -> None:
        """At the playhead."""
        self._made("downbeats", self._session.set_downbeat(self._transport.position_s),
                   "The playhead is not in the window.")

    def action_take_back(self) -> None:
        """The line under the cursor."""
        name = LINES[self._values.cursor]
        self._made(name, self._session.take_back(name), "Nothing was corrected here.")

    def action_move(self, by: int) -> None:
        """Another line."""
        self._values.cursor = (self._values.cursor + by) % len(LINES)
        self._values.refresh()

    def action_play(self) -> None:
        """Listen."""
        self._play()

    def action_undo(self) -> None:
        """Of what was done here, or before."""
        self._step(False)
        self._values.refresh()

    def action_redo(self) -> None:
        """Made again."""
        self._step(True)
        self._values.refresh()

    # Typing

    def action_type(self, what: str) -> None:
        """A field for it."""
        if what == "chord" and self._session.chord_at(self._transport.position_s) is None:
            self._made("chords", False, "The playhead is not in the window.")
            return
        self._asked = what
        self._values.cursor = LINES.index({"chord": "chords"}.get(what, what))
        self._values.refresh()
        self._field.value = ""
        self._field.placeholder = _ASKED[what]
        self._field.display = True
        self.set_focus(self._field)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Taken where it can be understood."""
        text, what = message.value.strip(), self._asked
        if what == "bpm":
            bpm = _number(text)
            done = bpm is not None and self._session.set_bpm(bpm)
            self._made("bpm", done, "A tempo is a number from 20 to 400.")
        elif what == "key":
            key = key_named(text)
            done = key is not None and self._session.set_key(key)
            self._made("key", done, "A key is a note, and minor or major: Am, F#, Bb minor.")
        else:
            label = chord_named(text)
            done = label is not None and self._session.set_chord(self._transport.position_s, label)
            self._made("chords", done, "A chord is a major or minor one, or N for none: Am, Bb, F#m.")
        if done:
            self._close_field()

    def _close_field(self) -> None:
        self._field.display = False
        self.set_focus(None)

    def action_leave(self) -> None:
        """Of the field, or back to the desk."""
        if self._field.display:
            self._close_field()
        else:
            self.dismiss(None)


def _number(text: str) -> float | None:
    try:
        return float(text.lower().removesuffix("bpm").strip().replace(",", "."))
    except ValueError:
        return None


def _place(seconds: float) -> str:
    """``at 0:12.34``: a nudge shows."""
    hundredths = round(seconds * 100)
    return f"at {clock(hundredths // 100)}.{hundredths % 100:02d}"
