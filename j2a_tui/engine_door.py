"""The engine as the app asks it: whoever asks gets an id, however the engine is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from j2a.engine.client import Engine
from j2a.engine.messages import Event, Failed, Request
from j2a.errors import EngineError


class EngineDoor:
    """A request that cannot be sent is answered by a ``Failed``; one after :meth:`close` by nothing.

    So a key or a timer that comes while the app leaves needs not know that it does. ``on_event`` is told the failure on
    the thread that asked. The ids of such requests are negative.
    """

    def __init__(self, engine: Engine, on_event: Callable[[Event], None]) -> None:
        self._engine = engine
        self._on_event = on_event
        self._lock = threading.Lock()
        self._closed = False
        self._unsent = 0

    def start(self) -> None:
        """Start it early; what is wrong is told with the first request."""
        with self._lock, suppress(EngineError):
            if not self._closed:
                self._engine.start()

    def submit(self, request: Request) -> int:
        """Queue a request; returns the id its events will carry."""
        with self._lock:
            self._unsent -= 1
            unsent = self._unsent
            if self._closed:
                return unsent
            try:
                return self._engine.submit(request)
            except EngineError as error:
                failed = Failed(unsent, error.title, error.message, error.hint)
        self._on_event(failed)
        return unsent

    def cancel(self, request_id: int) -> None:
        """Stop a request."""
        if request_id > 0:
            self._engine.cancel(request_id)

    def close(self) -> None:
        """End the process; nothing is asked of it from here on."""
        with self._lock:
            self._closed = True
        self._engine.close()
