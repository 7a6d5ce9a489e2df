"""Telling whoever looks elsewhere that a long run has ended: the terminal's bell, or a notification of the desktop.

A notification is an escape sequence (OSC 9, or 777 for those that know only that). Terminals that do not know it may
draw it, so it goes only to those that are known to show it; a multiplexer in between swallows it or draws it. All
others get the bell.
"""

from __future__ import annotations

from collections.abc import Mapping

from j2a.printable import one_paragraph
from j2a.settings import Settings

BELL = "\a"
_BY_PROGRAM = ("iTerm.app", "WezTerm", "ghostty")  # TERM_PROGRAM
_BY_TERM_9 = ("xterm-kitty", "xterm-ghostty")
_BY_TERM_777 = ("foot", "rxvt-unicode")


def signal_for(settings: Settings, seconds: float, text: str, environment: Mapping[str, str]) -> str:
    """What to write to the terminal when a run of so many seconds has ended; "" for nothing.

    ``text`` is one line for the notification. ``environment`` is that of the process.
    """
    if settings.when_done == "off" or seconds < settings.long_run_s:
        return ""
    if settings.when_done == "bell":
        return BELL
    words = one_paragraph(text).replace(";", ",")
    term, between = environment.get("TERM", ""), any(environment.get(name) for name in ("TMUX", "STY"))
    if between:
        return BELL
    if environment.get("TERM_PROGRAM") in _BY_PROGRAM or term in _BY_TERM_9:
        return f"\x1b]9;{words}\a"
    if term.startswith(_BY_TERM_777):
        return f"\x1b]777;notify;J2A;{words}\a"
    return BELL
