"""Typed messages between the callers and the engine process, one JSON object a line on the pipe.

Requests go to the engine, events come back; each carries the id of the request it belongs to.
"""

from __future__ import annotations

import json
from dataclasses import field
from pathlib import Path
from typing import Any

from j2a.caption import Sampling
from j2a.clip import Clip
from j2a.errors import ExitCode, J2AError
from j2a.features.record import Engine, LookKind
from j2a.records import asdict, dataclass

EMPTY = "The model wrote no words."  # a caption without words is none


@dataclass(frozen=True, slots=True)
class Load:
    """Bring a version's models into memory, and those that measure, unless this engine only writes."""

    version: str = "1.0"
    backbone: str = "mini"
    measures: bool = True


@dataclass(frozen=True, slots=True)
class Extract:
    """Measure the features of a clip (unless measured before)."""

    clip: Clip
    features_engine: Engine = "fast"  # "madmom": by madmom itself, much slower


@dataclass(frozen=True, slots=True)
class Look:
    """Draw a clip as a "mel" spectrogram or a "chroma"-gram, in at most ``columns`` columns (unless drawn before)."""

    clip: Clip
    kind: LookKind
    columns: int


@dataclass(frozen=True, slots=True)
class Describe:
    """Measure a clip (unless measured before) and describe it."""

    clip: Clip
    version: str = "1.0"
    backbone: str = "mini"
    prompt: str = ""  # instruction to the LLM; "" is the version's default
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    features_engine: Engine = "fast"
    correct_figures: bool = False  # put measured figures in place of wrong ones
    figures: bool = True  # whether the caption names any
    corrections: dict[str, Any] = field(default_factory=dict)  # of the file, as ``Corrections.to_json()``


@dataclass(frozen=True, slots=True)
class DescribeMany:
    """Describe several clips that were measured before, together."""

    clips: list[Clip]
    features: list[dict[str, Any]]  # of each clip, as ``Features.to_json()``
    version: str = "1.0"
    backbone: str = "mini"
    prompt: str = ""
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    correct_figures: bool = False
    figures: bool = True


@dataclass(frozen=True, slots=True)
class Inspect:
    """Ask what is there: "models", "doctor" or "paths"."""

    what: str
    server: str = ""  # the address of one that may write, to be among the models


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop a request, waiting or running."""

    request_id: int


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Finish and leave."""


Request = Load | Extract | Look | Describe | DescribeMany | Inspect | Cancel | Shutdown


@dataclass(frozen=True, slots=True)
class Progress:
    """A stage began or moved on. ``fraction`` is in [0, 1], or ``None`` where it is not known."""

    request_id: int
    stage: str
    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class FeatureReady:
    """One feature is known. ``value`` is its JSON form in ``Features``; ``None`` or empty with a ``reason``."""

    request_id: int
    name: str
    value: Any
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of the caption."""

    request_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The request is finished. ``result`` is the caption (Describe), captions (DescribeMany), features (Extract),
    picture (Look: kind, rows, columns, and levels, a byte each in base64), or report as JSON types;
    ``stats`` are timings in seconds and counts; ``cancelled`` says that it was stopped by ``Cancel``."""

    request_id: int
    result: dict[str, Any] = field(default_factory=dict)
    stats: dict[str, Any] = field(default_factory=dict)
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The request failed; the engine goes on."""

    request_id: int
    title: str
    message: str
    hint: str = ""
    exit_code: int = 1

    def as_error(self) -> J2AError:
        """The error that the engine met, for callers that raise it."""
        error = J2AError(self.message, self.hint, title=self.title)
        error.exit_code = ExitCode(self.exit_code)
        return error


@dataclass(frozen=True, slots=True)
class Alive:
    """A request is being worked at. Sent every few seconds meanwhile, and kept by the client to itself."""

    request_id: int


@dataclass(frozen=True, slots=True)
class EngineDied:
    """The engine process is gone; every open request got a ``Failed`` before this. Made by the client.
    The next request starts a new engine."""

    request_id: int  # always 0: it belongs to no request
    returncode: int | None
    last_words: str  # the end of the engine's log


Event = Progress | FeatureReady | Piece | Done | Failed | Alive | EngineDied

_REQUESTS: dict[str, type[Request]] = {
    cls.__name__: cls for cls in (Load, Extract, Look, Describe, DescribeMany, Inspect, Cancel, Shutdown)
}
_EVENTS: dict[str, type[Event]] = {
    cls.__name__: cls for cls in (Progress, FeatureReady, Piece, Done, Failed, Alive)
}
_KINDS: dict[str, type] = {
    "request_id": int, "exit_code": int, "cancelled": bool, "result": dict, "stats": dict,
    **dict.fromkeys(("stage", "name", "text", "title", "message", "hint"), str),
}  # fmt: skip


def encode_request(request_id: int, request: Request) -> bytes:
    """One request as a line of JSON."""
    return _line({"id": request_id, "type": type(request).__name__, **_fields(request)})


def decode_request(line: bytes) -> tuple[int, Request]:
    """The inverse of :func:`encode_request`."""
    data = json.loads(line)
    request_id, name = data.pop("id"), data.pop("type")
    if "clip" in data:
        data["clip"] = Clip(**data["clip"])
    if "clips" in data:
        data["clips"] = [Clip(**clip) for clip in data["clips"]]
    if "sampling" in data:
        data["sampling"] = Sampling(**data["sampling"])
    return request_id, _REQUESTS[name](**data)


def encode_event(event: Event) -> bytes:
    """One event as a line of JSON."""
    return _line({"type": type(event).__name__, **_fields(event)})


def decode_event(line: bytes) -> Event:
    """The inverse of :func:`encode_event`. Raises ``ValueError`` for a line that it did not write, or not whole."""
    if not line.endswith(b"\n"):
        raise ValueError("a line is cut")
    try:
        data = json.loads(line)
        event = _EVENTS[data.pop("type")](**data)
        if isinstance(event, Failed):
            ExitCode(event.exit_code)  # there are only those
        wrong = [name for name, value in data.items() if not isinstance(value, _KINDS.get(name, object))]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"a line is no event: {type(error).__name__}") from error
    if wrong:
        raise ValueError(f"{type(event).__name__} has a strange {wrong[0]}")
    return event


def _fields(message: Request | Event) -> dict[str, Any]:
    """Its values, not copied: features are thousands."""
    return {name: getattr(message, name) for name in type(message).__dataclass_fields__}


def _line(data: dict[str, Any]) -> bytes:
    def plain(value: Any) -> Any:
        if isinstance(value, Path):
            return str(value)
        if isinstance(value, Clip | Sampling):
            return asdict(value)
        raise TypeError(f"{type(value).__name__} cannot cross the pipe")

    return json.dumps(data, default=plain, allow_nan=False).encode() + b"\n"
