"""A language model behind an OpenAI-compatible server (vLLM, llama.cpp, Ollama, ``transformers serve``).

The server gets J2A-1.0's prompt as the user's message and streams its answer back as server-sent events. What it says
is untrusted: control characters are taken out and its length is bounded. A key comes from ``J2A_LLM_KEY`` and goes
nowhere but to the server that was named: redirects are not followed.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx2

from j2a.caption import Sampling
from j2a.errors import J2AError, ModelError, ModelMissingError, UsageError
from j2a.models.language.generation import GenerationStats
from j2a.printable import printable

KEY_VARIABLE = "J2A_LLM_KEY"
_TIMEOUT = httpx2.Timeout(120.0, connect=5.0)  # seconds; a server may have to load its model first
_AT_ONCE = 8  # requests of one batch under way together
_LONGEST = 20_000  # characters of an answer
_POLL_S = 0.05
_SHOWN = 300  # characters of what a server says about an error


def is_server(backbone: str) -> bool:
    """Whether a backbone is the address of a server: ``http://host:port/v1``, with ``#model`` behind it or not."""
    return backbone.startswith(("http://", "https://"))


class ServerLLM:
    """One model of one server. Stands where a loaded model stands."""

    device = "server"
    precision = "unknown"
    note = ""

    def __init__(self, address: str) -> None:
        """Ask the server what it has. ``address``: its URL up to ``/v1``; ``#name`` chooses among several models.

        Raises ``UsageError`` for an address that cannot be used, ``ModelMissingError`` when nobody answers there,
        ``ModelError`` when the answer is an error or no model can be chosen.
        """
        self._url, self._model = _parsed(address)
        self._headers = {"Authorization": f"Bearer {key}"} if (key := os.environ.get(KEY_VARIABLE)) else {}
        if not self._model:
            self._model = self._only_model()
        self.weights = f"server:{self._model}"

    def stream(
        self,
        prompt: str,
        *,
        sampling: Sampling,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
        stats: GenerationStats | None = None,
    ) -> Iterator[str]:
        """The answer to a prompt, piece by piece. Raises as the constructor does."""
        stats = stats if stats is not None else GenerationStats()
        pieces: queue.SimpleQueue[str | J2AError | None] = queue.SimpleQueue()
        started, length = time.perf_counter(), 0
        with httpx2.Client(headers=self._headers, timeout=_TIMEOUT) as client:
            # On a thread of its own, so that a cancel is seen while the server says nothing.
            body = self._body(prompt, sampling, seed)
            threading.Thread(target=self._read, args=(client, body, pieces), daemon=True).start()
            while True:
                if cancelled():
                    stats.stopped = "cancelled"
                    return
                try:
                    piece = pieces.get(timeout=_POLL_S)
                except queue.Empty:
                    continue
                if isinstance(piece, J2AError):
                    raise piece
                if piece is None:
                    stats.stopped = "eos"
                    return
                if not stats.new_tokens:
                    stats.prefill_s, started = time.perf_counter() - started, time.perf_counter()
                stats.new_tokens += 1
                stats.decode_s = time.perf_counter() - started
                length += len(piece)
                if length > _LONGEST:
                    stats.stopped = "length"
                    return
                yield piece

    def answers(
        self,
        prompts: Sequence[str],
        *,
        sampling: Sampling,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
        stats: GenerationStats | None = None,
    ) -> list[str]:
        """The answers to several prompts; a few are asked at once, which servers make into batches."""

        def whole(prompt: str) -> str:
            return "".join(self.stream(prompt, sampling=sampling, seed=seed, cancelled=cancelled))

        started = time.perf_counter()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            texts = list(pool.map(whole, prompts))
        if stats is not None:
            stats.decode_s = time.perf_counter() - started
        return texts

    def _body(self, prompt: str, sampling: Sampling, seed: int) -> dict[str, Any]:
        return {
            "model": self._model,
            "messages": [{"role": "user", "content": prompt}],
            "stream": True,
            "max_tokens": sampling.max_new_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": seed,
        }

    def _read(
        self, client: httpx2.Client, body: dict[str, Any], pieces: queue.SimpleQueue[str | J2AError | None]
    ) -> None:
        try:
            with client.stream("POST", f"{self._url}/chat/completions", json=body) as response:
                if response.status_code != httpx2.codes.OK:
                    response.read()
                    raise self._refused(response)
                for line in response.iter_lines():
                    if not line.startswith("data:"):
                        continue
                    data = line.removeprefix("data:").strip()
                    if data == "[DONE]":
                        break
                    if text := self._text_of(data):
                        pieces.put(text)
            pieces.put(None)
        except J2AError as error:
            pieces.put(error)
        except httpx2.HTTPError as error:
            pieces.put(self._unreachable(error))
        except RuntimeError:  # the client was closed: the request was cancelled
            pieces.put(None)

    def _text_of(self, data: str) -> str:
        """What one event adds to the answer. Raises ``ModelError`` for an event that is an error, or none at all."""
        try:
            event = json.loads(data)
            if event.get("error"):
                raise ModelError(f"The server at {self._url} reports: {_message(event)}", "Look into its log.")
            choices = event.get("choices") or [{}]
            text = (choices[0].get("delta") or {}).get("content") or ""
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise self._foreign() from error
        return "".join(
            char if char.isprintable() or char == "\n" else " " if char.isspace() else "" for char in str(text)
        )

    def _only_model(self) -> str:
        """The model that the server offers first."""
        try:
            response = httpx2.get(f"{self._url}/models", headers=self._headers, timeout=_TIMEOUT)
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error
        if response.status_code != httpx2.codes.OK:
            raise self._refused(response)
        try:
            names = [str(entry["id"]) for entry in response.json()["data"]]
        except (ValueError, KeyError, TypeError) as error:
            raise self._foreign() from error
        if not names:
            raise ModelError(f"The server at {self._url} has no model.", "Load one there, and try again.")
        return names[0]

    def _refused(self, response: httpx2.Response) -> ModelError:
        code = response.status_code
        try:
            said = _message(response.json())
        except ValueError:
            said = printable(response.text.strip()[:_SHOWN])
        if code in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
            hint = f"Put its key into the environment: {KEY_VARIABLE}=..."
        else:
            hint = "Name one of its models with --llm-model, or look into its log."
        return ModelError(f"The server at {self._url} answers {code}: {said or 'nothing more'}.", hint)

    def _unreachable(self, error: httpx2.HTTPError) -> ModelMissingError:
        why = "did not answer in time" if isinstance(error, httpx2.TimeoutException) else f"cannot be reached ({error})"
        return ModelMissingError(
            f"the server at {self._url} {why}.", "Start it, or check the address: it ends in /v1 with most servers."
        )

    def _foreign(self) -> ModelError:
        return ModelError(
            f"What the server at {self._url} answers is not OpenAI's protocol.",
            "Check the address: it ends in /v1 with most servers.",
        )


def _parsed(address: str) -> tuple[str, str]:
    """URL without a slash at its end, and the model named behind ``#`` or "". Raises ``UsageError``."""
    parts = urlsplit(address)
    if not parts.hostname or parts.query:
        raise UsageError(f"{address} is no address of a server.", "Write it like http://localhost:11434/v1")
    if parts.username is not None or parts.password is not None:
        # The address is written into every caption's provenance.
        raise UsageError("an address with a password in it would be stored.", f"Put the key into {KEY_VARIABLE}.")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/"), parts.fragment


def _message(body: Any) -> str:
    """The error in a server's answer: OpenAI's form, FastAPI's, or whatever it is."""
    error = body.get("error", body.get("detail", body)) if isinstance(body, dict) else body
    text = error.get("message", error) if isinstance(error, dict) else error
    return printable(str(text)[:_SHOWN]).rstrip(".")
