"""What callers hold: starts the engine process, sends requests, hands events back.

Loads without torch. ``EngineClient`` is thread-safe; events arrive on its reader thread.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from j2a import paths
from j2a.address_space import MEMORY_TITLE
from j2a.engine.memory import MEMORY_HINT, NO_MEMORY, is_out_of_memory, says_out_of_memory
from j2a.engine.messages import (
    Alive,
    Cancel,
    Done,
    EngineDied,
    Event,
    Failed,
    Request,
    Shutdown,
    decode_event,
    encode_request,
)
from j2a.errors import EngineError
from j2a.priority import BACKGROUND

STOPPED = "The engine stopped"  # title of the ``Failed`` that a request gets whose engine died
RESTART_HINT = "It is started again with the next request; try once more."
_LAST_WORDS_BYTES = 2000
_LONGEST_LINE = 256 << 20  # bytes; the captions of 256 whole files with all their beats are less
_SILENCE_S = 120.0  # with a request open. The engine speaks every five seconds, but a system that swaps holds it up
_LOOKS = 4  # so often in that time


class Engine(Protocol):
    """The port that the app talks to. ``submit`` and ``cancel`` never block."""

    def start(self) -> None:
        """Start the process early, so that it is warm when it is needed."""

    def submit(self, request: Request) -> int:
        """Queue a request; returns the id its events will carry."""

    def cancel(self, request_id: int) -> None:
        """Stop a request. It still ends with ``Done(cancelled=True)``, unless it was over already."""

    def close(self) -> None:
        """End the process; takes less than 0.3 s even in mid-generation."""


class EngineClient:
    """One engine process, restarted with the next request when it died.

    ``on_event`` is called on the reader thread, in the order of the events. ``command`` replaces the
    engine's command line (tests). ``background``: nobody waits at the keyboard for this one. ``log_path``
    receives the engine's standard error; engines that run at the same time need one each.
    """

    def __init__(
        self,
        on_event: Callable[[Event], None],
        *,
        command: Sequence[str] | None = None,
        log_path: Path | None = None,
        background: bool = False,
    ) -> None:
        self._on_event = on_event
        self._command = list(command) if command else [sys.executable, "-m", "j2a.engine.worker"]
        if background:
            self._command.append(BACKGROUND)
        self._log_path = log_path or paths.engine_log_path()
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._open_requests: set[int] = set()
        self._last_id = 0
        self._closed = False
        self._heard = False  # anything since the watch looked last
        self._ended_for = ""  # why we ended the process

    def start(self) -> None:
        """Start the process if it is not running."""
        with self._lock:
            self._ensure_running()

    @property
    def pid(self) -> int | None:
        """The engine's process id while it runs."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def submit(self, request: Request) -> int:
        """Send a request and return its id. Raises ``ValueError`` for one with a number that is none."""
        with self._lock:
            self._ensure_running()
            self._last_id += 1
            request_id = self._last_id
            line = encode_request(request_id, request)
            self._open_requests.add(request_id)
            self._send(line)
        return request_id

    def cancel(self, request_id: int) -> None:
        """Ask the engine to stop a request; nothing happens when it is over already."""
        with self._lock:
            if request_id in self._open_requests and self._process is not None:
                self._send(encode_request(0, Cancel(request_id)))

    def close(self, timeout_s: float = 0.2) -> None:
        """Ask the engine to leave, and end it when it does not within ``timeout_s`` seconds."""
        with self._lock:
            self._closed = True
            process, reader = self._process, self._reader
            if process is None:
                return
            self._send(encode_request(0, Shutdown()))
            with contextlib.suppress(OSError):
                assert process.stdin is not None
                process.stdin.close()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if reader is not None and reader is not threading.current_thread():
            reader.join(timeout=1.0)

    def _ensure_running(self) -> None:
        if self._closed:
            raise RuntimeError("the engine client is closed")
        if self._process is not None and self._process.poll() is None:
            return
        self._ended_for = ""
        with self._open_log() as log:
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=_engine_environment(),
                    start_new_session=True,  # ctrl+c in the terminal is the caller's to handle
                )
            except OSError as error:
                hint = MEMORY_HINT if is_out_of_memory(error) else "Try again; if it stays so, install J2A again."
                raise EngineError(f"It cannot be started: {error.strerror or error}.", hint) from error
        assert self._process.stdout is not None
        over = threading.Event()
        arguments = (self._process, self._process.stdout, over)
        self._reader = threading.Thread(target=self._read, args=arguments, name="engine-events", daemon=True)
        self._reader.start()
        threading.Thread(target=self._watch, args=(self._process, over), name="engine-watch", daemon=True).start()

    def _open_log(self) -> BinaryIO:
        """One log a run: its end is shown when the engine dies. None where nothing can be written."""
        try:
            return paths.private_file(self._log_path)
        except OSError:
            return Path(os.devnull).open("wb")

    def _send(self, line: bytes) -> None:
        """A broken pipe is not an error here: the reader sees the end of the stream and reports it."""
        assert self._process is not None and self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _read(self, process: subprocess.Popen[bytes], stream: IO[bytes], over: threading.Event) -> None:
        while line := stream.readline(_LONGEST_LINE):
            try:
                event = decode_event(line)
            except ValueError as error:
                # Nothing after it can be trusted: what is missing may have been the end of a request.
                self._end(process, f"The engine process sent something that is not understood ({error}).")
                break
            self._heard = True
            if isinstance(event, Done | Failed):
                with self._lock:
                    self._open_requests.discard(event.request_id)
            if not isinstance(event, Alive):
                self._on_event(event)
        returncode = process.wait()
        over.set()
        with self._lock:
            lost = sorted(self._open_requests)
            self._open_requests.clear()
            if self._process is process:
                self._process = None
            if self._closed:
                return
        last_words = self._read_last_words()
        title, why, hint = (STOPPED, self._ended_for, RESTART_HINT) if self._ended_for else _why(returncode, last_words)
        for request_id in lost:
            self._on_event(Failed(request_id, title, why, hint))
        self._on_event(EngineDied(0, returncode, last_words))

    def _watch(self, process: subprocess.Popen[bytes], over: threading.Event) -> None:
        """End an engine that says nothing at all although a request is open, however long the request may take.

        Looks are counted, not seconds: where this process was stopped for a while, so was its listening.
        """
        quiet = 0
        while not over.wait(_SILENCE_S / _LOOKS):
            with self._lock:
                quiet = quiet + 1 if self._open_requests and not self._heard else 0
                self._heard = False
            if quiet >= _LOOKS:
                self._end(process, f"The engine process said nothing for {_SILENCE_S:.0f} seconds and was ended.")

    def _end(self, process: subprocess.Popen[bytes], why: str) -> None:
        if process.poll() is None:  # else what it died of says more
            self._ended_for = why
            process.kill()

    def _read_last_words(self) -> str:
        with contextlib.suppress(OSError):
            return self._log_path.read_bytes()[-_LAST_WORDS_BYTES:].decode(errors="replace")
        return ""


def run(request: Request) -> Iterator[Event]:
    """One request on a fresh engine, its events until ``Done`` or ``Failed``. For the headless commands.

    Closing the iterator early, or ctrl+c, ends the engine.
    """
    with session() as ask:
        yield from ask(request)


@contextlib.contextmanager
def session() -> Iterator[Callable[[Request], Iterator[Event]]]:
    """An engine for several requests in turn: ``with session() as ask: for event in ask(request): ...``."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    client = EngineClient(events.put)

    def ask(request: Request) -> Iterator[Event]:
        request_id = client.submit(request)
        while True:
            event = events.get()
            if event.request_id != request_id:
                continue
            yield event
            if isinstance(event, Done | Failed):
                return

    try:
        yield ask
    finally:
        client.close()


def _engine_environment() -> dict[str, str]:
    env = dict(os.environ)
    # One thread is enough for a clip and for a small model, and with a busy neighbour two are several times slower than
    # one: each waits for the other to get its turn. Large models ask for more (j2a.models.language.llm).
    env.setdefault("OMP_NUM_THREADS", "1")
    env.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Else each new thread may get a heap of its own (glibc), and an engine keeps the largest clip of every one of them.
    env.setdefault("MALLOC_ARENA_MAX", "1")
    env["PYTHONUNBUFFERED"] = "1"
    return env


def _why(returncode: int, last_words: str) -> tuple[str, str, str]:
    """Title, message and hint for an engine that ended by itself."""
    if returncode == -signal.SIGKILL:
        why = "The engine process was ended by signal 9, as the system does when the memory runs out."
        return STOPPED, why, MEMORY_HINT
    if says_out_of_memory(last_words):
        return MEMORY_TITLE, NO_MEMORY, MEMORY_HINT
    ended = f"was ended by signal {-returncode}" if returncode < 0 else f"ended with exit code {returncode}"
    return STOPPED, f"The engine process {ended}.", RESTART_HINT
