"""What the engine can do. Heavy imports happen inside the jobs, so that the process itself is up in a moment."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from j2a import paths
from j2a.cache import Cache
from j2a.clip import Clip
from j2a.engine.messages import (
    EMPTY,
    Describe,
    DescribeMany,
    Done,
    Event,
    Extract,
    FeatureReady,
    Inspect,
    Load,
    Look,
    Piece,
    Progress,
    Request,
)
from j2a.errors import ModelError
from j2a.features.corrections import Corrections
from j2a.features.record import DETAILS, FEATURE_NAMES, Engine, Features
from j2a.records import asdict
from j2a.settings import settings_path

if TYPE_CHECKING:
    from j2a.models.captioner import Captioner

Emit = Callable[[Event], None]
Cancelled = Callable[[], bool]


class Jobs:
    """The loaded captioner, what was measured before, and one method per request."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._captioner: Captioner | None = None
        self._loaded: tuple[str, str] | None = None
        self._cache = Cache()

    def run(self, request_id: int, request: Request, cancelled: Cancelled) -> Event:
        """Do one request and return its last event. Raises what goes wrong."""
        match request:
            case Load():
                captioner, load_s = self._load(request_id, request.version, request.backbone, cancelled)
                if request.measures:
                    from j2a.features.warm_up import warm_up

                    warm_up()
                return Done(
                    request_id,
                    {
                        "version": captioner.version,
                        "backbone": captioner.backbone,
                        "weights": captioner.weights,
                        "device": captioner.llm.device,
                        "precision": captioner.llm.precision,
                        "note": captioner.llm.note,
                    },
                    {"load_s": load_s},
                )
            case Extract():
                features, features_s = self._features(request_id, request.clip, request.features_engine, cancelled)
                return Done(request_id, features.to_json(), {"features_s": features_s}, cancelled())
            case Look():
                return self._look(request_id, request, cancelled)
            case Describe():
                return self._describe(request_id, request, cancelled)
            case DescribeMany():
                return self._describe_many(request_id, request, cancelled)
            case Inspect():
                return Done(request_id, {"rows": inspect(request.what, request.server)})
        raise TypeError(f"{type(request).__name__} is not a job")

    def _describe(self, request_id: int, request: Describe, cancelled: Cancelled) -> Event:
        started = time.perf_counter()
        features, features_s = self._features(request_id, request.clip, request.features_engine, cancelled)
        stats: dict[str, Any] = {"features_s": features_s}
        if cancelled():
            return Done(request_id, {}, stats, cancelled=True)
        captioner, stats["load_s"] = self._load(request_id, request.version, request.backbone, cancelled)
        corrections = Corrections.from_json(request.corrections)
        self._emit(Progress(request_id, "writing"))
        first_piece_s = None
        for piece in captioner.stream(
            request.clip,
            prompt=request.prompt,
            sampling=request.sampling,
            seed=request.seed,
            correct_figures=request.correct_figures,
            figures=request.figures,
            features=corrections.applied(features, request.clip),
            cancelled=cancelled,
        ):
            if first_piece_s is None:
                first_piece_s = time.perf_counter() - started
            self._emit(Piece(request_id, piece))
        assert captioner.caption is not None
        captioner.caption.text = captioner.caption.text.strip()
        captioner.caption.features = features  # as measured: corrections may be taken back
        if not captioner.caption.text and not cancelled():
            raise ModelError(EMPTY, "Ask for another variant, in another way, or use another version.")
        stats |= {**captioner.stats, "first_piece_s": first_piece_s, "total_s": time.perf_counter() - started}
        return Done(request_id, captioner.caption.to_json(), stats, cancelled())

    def _describe_many(self, request_id: int, request: DescribeMany, cancelled: Cancelled) -> Event:
        started = time.perf_counter()
        captioner, load_s = self._load(request_id, request.version, request.backbone, cancelled)
        captions = captioner.describe_many(
            request.clips,
            [Features.from_json(measured) for measured in request.features],
            prompt=request.prompt,
            sampling=request.sampling,
            seed=request.seed,
            correct_figures=request.correct_figures,
            figures=request.figures,
            cancelled=cancelled,
        )
        stats = {"load_s": load_s, **captioner.stats, "total_s": time.perf_counter() - started}
        if cancelled():
            return Done(request_id, {}, stats, cancelled=True)
        return Done(request_id, {"captions": [caption.to_json() for caption in captions]}, stats)

    def _look(self, request_id: int, request: Look, cancelled: Cancelled) -> Event:
        started = time.perf_counter()
        from j2a.features import looks

        drawn = looks.remembered_look(request.clip, request.kind, request.columns, self._cache, cancelled)
        stats = {"look_s": time.perf_counter() - started}
        return Done(request_id, drawn.to_json() if drawn is not None else {}, stats, cancelled=drawn is None)

    def _load(
        self, request_id: int, version: str, backbone: str, cancelled: Cancelled
    ) -> tuple[Captioner, float]:
        if self._captioner is not None and self._loaded == (version, backbone):
            return self._captioner, 0.0
        self._emit(Progress(request_id, "loading the model"))
        started = time.perf_counter()
        from j2a.models import registry

        self._captioner = self._loaded = None  # the old one's memory first
        self._captioner = registry.load(version, backbone, cancelled)
        self._loaded = (version, backbone)
        if note := self._captioner.llm.note:
            self._emit(Progress(request_id, note))
        return self._captioner, time.perf_counter() - started

    def _features(self, request_id: int, clip: Clip, engine: Engine, cancelled: Cancelled) -> tuple[Features, float]:
        """Measured features, from the cache when they were measured before; emits each one."""
        started = time.perf_counter()
        from j2a.features import remembered

        def report(name: str, value: Any, reason: str | None) -> None:
            self._emit(FeatureReady(request_id, name, value, reason))

        key = remembered.key(clip, engine)
        known = remembered.find(self._cache, key)
        if known is not None:
            values = known.to_json()
            for name in (one for one in (*FEATURE_NAMES, *DETAILS) if one in values):
                report(name, values[name], known.unknown.get(name))
            return known, time.perf_counter() - started
        self._emit(Progress(request_id, "measuring"))
        from j2a import features as extraction

        with _one_thread():
            measured = extraction.extract(clip, engine=engine, on_feature=report, cancelled=cancelled)
        features = _witnessed(measured, clip.path, report)
        if not cancelled() and key == remembered.key(clip, engine):
            remembered.keep(self._cache, key, features)
        return features, time.perf_counter() - started


def _witnessed(measured: Features, path: Path, report: Callable[[str, Any, str | None], None]) -> Features:
    """What was measured, beside what the file's own tags say; what changes by that is told."""
    from j2a.features.file_tags import witnessed
    from j2a.formats.values import bpm_in, key_in
    from j2a.tags import read_figures

    bpm, key = read_figures(path)
    if not (bpm or key):
        return measured
    features = witnessed(measured, bpm_in(bpm), key_in(key) or None)
    before, values = measured.to_json(), features.to_json()
    for name in (*FEATURE_NAMES, *DETAILS):
        if values.get(name) != before.get(name):
            report(name, values.get(name), features.unknown.get(name))
    return features


@contextmanager
def _one_thread() -> Iterator[None]:
    """A clip is measured on one thread, even where a large language model was given more."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def inspect(what: str, server: str = "") -> list[dict[str, Any]]:
    """Rows of a report: "models", "doctor" or "paths"."""
    if what == "models":
        from j2a.models import registry

        return [asdict(row) for row in registry.models(server)]
    if what == "doctor":
        from j2a.engine import doctor

        return [asdict(check) for check in doctor.checks()]
    if what == "paths":
        return [
            {"name": name, "path": str(path)}
            for name, path in (
                ("captions", paths.store_path()),
                ("models", paths.models_dir()),
                ("built-in model", paths.builtin_model_dir()),
                ("cache", paths.cache_dir()),
                ("settings", settings_path()),
                ("engine log", paths.engine_log_path()),
                ("app log", paths.app_log_path()),
            )
        ]
    raise ValueError(f"nothing to inspect under {what!r}")
