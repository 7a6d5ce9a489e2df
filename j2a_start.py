"""Where the commands begin. What they need takes a moment to load: ctrl+c ends them as quietly then as it does later.

The console scripts alone import this module, before anything else of ours.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from types import FrameType


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(128 + number)  # nothing is open yet that could be lost


_ASKED = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else ctrl+c is ignored, as behind nohup
if _ASKED:
    signal.signal(signal.SIGINT, _leave)


def _run(module: str) -> None:
    """Its ``main``. While that runs, ctrl+c is Python's ``KeyboardInterrupt``, which the commands put into words."""
    try:
        main = importlib.import_module(module).main
        if _ASKED:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        main()
    except KeyboardInterrupt:  # just before they would
        os._exit(128 + signal.SIGINT)
    except (ImportError, AttributeError) as error:
        _say_what_is_missing(error)
        raise
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # everything is done; Python tidies up


def _say_what_is_missing(error: Exception) -> None:
    """Leave in words where a module of ours is not there; do nothing about other errors."""
    from j2a.extras import incomplete

    if missing := incomplete(error):
        sys.stderr.write(f"{missing}\n")
        raise SystemExit(int(missing.exit_code)) from error


def j2a() -> None:
    """Entry point of ``j2a``."""
    _run("j2a.cli")


def j2a_tui() -> None:
    """Entry point of ``j2a-tui``."""
    _run("j2a_tui.cli")


def j2a_train() -> None:
    """Entry point of ``j2a-train``."""
    _run("training.cli")
