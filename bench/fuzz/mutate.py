"""Inputs made of inputs: bytes that are turned, and JSON whose values are replaced by odd ones. The same for a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

_HERE = "@here@"
_ODD = (
    "null", "true", "0", "-1", "1e999", "-0.5", "NaN", "9" * 400, '""', '"\\u0000"', '"\\ud800"', '"\\u001b[2J"',
    '"../x"', '"/"', "[]", "{}", "[[]]", '{"a": null}', '"accepted"', '"1"', "[" * 100_000 + "]" * 100_000,
    "1e-320", "2.5",
)  # fmt: skip


def mutated(data: bytes, rng: random.Random, tokens: Sequence[bytes] = ()) -> bytes:
    """Another input: for JSON mostly one value of it is another."""
    if rng.random() < 0.7 and (changed := _odd_json(data, rng)) is not None:
        return changed
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        _turn(changed, rng, tokens)
    return bytes(changed)


def _turn(changed: bytearray, rng: random.Random, tokens: Sequence[bytes]) -> None:
    at = rng.randrange(len(changed) + 1)
    length = rng.choice((1, 1, 2, 4, 8, 64))
    match rng.randrange(8):
        case 0 if at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        case 1:
            del changed[at : at + length]
        case 2:
            changed[at:at] = changed[at : at + length]
        case 3:
            changed[at : at + 4] = rng.choice((2**32 - 1, 2**31 - 1, 0, 1)).to_bytes(4, rng.choice(("big", "little")))
        case 4:
            changed[at : at + 1] = rng.choice((b"\xff", b"\0", b"\n", b'"', b"-", b"\x7f"))
        case 5 if rng.random() < 0.3:
            del changed[at:]
        case 6:
            changed[at:at] = rng.randbytes(length)
        case _ if tokens:
            changed[at : at + rng.choice((0, length))] = rng.choice(tokens)


def _odd_json(data: bytes, rng: random.Random) -> bytes | None:
    """The same JSON, of one line or with one of several lines, behind a first byte or not, with an odd value in it."""
    for start in (0, 1):
        lines = data[start:].split(b"\n")
        for number in rng.sample(range(len(lines)), len(lines)):
            try:
                value = json.loads(lines[number])
            except (ValueError, RecursionError):
                continue
            places = list(_places(value))
            if places:
                holder, key = rng.choice(places)
                _replace(holder, key, rng)
                text = json.dumps(value).replace(json.dumps(_HERE), rng.choice(_ODD))
                lines[number] = text.encode()
                return data[:start] + b"\n".join(lines)
    return None


def _replace(holder: Any, key: Any, rng: random.Random) -> None:
    if rng.random() < 0.15:
        del holder[key]
    elif rng.random() < 0.1 and isinstance(holder, dict):
        holder[f"{key}x"] = holder.pop(key)
    else:
        holder[key] = _HERE


def _places(value: Any) -> Any:
    """Each holder and key in a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)
