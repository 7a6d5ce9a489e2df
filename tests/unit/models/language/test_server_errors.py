"""Servers that are broken or mean harm: sockets on loopback that send exactly these bytes."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from j2a.caption import Sampling
from j2a.errors import ModelError
from j2a.models.language import streamed
from j2a.models.language.server import ServerLLM

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
Talk = Callable[[socket.socket, threading.Event], None]


def event(content: object, **more: object) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": {"content": content}, **more}]}).encode() + b"\n\n"


@contextmanager
def talking(talk: Talk | bytes) -> Iterator[str]:
    """A server that reads the request and then sends what it is told to, whatever that is."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            asked = connection.makefile("rb")  # the whole request: what is left unread resets the connection
            size = 0
            while (line := asked.readline()).strip():
                name, _, value = line.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
            asked.read(size)
            if isinstance(talk, bytes):
                connection.sendall(talk)
            else:
                talk(connection, over)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        over.set()
        listener.close()


def forever(block: bytes, every_s: float = 0.0) -> Talk:
    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(HEAD)
        while not over.wait(every_s):
            connection.sendall(block)

    return talk


def silent(connection: socket.socket, over: threading.Event) -> None:
    over.wait(30)


def ask(url: str, cancelled: Callable[[], bool] = lambda: False) -> Iterator[str]:
    return ServerLLM(f"{url}#m").stream("Tempo: 96 BPM", sampling=Sampling(), cancelled=cancelled)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "without a word"),
        (b"data: [DONE]\n\n", "without a word"),
        (b"<html><body>It works!</body></html>", "without a word"),
        (event("") + b"data: [DONE]\n\n", "without a word"),
        (event(" \n ") + b"data: [DONE]\n\n", "without a word"),
        (event(None) + b"data: [DONE]\n\n", "without a word"),
        (event(["a", "b"]), "not text"),
        (event(float("nan")), "not text"),
        (event({"text": "a"}), "not text"),
        (event(True), "not text"),
        (event(0.5), "not text"),
        (b'data: {"choices": "none"}\n\n', "not OpenAI's protocol"),
        (b'data: {"choices": {"a": 1}}\n\n', "not OpenAI's protocol"),
        (b'data: "a"\n\n', "not OpenAI's protocol"),
        (b"data: " + b"[" * 200_000 + b"\n\n", "not OpenAI's protocol"),
        (b'data: {"choices": ' + b'{"a":' * 100_000 + b"\n\n", "not OpenAI's protocol"),
    ],
)
def test_what_is_no_caption_is_an_error_in_words(body: bytes, expected: str) -> None:
    with talking(HEAD + body) as url, pytest.raises(ModelError, match=expected):
        list(ask(url))


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + event("A slow ") + event("waltz"),  # the connection closes without an end
        HEAD.replace(b"Connection: close", b"Content-Length: 5000") + event("A slow ") + event("waltz"),
        HEAD.replace(b"Connection: close", b"Transfer-Encoding: chunked")
        + b"%x\r\n" % len(event("A slow waltz")) + event("A slow waltz") + b"\r\n40\r\ndata",
    ],
    ids=["closed", "too short", "in a chunk"],
)  # fmt: skip
def test_what_came_before_the_connection_broke_is_given_and_the_break_told(sent: bytes) -> None:
    came: list[str] = []
    with talking(sent) as url, pytest.raises(ModelError, match="broke off in the middle") as caught:
        came.extend(iter_into(came, ask(url)))
    assert "".join(came) == "A slow waltz"
    assert caught.value.title == "The answer was cut off"


def iter_into(came: list[str], pieces: Iterator[str]) -> Iterator[str]:
    for piece in pieces:
        came.append(piece)
    return iter(())


def test_an_end_without_done_is_an_end_where_the_model_says_so() -> None:
    with talking(HEAD + event("A waltz") + event("", finish_reason="stop")) as url:
        assert list(ask(url)) == ["A waltz"]


def test_a_line_without_an_end_costs_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "LONGEST_LINE", 1 << 16)
    started = time.monotonic()
    with talking(forever(b"x" * 65536)) as url, pytest.raises(ModelError, match="has a line longer than"):
        list(ask(url))
    assert time.monotonic() - started < 5


def test_comments_for_ever_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "TOTAL_S", 0.5)
    with talking(forever(b": still here\n\n", 0.01)) as url, pytest.raises(ModelError, match="within 0 seconds"):
        list(ask(url))
    monkeypatch.undo()
    monkeypatch.setattr(streamed, "LARGEST", 1 << 20)
    with talking(forever(b": still here\n\n" * 1000)) as url, pytest.raises(ModelError, match="longer than 1 MiB"):
        list(ask(url))


@pytest.mark.parametrize("talk", [silent, forever(b": still here\n\n", 0.01), forever(b"x" * 1000, 0.01)])
def test_a_cancel_is_seen_everywhere(talk: Talk) -> None:
    started = time.monotonic()

    def cancelled() -> bool:
        return time.monotonic() > started + 0.2

    with talking(talk) as url:
        assert list(ask(url, cancelled)) == []
        started = time.monotonic()
        with pytest.raises(ModelError, match="not waited for"):
            ServerLLM(url, cancelled)  # while it is asked for its models
    assert time.monotonic() - started < 3


def test_an_error_without_an_end_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "LARGEST", 1 << 18)
    head = HEAD.replace(b"200 OK", b"500 Oops")

    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head)
        while not over.is_set():
            connection.sendall(b"error\n" * 10_000)

    with talking(talk) as url, pytest.raises(ModelError, match="longer than 0 MiB"):
        list(ask(url))


def test_one_empty_answer_of_many_leaves_the_others() -> None:
    turns = iter([HEAD + event("A waltz.", finish_reason="stop"), HEAD + b"data: [DONE]\n\n"])
    lock = threading.Lock()

    def talk(connection: socket.socket, over: threading.Event) -> None:
        with lock:
            connection.sendall(next(turns))

    with talking(talk) as url:
        texts = ServerLLM(f"{url}#m").answers(["one", "two"], sampling=Sampling())
    assert sorted(texts) == ["", "A waltz."]
