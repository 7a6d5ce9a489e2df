"""What a language model's server answers: server-sent events, its list of models, its errors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.fuzz.target import Target, as_choice, chosen, told
from j2a.caption import Sampling
from j2a.errors import ModelError
from j2a.models.language import streamed
from j2a.models.language.server import ServerLLM
from j2a.printable import one_paragraph

WAYS = ("answer", "models", "refusal")
_PIECE = 7  # bytes that come at once


class _Answered(ServerLLM):
    """One whose connection says the bytes that it is given."""

    def __init__(self, said: bytes, status: int = 200, name: str = "#m") -> None:
        self._said, self._status = said, status
        super().__init__(f"http://127.0.0.1/v1{name}")

    def _lines(
        self, method: str, url: str, cancelled: Callable[[], bool], body: Any = None, *, total_s: float | None = None
    ) -> Iterator[str]:
        chunks = (self._said[at : at + _PIECE] for at in range(0, len(self._said), _PIECE))
        lines = streamed._split(chunks, threading.Event())
        if self._status != 200:
            raise self._refused(self._status, "\n".join(lines))
        yield from lines


def attempt(data: bytes, folder: Path) -> None:
    """Words without control characters, or an error in words."""
    way, said = chosen(data, WAYS)
    try:
        if way == "models":
            named = _Answered(said, name="")
            assert named.weights.removeprefix("server:").strip()
        elif way == "refusal":
            list(_Answered(said, status=500).stream("Describe.", sampling=Sampling()))
        else:
            for piece in _Answered(said).stream("Describe.", sampling=Sampling()):
                assert all(char.isprintable() or char == "\n" for char in piece), repr(piece)
                one_paragraph(piece).encode()
    except ModelError as error:
        told(error)


def seeds(folder: Path) -> list[bytes]:
    """Answers as servers give them."""
    answer = (
        b": hello\r\n\r\ndata: "
        b'{"choices": [{"index": 0, "delta": {"role": "assistant", "content": "A slow"}, "finish_reason": null}]}\n\n'
        b'data: {"choices": [{"delta": {"content": " piece."}, "finish_reason": "stop"}], "usage": null}\n\n'
        b"data: [DONE]\n\n"
    )
    event = b'data: {"choices": [{"delta": {"content": "Slow."}, "finish_reason": "stop"}]}'
    models = b'{"object": "list", "data": [{"id": "mistral", "object": "model"}]}'
    errors = (b'{"error": {"message": "no such model", "code": 404}}', b'{"detail": "nothing"}', b"<html>502</html>")
    return [as_choice(0, answer), as_choice(0, event), as_choice(0, b'data: {"error": {"message": "too long"}}\n'),
            as_choice(1, models), *(as_choice(2, text) for text in errors)]  # fmt: skip


TARGET = Target(attempt, seeds, (b"data:", b"[DONE]", b'"choices"', b'"delta"', b'"content"', b'"error"', b'"message"',
                                 b'"data"', b'"id"', b"\\u001b", b"\r\n"))  # fmt: skip
