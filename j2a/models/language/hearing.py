"""A model behind a server that hears: the sound goes to it as ``input_audio``, or as ``audio_url`` where it wants that.

Some servers drop a sound and answer all the same, with a made-up caption. So before anything else a tone is sent, and
the length of the prompt that the server reports must grow by it.
"""

from __future__ import annotations

import base64
import io
import re
import wave
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from j2a.caption import Sampling
from j2a.errors import ModelError
from j2a.models.language.answers import NoWordsError, Told
from j2a.models.language.server import RefusedError, ServerLLM
from j2a.models.language.stats import GenerationStats

SAMPLE_RATE = 16_000  # what all of these models hear
AT_ONCE = 2  # requests under way together: a clip takes much more of a server than a line of text
NOT_HEARD = "The sound is not heard"
_FIRST_S = 300.0  # the clip has to go through an encoder first, and the model into memory
_TONE_S, _TONE_HZ = 5.0, 440.0
_LEAST_TOKENS = 10  # that a tone adds to a prompt: 125 and more where it is heard, 0 where it is dropped
_ANOTHER_FORM = (400, 422, 500)  # what servers answer to a form of sound that they do not know
_TOO_LONG = re.compile(r"context (?:length|size|window)|too (?:long|large|big)|exceed", re.IGNORECASE)
_HINT = "Choose a model that takes sound with --llm-model, or leave out --listen."

Part = dict[str, Any]


def input_audio(sound: str) -> Part:
    """OpenAI's form. ``sound`` is a wav file in base64."""
    return {"type": "input_audio", "input_audio": {"data": sound, "format": "wav"}}


def audio_url(sound: str) -> Part:
    """vLLM's form."""
    return {"type": "audio_url", "audio_url": {"url": f"data:audio/wav;base64,{sound}"}}


FORMS = (input_audio, audio_url)


class HearingLLM(ServerLLM):
    """One model of one server, which takes sound."""

    first_s = _FIRST_S

    def __init__(self, address: str, cancelled: Callable[[], bool] = lambda: False) -> None:
        """As :class:`ServerLLM`. Raises ``ModelError``, too, when the server takes no sound or drops it."""
        super().__init__(address, cancelled)
        self._form: Callable[[str], Part] | None = None  # the one that it takes, once that is known
        self._checked = False
        self.verified = False  # whether it is known that the sound was heard
        self._check(cancelled)

    def hear(
        self,
        sound: bytes,
        prompt: str,
        *,
        sampling: Sampling,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
        stats: GenerationStats | None = None,
    ) -> Iterator[str]:
        """The answer to a sound (a wav file) and a prompt, piece by piece. Raises as :meth:`ServerLLM.stream`."""
        if not self._checked:
            self._check(cancelled)
        told = Told()

        def ask(content: list[Part]) -> Iterator[str]:
            body = self._body(content, sampling, seed)
            return self._pieces(body, cancelled, told)

        try:
            yield from self._written(self._in_its_form(sound, prompt, ask), told, cancelled, stats)
        except NoWordsError:
            raise
        except ModelError:
            self._checked = False  # another one may answer there next time
            raise

    def _in_its_form(
        self, sound: bytes, prompt: str, ask: Callable[[list[Part]], Iterator[str]]
    ) -> Iterator[str]:
        """What ``ask`` gives for the first form of the sound that is taken."""
        data = base64.b64encode(sound).decode("ascii")
        refused: list[str] = []
        for form in (self._form,) if self._form else FORMS:
            try:
                yield from ask([form(data), {"type": "text", "text": prompt}])
            except RefusedError as error:
                if too_long := _TOO_LONG.search(error.said):
                    error.hint = "Choose a shorter section, or give the server a longer context."
                if self._form or too_long or error.code not in _ANOTHER_FORM:
                    raise
                refused.append(f"{error.code} ({error.said or 'nothing more'}) to {form.__name__}")
            else:
                self._form = form
                return
        raise ModelError(f"{self._named()} takes no sound: it answers {' and '.join(refused)}.", _HINT, title=NOT_HEARD)

    def _check(self, cancelled: Callable[[], bool]) -> None:
        """Whether a sound reaches the model. Raises ``ModelError`` when it does not."""
        self._form = None
        self._refuse_declared_deaf(cancelled)
        told, told_without = Told(), Told()
        for _ in self._in_its_form(as_wav(_tone()), "x", lambda content: self._one_word(content, cancelled, told)):
            pass
        for _ in self._one_word("x", cancelled, told_without):
            pass
        self._go_on(cancelled)
        self._checked = True
        if told.prompt_tokens is None or told_without.prompt_tokens is None:
            self.verified = False
            self.note = f"{self._named()} does not say how long its prompts are: nobody knows whether it hears"
            return
        added = told.prompt_tokens - told_without.prompt_tokens
        self.verified = added >= _LEAST_TOKENS
        if not self.verified:
            self._checked = False
            raise ModelError(
                f"{self._named()} answers, but drops the sound: {_TONE_S:.0f} seconds of it made the prompt "
                f"{max(0, added)} tokens longer.", _HINT, title=NOT_HEARD,
            )  # fmt: skip

    def _one_word(
        self, content: str | list[Part], cancelled: Callable[[], bool], told: Told
    ) -> Iterator[str]:
        body = self._body(content, Sampling(max_new_tokens=1), 0)
        return self._pieces(body, cancelled, told)

    def _body(self, content: str | list[Part], sampling: Sampling, seed: int) -> dict[str, Any]:
        return {**super()._body(content, sampling, seed), "stream_options": {"include_usage": True}}

    def _refuse_declared_deaf(self, cancelled: Callable[[], bool]) -> None:
        """llama.cpp and OpenRouter list what a model takes."""
        try:
            entries = self._listed(cancelled)
        except ModelError:  # it lists nothing, which is no fault where the model is named
            return
        for entry in entries:
            about = entry.get("architecture")
            takes = about.get("input_modalities") if isinstance(about, dict) else None
            ours = self._model in (entry.get("id"), *_strings(entry.get("aliases"))) or len(entries) == 1
            if ours and _strings(takes) and "audio" not in _strings(takes):
                raise ModelError(
                    f"{self._named()} takes no sound: the server lists {', '.join(_strings(takes))}.", _HINT,
                    title=NOT_HEARD,
                )  # fmt: skip

    def _named(self) -> str:
        return f"The model {self._model} at {self._url}"


def as_wav(samples: NDArray[np.float32]) -> bytes:
    """Mono samples, float32 (n,) at ``SAMPLE_RATE``, full scale 1.0, as a wav file of 16 bits."""
    whole = np.round(np.clip(np.nan_to_num(samples), -1.0, 1.0) * 32767).astype("<i2")
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(whole.tobytes())
    return target.getvalue()


def _tone() -> NDArray[np.float32]:
    seconds = np.arange(round(_TONE_S * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.3 * np.sin(2 * np.pi * _TONE_HZ * seconds)).astype(np.float32)


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
