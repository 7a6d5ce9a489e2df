"""The engine process: ``python -m j2a.engine.worker``. Reads requests on stdin, writes events on stdout.

One thread reads requests, so that a cancel is seen while the main thread works; the main thread takes one request
at a time. When the caller goes away the pipe closes and the process ends at once: it holds nothing that could be lost.
Another thread says every few seconds that a request is being worked at: a caller that hears nothing at all ends it.
Of a request for which the process has used no processor time in a quarter of an hour it says nothing more: whatever
loads, decodes, computes, or waits for a server with a limit uses some, threads that wait for each other use none.
Where native code holds Python's lock for good, as some library does that gets no memory, neither thread can run: then
the process ends by itself, whether its caller is still there or not.
"""

from __future__ import annotations

import faulthandler
import os
import queue
import sys
import threading
import time
import traceback
from typing import IO

from j2a.address_space import MEMORY_TITLE, refuse_less_than
from j2a.engine.jobs import Jobs
from j2a.engine.memory import LEAST_BYTES, MEMORY_HINT, NO_MEMORY, is_out_of_memory
from j2a.engine.messages import (
    Alive,
    Cancel,
    Done,
    Event,
    Failed,
    Inspect,
    Request,
    Shutdown,
    decode_request,
    encode_event,
)
from j2a.errors import ExitCode, J2AError
from j2a.extras import incomplete
from j2a.priority import BACKGROUND, BACKGROUND_NICENESS, NICENESS, go_first, step_back

ALIVE_S = 5.0
IDLE_LOOKS = 180  # so many of those in a row without any work make a request one that hangs
IDLE_WORK_S = 0.1  # less than this in all that time is no work but threads that look around now and then
STUCK_S = 150.0  # without a turn for the thread that says so; longer than a caller waits


class Worker:
    """Runs the requests of one caller."""

    def __init__(self, requests: IO[bytes], events: IO[bytes]) -> None:
        self._requests = requests
        self._events = events
        self._write_lock = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[int, Request]] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._serving = 0  # the request that is being worked at; 0 for none
        self._jobs = Jobs(self.emit)

    def run(self) -> None:
        """Serve until the process is told to leave."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        threading.Thread(target=self._say_alive, name="alive", daemon=True).start()
        while True:
            self._serve(*self._waiting.get())

    def emit(self, event: Event) -> None:
        """Send one event to the caller."""
        with self._write_lock:
            self._events.write(encode_event(event))
            self._events.flush()

    def _read(self) -> None:
        for line in self._requests:
            try:
                request_id, request = decode_request(line)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                traceback.print_exc(file=sys.stderr)
                os._exit(ExitCode.FAILED)  # whoever asked is told that this process is gone
            if isinstance(request, Cancel):
                self._cancelled.add(request.request_id)
            elif isinstance(request, Shutdown):
                break
            else:
                self._waiting.put((request_id, request))
        # Native code in the main thread cannot be interrupted politely, and nothing here needs saving.
        os._exit(ExitCode.OK)

    def _say_alive(self) -> None:
        served = idle = 0
        worked_s = 0.0
        while True:
            faulthandler.dump_traceback_later(STUCK_S, exit=True, file=2)  # begins anew with each turn; into the log
            time.sleep(ALIVE_S)
            request_id, now_s = self._serving, time.process_time() - time.thread_time()  # of all threads but this one
            if request_id != served or now_s - worked_s >= IDLE_WORK_S:
                served, idle, worked_s = request_id, 0, now_s
            idle += 1
            if request_id and idle == IDLE_LOOKS:
                faulthandler.dump_traceback(2)
            if request_id and idle < IDLE_LOOKS:
                try:
                    self.emit(Alive(request_id))
                except OSError:  # nobody listens; the thread that reads ends the process
                    return

    def _serve(self, request_id: int, request: Request) -> None:
        def cancelled() -> bool:
            return request_id in self._cancelled

        self._serving = request_id
        try:
            if not isinstance(request, Inspect) or request.what == "doctor":  # the others load nothing large
                refuse_less_than(LEAST_BYTES, "J2A")
            event: Event = (
                Done(request_id, cancelled=True) if cancelled() else self._jobs.run(request_id, request, cancelled)
            )
        except J2AError as error:
            event = Failed(request_id, error.title, error.message, error.hint, int(error.exit_code))
        except Exception as error:  # noqa: BLE001 - the boundary: whatever a job raises becomes an answer and a log entry
            traceback.print_exc(file=sys.stderr)
            event = _unexpected(request_id, error)
        if isinstance(event, Failed) and cancelled():
            event = Done(request_id, cancelled=True)
        self._cancelled.discard(request_id)
        self._serving = 0
        self.emit(event)


def _unexpected(request_id: int, error: Exception) -> Failed:
    if is_out_of_memory(error):
        return Failed(request_id, MEMORY_TITLE, NO_MEMORY, MEMORY_HINT)
    if missing := incomplete(error):
        return Failed(request_id, missing.title, missing.message, missing.hint, int(missing.exit_code))
    return Failed(
        request_id,
        "Unexpected error",
        f"{type(error).__name__}: {error}",
        "The engine goes on. The details are in its log; see `j2a paths`.",
    )


def main() -> None:
    """Keep stdout for events alone: whatever libraries print goes to stderr, which is the log."""
    step_back(BACKGROUND_NICENESS if BACKGROUND in sys.argv[1:] else NICENESS)
    go_first()
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        Worker(sys.stdin.buffer, events).run()
    except BrokenPipeError:
        os._exit(ExitCode.OK)


if __name__ == "__main__":
    main()
