"""A language model behind an OpenAI-compatible server (vLLM, llama.cpp, Ollama, ``transformers serve``).

The server gets J2A-1.0's prompt as the user's message and streams its answer back as server-sent events. What it says
is untrusted: control characters are taken out; its length, its silence and its time are bounded. What a reasoning
model thinks before it answers is left out. A key comes from ``J2A_LLM_KEY`` and goes nowhere but to the server that
was named: redirects are not followed. One that hears too: :mod:`j2a.models.language.hearing`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx2

from j2a.caption import Sampling
from j2a.errors import ModelError, ModelMissingError, UsageError
from j2a.models.language import streamed
from j2a.models.language.answers import LONGEST, NoWordsError, Told, together, without_thoughts
from j2a.models.language.stats import GenerationStats
from j2a.printable import printable

KEY_VARIABLE = "J2A_LLM_KEY"
_MODELS_S = 30.0  # for the list of its models
_AT_ONCE = 8  # requests of one batch under way together
_SHOWN = 300  # characters of what a server says about an error
_HINTS = {
    401: f"Put its key into the environment: {KEY_VARIABLE}=...",
    403: f"Put its key into the environment: {KEY_VARIABLE}=...",
    413: "That is more than it takes: choose a shorter section.",
    429: "It has too much to do: try again later.",
}


class RefusedError(ModelError):
    """An answer that is an error: its HTTP status, and what the server says."""

    def __init__(self, url: str, code: int, said: str) -> None:
        hint = _HINTS.get(code, "Name one of its models with --llm-model, or look into its log.")
        super().__init__(f"The server at {url} answers {code}: {said or 'nothing more'}.", hint)
        self.code = code
        self.said = said


class ServerLLM:
    """One model of one server. Stands where a loaded model stands."""

    device = "server"
    precision = "unknown"
    note = ""
    first_s: float | None = None  # how long its first word may take; None: as any other silence

    def __init__(self, address: str, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Ask the server what it has. ``address``: its URL up to ``/v1``; ``#name`` chooses among several models.

        Raises ``UsageError`` for an address that cannot be used, ``ModelMissingError`` when nobody answers there,
        ``ModelError`` when the answer is an error or no model can be chosen.
        """
        self._url, self._model = _parsed(address)
        self._headers = {"Authorization": f"Bearer {key}"} if (key := os.environ.get(KEY_VARIABLE)) else {}
        if not self._model:
            self._model = self._only_model(cancelled)
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
        """The answer to a prompt, piece by piece. Raises as the constructor does.

        What came before an error has been given by then: the error says whether it is the whole answer.
        """
        told = Told()
        pieces = self._pieces(self._body(prompt, sampling, seed), cancelled, told)
        return self._written(pieces, told, cancelled, stats)

    def _written(
        self, pieces: Iterator[str], told: Told, cancelled: Callable[[], bool], stats: GenerationStats | None
    ) -> Iterator[str]:
        """An answer within bounds, timed. Raises ``NoWordsError`` where it has no words."""
        stats = stats if stats is not None else GenerationStats()
        started, length, text = time.perf_counter(), 0, ""
        stats.stopped = "cancelled"
        for piece in without_thoughts(pieces):
            if not stats.new_tokens:
                stats.prefill_s, started = time.perf_counter() - started, time.perf_counter()
            stats.new_tokens += 1
            stats.decode_s = time.perf_counter() - started
            length += len(piece)
            if length > LONGEST:
                stats.stopped = "length"
                return
            text = text or piece.strip()
            yield piece
        if not cancelled():
            stats.stopped = "length" if told.finish == "length" else "eos"
            if not text:
                raise NoWordsError(
                    f"The server at {self._url} answered without a word.", "Ask again, or look into its log."
                )

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

        asked = [self.stream(prompt, sampling=sampling, seed=seed, cancelled=cancelled) for prompt in prompts]
        return together(asked, _AT_ONCE, stats)

    def _body(self, content: str | list[dict[str, Any]], sampling: Sampling, seed: int) -> dict[str, Any]:
        return {
            "model": self._model,
            "messages": [{"role": "user", "content": content}],
            "stream": True,
            "max_tokens": sampling.max_new_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": seed,
        }

    def _pieces(self, body: dict[str, Any], cancelled: Callable[[], bool], told: Told) -> Iterator[str]:
        """Of one answer; ends early when it is cancelled."""
        came = False
        url = f"{self._url}/chat/completions"
        for line in self._lines("POST", url, cancelled, body):
            if not line.startswith("data:"):
                continue
            data = line.removeprefix("data:").strip()
            if data == "[DONE]":
                return
            if text := self._text_of(data, told):
                came = True
                yield text
        if came and not told.finish and not cancelled():
            raise self._cut()

    def _lines(
        self, method: str, url: str, cancelled: Callable[[], bool], body: Any = None, *,
        total_s: float | None = None,
    ) -> Iterator[str]:  # fmt: skip
        """Of an answer that is none of an error. Raises ``ModelError`` and ``ModelMissingError``."""
        refusal: list[str] = []
        code = httpx2.codes.OK.value
        try:
            for status, line in streamed.lines(
                method, url, headers=self._headers, body=body, cancelled=cancelled, total_s=total_s,
                first_s=self.first_s,
            ):  # fmt: skip
                if status == httpx2.codes.OK:
                    yield line
                else:
                    code = status
                    refusal.append(line)
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error
        except streamed.Broken as error:
            raise self._cut() from error
        except streamed.Overlong as error:
            raise ModelError(
                f"What the server at {self._url} sends {error}.", "It is no answer: look into the server's log."
            ) from error
        if code != httpx2.codes.OK:
            raise self._refused(code, "\n".join(refusal))

    def _text_of(self, data: str, told: Told) -> str:
        """What one event adds to the answer. Raises ``ModelError`` for one that is none."""
        try:
            event = json.loads(data)
            if event.get("error"):
                raise ModelError(f"The server at {self._url} reports: {_message(event)}", "Look into its log.")
            [choice] = (event.get("choices") or [{}])[:1]
            text = (choice.get("delta") or {}).get("content")
            if (finish := choice.get("finish_reason")) is not None:
                told.finish = str(finish) or "stop"
            if isinstance(count := (event.get("usage") or {}).get("prompt_tokens"), int):
                told.prompt_tokens = count
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
            raise self._foreign() from error
        if not isinstance(text, str | None):
            raise ModelError(
                f"The server at {self._url} answered with something that is not text.",
                "Choose another of its models with --llm-model.",
            )
        return "".join(
            char if char.isprintable() or char == "\n" else " " if char.isspace() else "" for char in text or ""
        )

    def _only_model(self, cancelled: Callable[[], bool]) -> str:
        """The model that the server offers first."""
        entries = self._listed(cancelled)
        if not entries:
            raise ModelError(f"The server at {self._url} has no model.", "Load one there, and try again.")
        name = entries[0].get("id")
        if not isinstance(name, str) or not name.strip():
            raise self._foreign()
        return name

    def _listed(self, cancelled: Callable[[], bool]) -> list[dict[str, Any]]:
        """What the server says about its models, one entry each."""
        told = "\n".join(self._lines("GET", f"{self._url}/models", cancelled, total_s=_MODELS_S))
        self._go_on(cancelled)
        try:
            entries = json.loads(told)["data"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._foreign() from error
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise self._foreign()
        return entries

    def _go_on(self, cancelled: Callable[[], bool]) -> None:
        if cancelled():
            raise ModelError("The server was not waited for.", title="Stopped")

    def _refused(self, code: int, text: str) -> RefusedError:
        try:
            said = _message(json.loads(text))
        except (ValueError, RecursionError):
            said = printable(text.strip()[:_SHOWN])
        return RefusedError(self._url, code, said)

    def _unreachable(self, error: httpx2.HTTPError) -> ModelMissingError:
        why = "did not answer in time" if isinstance(error, httpx2.TimeoutException) else f"cannot be reached ({error})"
        return ModelMissingError(
            f"the server at {self._url} {why}.", "Start it, or check the address: it ends in /v1 with most servers."
        )

    def _cut(self) -> ModelError:
        return ModelError(
            f"The connection to the server at {self._url} broke off in the middle of its answer.",
            "Ask again; what came of it is not the whole caption.",
            title="The answer was cut off",
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
