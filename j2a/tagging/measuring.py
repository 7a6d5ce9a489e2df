"""Whole files, measured one behind the other by one engine; what was measured before comes out of the cache."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence

from j2a import paths
from j2a.clip import Clip
from j2a.engine.client import EngineClient
from j2a.engine.messages import Done, Event, Extract, Failed
from j2a.errors import J2AError
from j2a.features.record import Features
from j2a.library import Track


def measured(tracks: Sequence[Track]) -> Iterator[tuple[Track, Features | J2AError]]:
    """Each file with what was measured in the whole of it, or why that failed."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    client = EngineClient(events.put, log_path=paths.engine_log_path().with_stem("tag"))
    try:
        for track in tracks:
            request_id = client.submit(Extract(Clip(track.path)))
            while True:
                event = events.get()
                if event.request_id != request_id:
                    continue
                if isinstance(event, Done):
                    yield track, Features.from_json(event.result)
                    break
                if isinstance(event, Failed):
                    yield track, event.as_error()
                    break
    finally:
        client.close()
