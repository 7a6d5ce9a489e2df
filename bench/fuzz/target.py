"""What a target of the fuzzing is, and what all of them hold to be right."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from j2a.errors import J2AError
from j2a.printable import printable

NAMES = (
    "audio", "engine", "features", "flax", "forms", "lists", "models", "mwmae", "run", "server", "settings", "sheet",
    "store", "table", "template", "words",
)  # fmt: skip
"""Each is a module of ``bench.fuzz.targets``."""

_STEERS = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0x202E)))


@dataclass(frozen=True, slots=True)
class Target:
    """One parser, or a family of them.

    ``attempt`` reads the input, in a folder that it may write to, and returns, or raises what it found wrong with the
    parser: any error but the documented ones, which it catches. ``seeds`` are small valid examples.
    """

    attempt: Callable[[bytes, Path], None]
    seeds: Callable[[Path], list[bytes]]
    tokens: Sequence[bytes] = ()  # words of the format
    longest: int = 4096  # bytes of an input


def load(name: str) -> Target:
    """The target of a name."""
    found: Target = importlib.import_module(f"bench.fuzz.targets.{name}").TARGET
    return found


def told(error: J2AError) -> None:
    """Hold that an error can be shown: it says something, and nothing in it steers a terminal."""
    text = printable(str(error))
    assert error.message.strip(), "an error without a message"
    assert _STEERS.isdisjoint(text), f"unprintable: {text!r}"
    text.encode()


def chosen(data: bytes, files: Sequence[str]) -> tuple[str, bytes]:
    """Which of several files an input is, by its first byte, and what stands in it."""
    return files[data[0] % len(files) if data else 0], data[1:]


def as_choice(number: int, content: bytes) -> bytes:
    """The input that :func:`chosen` takes apart."""
    return bytes([number]) + content
