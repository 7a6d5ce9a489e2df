"""Stand-ins for the engine process and the sound device; the rest of the app is real in these tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

from j2a.caption import Caption
from j2a.engine.messages import (
    Describe,
    Done,
    EngineDied,
    Event,
    Extract,
    Failed,
    FeatureReady,
    Load,
    Piece,
    Progress,
    Request,
)
from j2a.features.record import Chord, Features, Genre, Sound, Tag

BEATS = [round(0.5 * index, 2) for index in range(20)]
MEASURED = Features(
    bpm=120.0, beats=BEATS, downbeats=BEATS[::4], meter="4/4", key="A minor", key_probability=0.93,
    chords=[Chord(0.0, 2.5, "A:min"), Chord(2.5, 5.0, "F:maj"), Chord(5.0, 7.5, "C:maj"), Chord(7.5, 10.0, "G:maj")],
    sound=Sound(-14.2, 13.1, 4.0, 2710, 4.2),
    tags=[Tag("electronic", "style", 0.55), Tag("synthesizer", "instrument", 0.41)],
    genre=Genre("electronic", 0.55, "musicnn"),
)
TEXT = "A steady piece in A minor at 120 BPM, in 4/4, over the chords Am, F, C and G."
CONTRADICTED = "A steady piece in A minor at 120 BPM, in 3/4, over the chords Am, F, C and G."


class FakeEngine:
    """Keeps the requests; the test says what the engine answers, and when."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self.requests: dict[int, Request] = {}
        self.cancelled: list[int] = []
        self.started = self.closed = False

    # The port

    def start(self) -> None:
        self.started = True

    def submit(self, request: Request) -> int:
        request_id = len(self.requests) + 1
        self.requests[request_id] = request
        return request_id

    def cancel(self, request_id: int) -> None:
        self.cancelled.append(request_id)

    def close(self) -> None:
        self.closed = True

    # What the tests do

    def asked(self, kind: type[Request]) -> list[Any]:
        """The requests of one kind, oldest first."""
        return [request for request in self.requests.values() if isinstance(request, kind)]

    def last(self, kind: type[Request]) -> int:
        """The id of the newest request of a kind."""
        return max(request_id for request_id, request in self.requests.items() if isinstance(request, kind))

    def simulate(self, event: Event) -> None:
        """Any event."""
        self._on_event(event)

    def simulate_loaded(self) -> None:
        """The model is in memory."""
        self.simulate(Done(self.last(Load), {"version": "1.0", "backbone": "mini"}))

    def simulate_progress(self, request_id: int, stage: str, fraction: float | None = None) -> None:
        """A stage begins."""
        self.simulate(Progress(request_id, stage, fraction))

    def simulate_features(self, request_id: int, features: Features = MEASURED) -> None:
        """Each feature in turn."""
        for name, value in features.to_json().items():
            if name != "unknown":
                self.simulate(FeatureReady(request_id, name, value, features.unknown.get(name)))

    def simulate_measured(self, features: Features = MEASURED) -> None:
        """The newest measurement is done."""
        request_id = self.last(Extract)
        self.simulate_features(request_id, features)
        self.simulate(Done(request_id, features.to_json(), {"features_s": 1.0}))

    def simulate_pieces(self, request_id: int, text: str) -> None:
        """The caption word by word."""
        for word in text.split(" "):
            self.simulate(Piece(request_id, f" {word}"))

    def simulate_done(self, request_id: int, text: str, features: Features = MEASURED, written: str = "") -> None:
        """The whole caption with its provenance."""
        request = self.requests[request_id]
        assert isinstance(request, Describe)
        layout = "facts-2" if request.figures else "facts-2-no-figures"
        caption = Caption(text, request.version, request.backbone, "0123456789ab", f"{layout}/{request.prompt}",
                          "the prompt", request.seed, request.sampling, features, written)
        self.simulate(Done(request_id, caption.to_json(), {"total_s": 2.5, "new_tokens": 40, "decode_s": 0.5}))

    def simulate_described(self, text: str = TEXT, features: Features = MEASURED) -> None:
        """Everything that follows the newest Describe."""
        request_id = self.last(Describe)
        self.simulate_progress(request_id, "measuring")
        self.simulate_features(request_id, features)
        self.simulate_progress(request_id, "writing")
        self.simulate_pieces(request_id, text)
        self.simulate_done(request_id, text, features)

    def simulate_failed(self, request_id: int, title: str, message: str, hint: str = "") -> None:
        """The request cannot be carried out."""
        self.simulate(Failed(request_id, title, message, hint))

    def simulate_died(self, *lost: int) -> None:
        """The process is gone."""
        for request_id in lost:
            self.simulate(Failed(request_id, "The engine stopped", "It was ended by signal 9.", "Try once more."))
        self.simulate(EngineDied(0, -9, ""))


class FakePlayer:
    """A player whose clock stands still until the test moves it."""

    def __init__(self, reason: str = "") -> None:
        self.reason = reason
        self.available = not reason
        self.playing = False
        self.position_s = 0.0
        self.volume = 1.0
        self.speed = 1.0
        self.device = ""
        self.devices = ["Speakers", "Headphones"]
        self.path: Path | None = None
        self.until_s: float | None = None
        self.again_s: float | None = None
        self.closed = False

    def load(self, path: Path) -> None:
        self.path, self.playing, self.position_s = path, False, 0.0

    def play(self, from_s: float, until_s: float | None, again_s: float | None = None) -> None:
        self.playing, self.position_s, self.until_s, self.again_s = True, from_s, until_s, again_s

    def list_devices(self, answer: Callable[[Sequence[str]], None]) -> None:
        Thread(target=answer, args=[self.devices]).start()

    def pause(self) -> None:
        self.playing = False

    def seek(self, to_s: float) -> None:
        self.position_s = to_s

    def close(self) -> None:
        self.closed = True

    def simulate_at(self, position_s: float) -> None:
        """Sound has come this far."""
        self.position_s = position_s

    def simulate_end(self) -> None:
        """The section has been heard to its end."""
        self.position_s = self.until_s or self.position_s
        self.playing = False


