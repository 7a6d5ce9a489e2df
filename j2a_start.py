"""Where the commands begin. What they need takes a moment to load: ctrl+c ends them as quietly then as it does later.

The console scripts alone import this module, before anything else of ours.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(128 + number)  # nothing is open yet that could be lost


_ASKED = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else ctrl+c is ignored, as behind nohup
if _ASKED:
    signal.signal(signal.SIGINT, _leave)


def _run(main: Callable[[], None]) -> None:
    """From here on ctrl+c is Python's ``KeyboardInterrupt``, which the commands put into words."""
    try:
        if _ASKED:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        main()
    except KeyboardInterrupt:  # just before they would
        os._exit(128 + signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # everything is done; Python tidies up


def j2a() -> None:
    """Entry point of ``j2a``."""
    from j2a.cli import main

    _run(main)


def j2a_tui() -> None:
    """Entry point of ``j2a-tui``."""
    from j2a_tui.cli import main

    _run(main)


def j2a_train() -> None:
    """Entry point of ``j2a-train``."""
    from training.cli import main

    _run(main)
