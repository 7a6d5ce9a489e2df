"""What a server sends, read within bounds: of length, of silence, of time. Its lines are untrusted.

A thread reads, so that a cancel is seen while the server says nothing. Nothing here knows what the lines mean.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2

LONGEST_LINE = 1 << 20  # bytes
LARGEST = 32 << 20  # bytes of a whole answer
SILENCE_S = 120.0  # without a byte; a server may have to load its model first
TOTAL_S = 600.0
CONNECT_S = 5.0
_POLL_S = 0.05
_WAITING = 1000  # lines that are read ahead


class Overlong(Exception):  # noqa: N818 - it says what the answer is
    """An answer that has exceeded a bound; its text says which."""


class Broken(Exception):  # noqa: N818
    """A connection that broke in the middle of an answer."""


def lines(
    method: str, url: str, *, headers: dict[str, str], body: Any = None, cancelled: Callable[[], bool],
    total_s: float | None = None, first_s: float | None = None,
) -> Iterator[tuple[int, str]]:  # fmt: skip
    """The lines of an answer as they come, each with the answer's status.

    ``first_s``: how long the first line may take, where that is longer than any other silence. Ends early, without an
    error, when ``cancelled`` turns true. Raises ``Overlong``, ``Broken`` when the connection breaks behind the first
    line, and ``httpx2.HTTPError`` when it does so before that.
    """
    read: queue.Queue[tuple[int, str] | Exception | None] = queue.Queue(_WAITING)
    over = threading.Event()
    total_s = TOTAL_S if total_s is None else total_s
    deadline = time.monotonic() + total_s
    timeout = httpx2.Timeout(first_s or SILENCE_S, connect=CONNECT_S)

    def hand_on(item: tuple[int, str] | Exception | None) -> None:
        while not over.is_set():
            with contextlib.suppress(queue.Full):
                read.put(item, timeout=_POLL_S)
                return

    def work() -> None:
        status = 0
        try:
            # Not compressed: a small answer could grow without bounds.
            asked = {**headers, "Accept-Encoding": "identity"}
            with (
                httpx2.Client(headers=asked, timeout=timeout) as client,
                client.stream(method, url, json=body) as answer,
            ):
                for line in _split(answer.iter_raw(), over):
                    status = answer.status_code
                    hand_on((status, line))
                if not status:
                    hand_on((answer.status_code, ""))
            hand_on(None)
        except httpx2.HTTPError as error:
            hand_on(Broken(str(error)) if status else error)
        except (Overlong, OSError, RuntimeError, ValueError) as error:
            hand_on(error if isinstance(error, Overlong) else Broken(str(error)))

    threading.Thread(target=work, name="server", daemon=True).start()
    silent_from: float | None = None  # the first line has a time of its own
    try:
        while not cancelled():
            if time.monotonic() > deadline:
                raise Overlong(f"does not come to its end within {total_s:.0f} seconds")
            try:
                item = read.get(timeout=_POLL_S)
            except queue.Empty:
                if silent_from is not None and time.monotonic() > silent_from + SILENCE_S:
                    raise Broken(f"nothing came for {SILENCE_S:.0f} seconds") from None
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item
            silent_from = time.monotonic()
    finally:
        over.set()


def _split(chunks: Iterator[bytes], over: threading.Event) -> Iterator[str]:
    """Whole lines; what is not UTF-8 in them becomes U+FFFD."""
    rest, total = b"", 0
    for chunk in chunks:
        if over.is_set():
            return
        total += len(chunk)
        if total > LARGEST:
            raise Overlong(f"is longer than {LARGEST >> 20} MiB")
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("utf-8", "replace").removesuffix("\r") for line in whole)
        if len(rest) > LONGEST_LINE:
            raise Overlong(f"has a line longer than {LONGEST_LINE >> 20} MiB")
    if rest:
        yield rest.decode("utf-8", "replace")
