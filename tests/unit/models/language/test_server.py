"""Servers that misbehave: each is one clear error. They are real ones on loopback that say what they are told to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from j2a.caption import Sampling
from j2a.errors import J2AError, ModelError, ModelMissingError, UsageError
from j2a.models.language.server import KEY_VARIABLE, ServerLLM

ONE_MODEL = json.dumps({"data": [{"id": "llama"}, {"id": "other"}]})


def said(*texts: str) -> str:
    events = [json.dumps({"choices": [{"delta": {"content": text}}]}) for text in texts]
    return "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"])


@contextmanager
def serving(answer: str, *, status: int = 200, models: str = ONE_MODEL, wait_s: float = 0.0, short: bool = False):
    """A server with one answer; yields its address and the requests it saw: (path, headers, body)."""
    seen: list[tuple[str, dict[str, str], str]] = []
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200, models)

        def do_POST(self) -> None:
            over.wait(wait_s)
            self.answer(status, answer)

        def answer(self, code: int, body: str) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            seen.append((self.path, dict(self.headers), sent))
            self.send_response(code)
            if code == 302:
                self.send_header("Location", "/v1/elsewhere")
            self.send_header("Content-Length", str(len(body.encode()) + (100 if short else 0)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def answer(llm: ServerLLM, **options) -> Iterator[str]:
    return llm.stream("Tempo: 96 BPM", sampling=Sampling(temperature=0.5, max_new_tokens=7), seed=3, **options)


def test_the_request_carries_prompt_sampling_and_key(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    with serving(said("A ", "waltz.")) as (url, seen):
        llm = ServerLLM(url + "/")
        assert list(answer(llm)) == ["A ", "waltz."]
    [(models_path, headers, _), (path, _, body)] = seen
    assert (models_path, path) == ("/v1/models", "/v1/chat/completions")
    assert headers["Authorization"] == "Bearer secret"
    request = json.loads(body)
    assert request["model"] == "llama"
    assert request["messages"] == [{"role": "user", "content": "Tempo: 96 BPM"}]
    assert (request["temperature"], request["max_tokens"], request["seed"]) == (0.5, 7, 3)
    assert llm.weights == "server:llama"
    assert "secret" not in json.dumps([llm.weights, request])


def test_a_model_behind_the_address_is_taken():
    with serving(said("x")) as (url, seen):
        list(answer(ServerLLM(f"{url}#other")))
    assert [json.loads(body)["model"] for _, _, body in seen] == ["other"]


def test_what_a_terminal_would_act_on_is_taken_out():
    with serving(said("A\x1b[31m red\u00a0\x07waltz\n")) as (url, _):
        assert "".join(answer(ServerLLM(url))) == "A[31m red waltz\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"answer": json.dumps({"error": {"message": "no such model"}}), "status": 404}, "answers 404: no such model"),
        ({"answer": "nginx\x1b[2J says no", "status": 502}, "answers 502: nginx␛.2J says no"),
        ({"answer": "{}", "status": 401}, KEY_VARIABLE),
        ({"answer": "", "status": 302}, "answers 302"),
        ({"answer": 'data: {"error": {"message": "out of memory"}}\n\n'}, "reports: out of memory"),
        ({"answer": "data: {broken\n\n"}, "not OpenAI's protocol"),
        ({"answer": "data: [1, 2]\n\n"}, "not OpenAI's protocol"),
        ({"answer": said("x"), "models": "<html>"}, "not OpenAI's protocol"),
        ({"answer": said("x"), "models": '{"data": []}'}, "has no model"),
    ],
)
def test_a_server_that_misbehaves_is_one_clear_error(options, expected):
    with serving(**options) as (url, _), pytest.raises(ModelError, match=expected):
        list(answer(ServerLLM(url)))


def test_nobody_there_and_a_connection_that_breaks():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with pytest.raises(ModelMissingError, match="cannot be reached"):
            ServerLLM(url)
        with pytest.raises(ModelMissingError, match="cannot be reached"):
            list(answer(ServerLLM(f"{url}#m")))
    pieces: list[str] = []
    events = said("A ").removesuffix("data: [DONE]\n\n")
    with serving(events, short=True) as (url, _), pytest.raises(J2AError, match="cannot be reached"):
        pieces.extend(answer(ServerLLM(url)))


@pytest.mark.parametrize("address", ["http://", "http://me:pw@host/v1", "http://host/v1?key=1"])
def test_addresses_that_cannot_be_used_or_would_store_a_secret(address):
    with pytest.raises(UsageError) as caught:
        ServerLLM(address)
    assert "pw" not in str(caught.value)


def test_a_cancel_does_not_wait_for_a_silent_server():
    with serving(said("late"), wait_s=20) as (url, _):
        llm = ServerLLM(f"{url}#m")
        started = time.monotonic()
        assert list(answer(llm, cancelled=lambda: time.monotonic() > started + 0.2)) == []
        assert time.monotonic() - started < 2


def test_an_answer_without_an_end_is_cut():
    with serving(said(*["word " * 100] * 200)) as (url, _):
        assert len("".join(answer(ServerLLM(url)))) <= 20_000
