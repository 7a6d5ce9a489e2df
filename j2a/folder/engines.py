"""The engines of a run over a folder: one process for each that measures and one that writes, or one for everything."""

from __future__ import annotations

import queue
import threading
from typing import Protocol

from j2a import paths
from j2a.engine.client import EngineClient
from j2a.engine.messages import Event, Request

WRITER = -1
Events = queue.SimpleQueue[tuple[int, Event]]


class Engines(Protocol):
    """Engines by number: those that measure from 0, and ``WRITER``. What they tell stands in ``events``."""

    events: Events

    def submit(self, number: int, request: Request) -> None:
        """Ask one of them; never blocks."""

    def close(self) -> None:
        """End them."""


class OwnEngines:
    """A process for each."""

    def __init__(self, measurers: int) -> None:
        self.events: Events = queue.SimpleQueue()
        self._clients = {number: self._client(number) for number in (*range(measurers), WRITER)}

    def submit(self, number: int, request: Request) -> None:
        """As of ``Engines``."""
        self._clients[number].submit(request)

    def close(self) -> None:
        """As of ``Engines``."""
        for client in self._clients.values():
            client.close()

    @property
    def pids(self) -> list[int]:
        """Of those that run."""
        return [client.pid for client in self._clients.values() if client.pid]

    def _client(self, number: int) -> EngineClient:
        name = "caption-writer" if number == WRITER else f"caption-{number + 1}"
        return EngineClient(
            lambda event: self.events.put((number, event)),
            log_path=paths.engine_log_path().with_stem(name), background=True,
        )  # fmt: skip


class OneEngine:
    """One process that measures and writes in turn, for as many runs as come. ``name`` is that of its log."""

    def __init__(self, name: str) -> None:
        self.events: Events = queue.SimpleQueue()
        self._asked: dict[int, int] = {}  # request -> who asked
        self._lock = threading.Lock()
        self._client = EngineClient(self._told, log_path=paths.engine_log_path().with_stem(name), background=True)

    def submit(self, number: int, request: Request) -> None:
        """As of ``Engines``."""
        with self._lock:  # its first event comes on another thread
            self._asked[self._client.submit(request)] = number

    def close(self) -> None:
        """As of ``Engines``."""
        self._client.close()

    def _told(self, event: Event) -> None:
        with self._lock:
            self.events.put((self._asked.get(event.request_id, WRITER), event))
