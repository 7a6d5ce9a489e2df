"""Which model writes, how it is asked, and whether it is loaded."""

from __future__ import annotations

from collections.abc import Callable

from j2a.backbone import is_server
from j2a.caption import PROMPTS
from j2a.engine.client import Engine
from j2a.engine.messages import Done, Event, Failed, Load, Progress
from j2a.errors import J2AError


class Model:
    """The version and the weights that are used from now on. ``on_problem`` is told why they cannot be loaded."""

    def __init__(
        self, engine: Engine, version: str, backbone: str, on_problem: Callable[[J2AError], None]
    ) -> None:
        self.version = version
        self.backbone = backbone
        self.server = backbone if is_server(backbone) else ""  # stays among the choices
        self.prompt = PROMPTS[0]  # what is asked for: one of the kinds, or an instruction of somebody's own
        self.correct_figures = False  # of what is written from now on
        self.figures = True  # whether captions name BPM, meter, key and chords
        self.state = "starting"
        self.stage = ""
        self._engine = engine
        self._on_problem = on_problem
        self._load_id: int | None = None

    def load(self) -> None:
        """Have the engine load it, so that it is warm when it is needed."""
        self.state, self.stage = "loading", ""
        self._load_id = self._engine.submit(Load(self.version, self.backbone))

    def stopped(self) -> None:
        """The engine is gone; it starts again with the next request."""
        self.state, self._load_id = "stopped", None

    def take(self, event: Event) -> bool:
        """Take in an event of loading; False for any other."""
        if event.request_id != self._load_id:
            return False
        match event:
            case Progress():
                self.stage = event.stage
            case Done():
                self.state, self._load_id = "ready", None
            case Failed():
                self.state, self._load_id = "missing", None
                self._on_problem(J2AError(event.message, event.hint, title=event.title))
        return True
