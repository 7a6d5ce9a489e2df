"""What is being captioned now: the clip, its text, what was measured, the request that runs. Knows no screen.

Everything here runs on the interface's thread. Each room knows one thing, and those below it: ``open_clip`` what is
known of the clip, ``saved_clip`` how it stands in the store, ``answers`` what the engine tells of it, ``requests`` what
is asked, ``decisions`` what the user makes of it, ``variants`` which caption stands there, ``correcting`` what the
user says against the measurement.
"""

from __future__ import annotations

from j2a.clip import Clip
from j2a_tui.correcting import Correcting


class Session(Correcting):
    """The clip on the desk and its way from the engine into the store."""

    def choose(self, version: str, backbone: str) -> None:
        """Use another version or backbone from now on."""
        self.stop()
        self.ahead.clear()
        self.model.version, self.model.backbone = version, backbone
        self.model.load()

    def open(self, clip: Clip | None) -> None:
        """Put a clip on the desk, with what the store has about it; the request for another one is cancelled."""
        if clip == self.clip:
            return
        self.leave()
        self.job = None
        self.begin_saved(clip, self.ledger.get(clip) if clip is not None else None)
