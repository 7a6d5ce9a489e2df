"""Long tracks."""

from __future__ import annotations

from j2a_tui.screens.listening import Listening


class Tracking(Listening):
    """The desk, over whole tracks."""
