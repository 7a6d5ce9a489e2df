"""What was measured in the window, filling in as it becomes known, with what a person has corrected in its place."""

from __future__ import annotations

from dataclasses import replace

from textual.content import Content

from j2a.features.record import Features
from j2a_tui.bindings import with_keys
from j2a_tui.display import YOURS, clean, feature_text, fit
from j2a_tui.widgets.framed import Framed

LABELS = {
    "bpm": "Tempo", "meter": "Meter", "key": "Key", "chords": "Chords", "sound": "Sound", "tags": "Heard",
    "genre": "Genre", "beats": "Beats",
}  # fmt: skip
LABEL_WIDTH = 8
PAIRS = (("bpm", "key"), ("meter", "beats"), ("chords", "tags"), ("sound", "genre"))
SHORT = (("bpm", "key"), ("meter", "tags"))  # chords and beats stand under the waveform
ROOMY = 40  # cells from which an unknown feature says so in a word


class FeaturesPanel(Framed):
    """A feature a line where there is room, else several a line."""

    def __init__(self) -> None:
        super().__init__()
        self._features = Features()
        self._known: set[str] = set()
        self.measuring = False  # as it is drawn
        self._shown: object = None  # what it was drawn from
        self.entitle(Content("Measured"))
        self.subtitle(Content.styled(with_keys("{correct} corrects"), "$quiet"))

    def show(self, features: Features, known: set[str], *, measuring: bool) -> None:
        """Draw this, unless it is there already."""
        if (features, known, measuring) == self._shown:
            return
        self._shown = replace(features), set(known), measuring
        self._features, self._known, self.measuring = features, known, measuring
        yours = f", {YOURS}" if features.corrected else ""
        now = " measuring …" if measuring else ""
        self.entitle(Content.assemble("Measured", (yours, "bold $secondary"), (now, "bold $accent")))
        same: dict[str, list[str]] = {}
        for name, reason in features.unknown.items():
            same.setdefault(reason, []).append(LABELS.get(name, name))
        reasons = [f"{', '.join(names)}: {reason}" for reason, names in same.items()]
        # The panel cuts long reasons off; under the mouse they are whole.
        self.tooltip = Content(clean("\n".join(reasons), multiline=True)) if reasons else None
        self.refresh()

    def render(self) -> Content:
        """Labels, values, and dim reasons where something could not be measured."""
        width = self.size.width
        if self.size.height >= len(LABELS):
            return Content("\n").join([self._entry(name, width) for name in LABELS])
        rows = PAIRS if self.size.height >= len(PAIRS) else SHORT
        return Content("\n").join([self._line(names, width) for names in rows])

    def _line(self, names: tuple[str, ...], width: int) -> Content:
        share = width // len(names)
        last = width - share * (len(names) - 1)
        return Content.assemble(*(self._entry(name, share if name != names[-1] else last) for name in names))

    def _entry(self, name: str, width: int) -> Content:
        """Exactly ``width`` cells."""
        label = f"{LABELS[name]:<{LABEL_WIDTH}}"
        value, style = self._value(name, width)
        return Content.assemble((label, "$quiet"), (fit(value, width - LABEL_WIDTH - 1) + " ", style))

    def _value(self, name: str, width: int) -> tuple[str, str]:
        text = feature_text(name, self._features)
        if name == "beats" and text and self._features.downbeats:
            text += f", {feature_text('downbeats', self._features)}"
        if text:
            if YOURS not in text:
                return clean(text), "bold $foreground"
            if len(text) > width - LABEL_WIDTH - 1:  # the title says what the mark means
                text = text.replace(YOURS, YOURS[0])
            return clean(text), "bold $secondary"
        if name in self._known:
            reason = self._features.unknown.get(name, "")
            if told := {"bpm": self._features.file_bpm, "key": self._features.file_key}.get(name):
                return f"file says {clean(f'{told:g}' if name == 'bpm' else str(told))}", "italic $quiet"
            first = next((one for one in LABELS if reason and self._features.unknown.get(one) == reason), name)
            if not reason or first != name:  # once is enough
                return "unknown", "italic $quiet"
            return f"unknown: {clean(reason)}" if width >= ROOMY else f"? {clean(reason)}", "italic $quiet"
        return ("…", "$accent") if self.measuring else ("–", "$faint")
