"""Keys in the order in which they were pressed, each for what has the focus when its turn has come.

Textual hands a key to what has the focus at once, while what the key before it does is still on its way through the
queues. A burst (quick hands, a slow line, a macro) that opens a text field and types into it would so be heard by what
was there before the field: letters would be commands, or be lost.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from textual import events
from textual.app import App
from textual.message import Message
from textual.widget import Widget

PAUSE_S = 0.4  # between two keys that do not belong together
LOOK_S = 0.05  # so often it is looked whether those that wait can be taken
LONG = 10  # of those, and it is told that keys are held
LOOKS = 20  # of those, then the key before is taken for lost: it went to a dialog that was closed meanwhile


class KeyOrder(App[None]):
    """An app that takes one key after the other."""

    class Behind(Message):
        """Goes the way of a key, right behind it: when it is back, what the key asks for is done."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._keys: deque[events.Key | events.Paste] = deque()  # whose turn has not come
        self._number = 0  # of the last message behind a key
        self._way: Widget | None = None  # where the last key was handed to, while it is not done
        self._first_round = True  # what it has led to goes the same way once more
        self._looks = 0
        self._looking = False
        self._refused_s: float | None = None  # when the last key of a burst came that is for nobody

    def refuse_burst(self) -> None:
        """What the last key was to open cannot be: what is typed behind it is for nobody, until a pause or escape."""
        while self._keys and not _is_escape(self._keys[0]):
            self._keys.popleft()
        self._refused_s = None if self._keys else time.monotonic()

    def _is_refused(self, event: events.Key | events.Paste) -> bool:
        now_s = time.monotonic()
        refused = self._refused_s is not None and now_s - self._refused_s < PAUSE_S and not _is_escape(event)
        self._refused_s = now_s if refused else None
        return refused

    def holds_keys(self) -> bool:
        """Whether what the last key opens is still to come; the keys that follow are for that."""
        return False

    def on_long_hold(self) -> None:
        """Keys have been held for so long that it is to be said; from now on escape gives up."""

    def stop_holding(self) -> None:
        """What is still to come is not wanted any more."""

    async def on_event(self, event: events.Event) -> None:
        """A key waits for its turn; everything else is Textual's."""
        if _is_escape(event) and self._looks >= LONG and self.holds_keys():
            self._keys.clear()
            self.stop_holding()
        elif isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            if not self._is_refused(event):
                self._keys.append(event)
                await self._take_keys()
        else:
            await super().on_event(event)

    async def _take_keys(self) -> None:
        """As many as can be taken now."""
        while self._keys and self._way is None and not self.holds_keys():
            event = self._keys.popleft()
            self._looks = 0
            heard_by = self._heard_by
            await super().on_event(event)
            self._first_round = True
            self._send_behind(heard_by)
        if self._keys and not self._looking:
            self._looking = True
            self.set_timer(LOOK_S, self._look)

    @property
    def keys_are_done(self) -> bool:
        """Whether every key so far was heard, but for those that are held."""
        return self._way is None and (not self._keys or self.holds_keys())

    @property
    def _heard_by(self) -> Widget:
        return self.focused or self.screen

    def _send_behind(self, heard_by: Widget) -> None:
        self._number += 1
        if heard_by.post_message(self.Behind(self._number)):
            self._way = heard_by

    async def on_key_order_behind(self, message: Behind) -> None:
        """The last key was heard. A field, and what was opened, has first to do what follows from it."""
        if message.number != self._number or self._way is None:
            return
        before, self._way = self._way, None
        now = self._heard_by
        if self._first_round and (now is not before or now.check_consume_key("a", "a")):
            self._first_round = False
            self._send_behind(now)
        await self._take_keys()

    async def _look(self) -> None:
        self._looking = False
        self._looks += 1
        if self._looks == LONG and self.holds_keys():
            self.on_long_hold()
        if self._looks > LOOKS or (self._way is not None and not self._way.is_attached):
            self._way = None
        await self._take_keys()


def _is_escape(event: events.Event) -> bool:
    return isinstance(event, events.Key) and event.key == "escape"
