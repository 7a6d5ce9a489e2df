"""Answers of a model behind a server: what they say of themselves, several at once, and without the thoughts."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from j2a.errors import ModelError
from j2a.models.language.stats import GenerationStats
from j2a.records import dataclass

LONGEST = 20_000  # characters of an answer
_THOUGHTS = ("<think>", "</think>")


class NoWordsError(ModelError):
    """An answer that is whole, and empty."""


@dataclass(slots=True)
class Told:
    """What an answer says about itself."""

    finish: str = ""  # why it ended: "stop", "length"; "" while it has not
    prompt_tokens: int | None = None  # None where the server does not count, or was not asked to


def together(answers: Sequence[Iterator[str]], at_once: int, stats: GenerationStats | None = None) -> list[str]:
    """Several answers, whole, a few of them asked for at once; "" for one without words. Raises what they raise."""

    def whole(pieces: Iterator[str]) -> str:
        with contextlib.suppress(NoWordsError):  # the others' answers are worth having
            return "".join(pieces)
        return ""

    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        texts = list(pool.map(whole, answers))
    if stats is not None:
        stats.decode_s = time.perf_counter() - started
    return texts


def without_thoughts(pieces: Iterator[str]) -> Iterator[str]:
    """An answer without ``<think>...</think>`` at its beginning."""
    opened, closed = _THOUGHTS
    begun = ""
    for piece in pieces:
        begun += piece
        start = begun.lstrip()[: len(opened)]
        if not opened.startswith(start):
            yield begun
            yield from pieces
            return
        if closed in begun:
            yield begun.partition(closed)[2].lstrip()
            yield from pieces
            return
        if len(begun) > LONGEST:
            return
    if begun.strip() and not begun.lstrip().startswith(opened):
        yield begun
