"""A captioner behind a server that hears the clip itself, such as MOSS-Music or Qwen3-Omni-Captioner."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from j2a import audio
from j2a import features as feature_extraction
from j2a.audio.decode import duration_s
from j2a.audio.silence import SILENCE_PEAK
from j2a.backbone import LISTENING
from j2a.clip import Clip
from j2a.errors import AudioError, UsageError
from j2a.features.record import Features
from j2a.models.captioner import SILENCE, Captioner, Decoding
from j2a.models.language.answers import together
from j2a.models.language.hearing import AT_ONCE, SAMPLE_RATE, HearingLLM, as_wav
from j2a.models.prompts import Prompt, Wish, build_listening_prompt

LENGTH_VARIABLE = "J2A_LISTEN_S"
UNVERIFIED = f"{LISTENING}-unverified"  # the version, where nobody knows whether the server heard the clip
_USUAL_S = 29.9  # what every known model hears whole: Qwen2-Audio drops what comes after 30 s without a word
_LONGEST_S = 600.0  # vLLM's limit
_LEFT_OUT_S = 1.0  # clips of half a minute have a frame more than that, or less; nothing is lost by it


class Listening(Captioner):
    """The clip goes to the server as sound, with what was measured as text."""

    def __init__(self, llm: HearingLLM, backbone: str) -> None:
        super().__init__(llm, backbone, llm.weights)
        self._ear = llm
        self.version = LISTENING if llm.verified else UNVERIFIED

    def _measure(self, clip: Clip, cancelled: Callable[[], bool]) -> Features:
        return feature_extraction.extract(clip, cancelled=cancelled)

    def _ask(self, clip: Clip, features: Features, wish: Wish, how: Decoding) -> Prompt:
        return build_listening_prompt(features, wish)

    def _pieces(self, clip: Clip, asked: Prompt, how: Decoding) -> Iterator[str]:
        sound = sound_of(clip)
        if sound is None:
            yield SILENCE
        else:
            yield from self._ear.hear(sound, asked.text, **how)

    def _texts(self, clips: Sequence[Clip], asked: Sequence[Prompt], how: Decoding) -> list[str]:
        alone: Decoding = {**how, "stats": type(how["stats"])()}  # several at once cannot be timed in one
        answers = [self._pieces(clip, one, alone) for clip, one in zip(clips, asked, strict=True)]
        return together(answers, AT_ONCE, how["stats"])


def sound_of(clip: Clip) -> bytes | None:
    """The clip as a server takes it: a wav file, mono, 16 kHz; ``None`` where it is silent throughout.

    Raises ``AudioError``, also for a clip that is longer than what servers hear.
    """
    longest_s = _longest_s()
    length_s = duration_s(clip)
    if length_s > longest_s + _LEFT_OUT_S:
        raise AudioError(
            f"the section of {clip.path.name} is {length_s:.1f} s long, and a server is sent {longest_s:g} s at most.",
            f"Choose a shorter one (--end, or --window), or, for a server that hears more, {LENGTH_VARIABLE}=SECONDS.",
            title="Too long to be heard",
        )
    samples = audio.load(clip, SAMPLE_RATE)[: round(longest_s * SAMPLE_RATE)]
    return as_wav(samples) if np.abs(samples).max() >= SILENCE_PEAK else None


def _longest_s() -> float:
    """Raises ``UsageError``."""
    said = os.environ.get(LENGTH_VARIABLE, "") or str(_USUAL_S)
    try:
        seconds = float(said)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST_S:
        raise UsageError(f"{LENGTH_VARIABLE}={said} is no length.", f"Seconds, {_LONGEST_S:g} at most.")
    return seconds
