"""The captioning session: every caption, its status and where it came from, kept in one SQLite file.

Loads without torch. What a call has returned is on the disk: it survives ``kill -9`` and a power cut.
"""

from __future__ import annotations

from j2a.store.records import Row, Status
from j2a.store.row_changes import Incoming
from j2a.store.store import Store, corrections_of

__all__ = ["Incoming", "Row", "Status", "Store", "corrections_of"]
