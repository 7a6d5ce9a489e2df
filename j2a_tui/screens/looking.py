"""Looking: the window as a waveform, or as a picture that the engine draws."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from j2a.clip import Clip
from j2a.engine.messages import Done, Event, Failed, Look
from j2a.features.record import LookKind
from j2a_tui.background import Background
from j2a_tui.display import clean
from j2a_tui.reading import DETAIL_COLUMNS
from j2a_tui.screens.workbench import Workbench
from j2a_tui.session import Session
from j2a_tui.transport import Transport
from j2a_tui.widgets.spectrum import Picture

NAMES: dict[LookKind | Literal[""], str] = {
    "": "waveform", "mel": "mel spectrogram", "chroma": "chromagram, from C up to B",
}  # fmt: skip
PICTURES = 24  # that are kept, 23 KB each


class Looking(Workbench):
    """The desk, seen."""

    def __init__(
        self, session: Session, transport: Transport, library: Background, audio: Background, folder: Path
    ) -> None:
        super().__init__(session, transport, library, audio, folder)
        self._look: LookKind | Literal[""] = ""
        self._looking: tuple[int, Clip, str] | None = None  # the request for a picture, and of what
        self._pictures: dict[tuple[Clip, str], Picture] = {}

    @property
    def look(self) -> LookKind | Literal[""]:
        """How the window is drawn: "" for its loudness, or a kind of picture."""
        return self._look

    @look.setter
    def look(self, look: str) -> None:
        self._look = next((kind for kind in NAMES if kind == look), "")

    def action_look(self) -> None:
        """The next of waveform, mel spectrogram and chromagram."""
        looks = list(NAMES)
        self._look = looks[(looks.index(self._look) + 1) % len(looks)]
        self.say(f"The window is drawn as a {NAMES[self._look]}.")
        self._take_look()

    def take_window(self) -> None:
        """The window is another one: draw it, too."""
        super().take_window()
        self._take_look()

    def _take_look(self) -> None:
        """Show the picture of the window, or ask the engine for it."""
        self.sound_box.set_class(bool(self._look), "-picture")
        if self._looking is not None:
            self.session.engine.cancel(self._looking[0])
            self._looking = None
        clip = self.session.clip
        self.waveform.set_picture(self._pictures.get((clip, self._look)) if clip is not None else None)
        if not self._look or clip is None or (clip, self._look) in self._pictures or self.transport.duration_s is None:
            return
        self.session.ahead.pause()
        self._looking = self.session.engine.submit(Look(clip, self._look, DETAIL_COLUMNS)), clip, self._look

    def take_other_event(self, event: Event) -> None:
        """A picture has been drawn, or cannot be."""
        if self._looking is None or event.request_id != self._looking[0]:
            return
        _, clip, look = self._looking
        if isinstance(event, Failed):
            self._looking = None
            self.say(clean(f"{event.title}: {event.message}"))
        elif isinstance(event, Done):
            self._looking = None
            picture = Picture.from_json(event.result)
            if picture is not None:
                self._pictures[clip, look] = picture
                while len(self._pictures) > PICTURES:
                    del self._pictures[next(iter(self._pictures))]
                self.waveform.set_picture(picture)
