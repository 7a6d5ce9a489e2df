"""Stepping back: work that nobody waits for at the keyboard leaves processor and memory to the screen and the sound."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

NICENESS = 5
BACKGROUND_NICENESS = 10  # of work that somebody comes back for later: a tenth of what a busy program gets
BACKGROUND = "--background"  # tells an engine that it is such work
_AUTOGROUP = Path("/proc/self/autogroup")
_FIRST_TO_GO = 500  # of 1000: half of the memory counts on top of what it has
_OOM = Path("/proc/self/oom_score_adj")


def step_back(niceness: int = NICENESS) -> None:
    """Lower the priority of this process, for good."""
    if hasattr(os, "nice"):
        os.nice(niceness)
    # Linux may share the processor between sessions first, and heeds niceness only within one. A process that leads a
    # session of its own speaks for it all (sched(7), "The autogroup feature").
    if hasattr(os, "getsid") and os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(str(niceness))


def go_first() -> None:
    """Where the memory runs out, Linux ends this process rather than the one that it works for."""
    with contextlib.suppress(OSError, ValueError):  # another system; more than this may not be taken back
        if int(_OOM.read_text()) < _FIRST_TO_GO:
            _OOM.write_text(str(_FIRST_TO_GO))
