"""The engine process: ``python -m j2a.engine.worker``. Reads requests on stdin, writes events on stdout.

One thread reads requests, so that a cancel is seen while the main thread works; the main thread takes one request
at a time. When the caller goes away the pipe closes and the process ends at once: it holds nothing that could be lost.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from typing import IO

from j2a.engine.jobs import Jobs
from j2a.engine.messages import (
    Cancel,
    Done,
    Event,
    Failed,
    Request,
    Shutdown,
    decode_request,
    encode_event,
)
from j2a.errors import ExitCode, J2AError
from j2a.priority import BACKGROUND, BACKGROUND_NICENESS, NICENESS, step_back


class Worker:
    """Runs the requests of one caller."""

    def __init__(self, requests: IO[bytes], events: IO[bytes]) -> None:
        self._requests = requests
        self._events = events
        self._write_lock = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[int, Request]] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._jobs = Jobs(self.emit)

    def run(self) -> None:
        """Serve until the process is told to leave."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        while True:
            self._serve(*self._waiting.get())

    def emit(self, event: Event) -> None:
        """Send one event to the caller."""
        with self._write_lock:
            self._events.write(encode_event(event))
            self._events.flush()

    def _read(self) -> None:
        for line in self._requests:
            request_id, request = decode_request(line)
            if isinstance(request, Cancel):
                self._cancelled.add(request.request_id)
            elif isinstance(request, Shutdown):
                break
            else:
                self._waiting.put((request_id, request))
        # Native code in the main thread cannot be interrupted politely, and nothing here needs saving.
        os._exit(ExitCode.OK)

    def _serve(self, request_id: int, request: Request) -> None:
        def cancelled() -> bool:
            return request_id in self._cancelled

        try:
            event: Event = (
                Done(request_id, cancelled=True) if cancelled() else self._jobs.run(request_id, request, cancelled)
            )
        except J2AError as error:
            event = Failed(request_id, error.title, error.message, error.hint, int(error.exit_code))
        except Exception as error:  # noqa: BLE001 - the boundary: whatever a job raises becomes an answer and a log entry
            traceback.print_exc(file=sys.stderr)
            event = Failed(
                request_id,
                "Unexpected error",
                f"{type(error).__name__}: {error}",
                "The engine goes on. The details are in its log; see `j2a paths`.",
            )
        self._cancelled.discard(request_id)
        self.emit(event)


def main() -> None:
    """Keep stdout for events alone: whatever libraries print goes to stderr, which is the log."""
    step_back(BACKGROUND_NICENESS if BACKGROUND in sys.argv[1:] else NICENESS)
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        Worker(sys.stdin.buffer, events).run()
    except BrokenPipeError:
        os._exit(ExitCode.OK)


if __name__ == "__main__":
    main()
