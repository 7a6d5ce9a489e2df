"""Leaving the app: what is on the screen is saved, the engine is told first, and nothing of ours goes on."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import Any

from rich.text import Text

from j2a.engine.client import Engine
from j2a_tui.background import Background
from j2a_tui.display import clean
from j2a_tui.jobs import Change
from j2a_tui.key_order import KeyOrder
from j2a_tui.screens.desk import Desk
from j2a_tui.session import Session
from j2a_tui.transport import Transport

SIGNAL_LEAVES_S = 3.0


class Leaving(KeyOrder):
    """By a key or by a signal."""

    desk: Desk
    session: Session
    transport: Transport
    engine: Engine
    library: Background
    audio: Background

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._asyncio: asyncio.AbstractEventLoop | None = None  # once there is one
        self._signalled = 0

    def _remember(self) -> None:
        """Keep what the desk is like."""
        raise NotImplementedError

    async def action_quit(self) -> None:
        """Save what is on the screen and leave; the engine is told first, so that it ends while we do."""
        self.desk.save_now()
        self.session.leave()
        if not self.session.ledger.retry():
            from j2a_tui.screens.choose import ConfirmScreen

            self.desk.show_change(Change.STATUS)
            count = len(self.session.ledger.unsaved.rows)
            question = f"{count} caption{' is' if count == 1 else 's are'} not saved, and lost if you leave now."
            self.push_screen(ConfirmScreen(question, "Leave all the same"), lambda yes: self._quit() if yes else None)
            return
        self._quit()

    def _quit(self) -> None:
        self.desk.leaving = True
        self._remember()
        closing = threading.Thread(target=self.engine.close, name="close-engine")
        closing.start()
        self.exit()
        self.library.close()
        self.audio.close()
        if self.transport.player is not None:
            self.transport.player.close()
        closing.join()

    def end_by_signal(self, number: int) -> None:
        """Save, give the terminal back, and leave with 128 + ``number``. For a signal handler, at any time."""
        self._signalled = number
        leaving = threading.Timer(SIGNAL_LEAVES_S, os._exit, [128 + number])  # a terminal that is gone may hold us up
        leaving.daemon = True
        leaving.start()
        if self._asyncio is not None:
            self._asyncio.call_soon_threadsafe(self._end_now)

    def _end_now(self) -> None:
        try:
            self.desk.save_now()
            self.session.leave()
            self._remember()
        finally:
            ledger = self.session.ledger
            ledger.retry()
            lost = "\n".join(f"Not saved: {row.clip.path.name}: {row.text}" for row in ledger.unsaved.rows.values())
            self.exit(return_code=128 + self._signalled, message=Text(clean(lost, multiline=True)) if lost else None)

    def on_unmount(self) -> None:
        """However it ends: nothing of ours goes on."""
        self.engine.close()
        self.library.close()
        self.audio.close()
        self.session.ledger.store.close()
