"""Stepping back: work that nobody waits for at the keyboard leaves the processor to the screen and to the sound."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

NICENESS = 5
BACKGROUND_NICENESS = 10  # of work that somebody comes back for later: a tenth of what a busy program gets
BACKGROUND = "--background"  # tells an engine that it is such work
_AUTOGROUP = Path("/proc/self/autogroup")


def step_back(niceness: int = NICENESS) -> None:
    """Lower the priority of this process, for good."""
    if hasattr(os, "nice"):
        os.nice(niceness)
    # Linux may share the processor between sessions first, and heeds niceness only within one. A process that leads a
    # session of its own speaks for it all (sched(7), "The autogroup feature").
    if hasattr(os, "getsid") and os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(str(niceness))
