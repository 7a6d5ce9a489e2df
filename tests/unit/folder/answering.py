"""Engines that answer as told, without models."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from j2a.engine.client import EngineClient
from j2a.folder import engines

# Each request is answered; `deaths` says at which requests ("Load 1": the first of its kind in all processes) it ends.
ENGINE = """
import json, os, pathlib, sys, time
from j2a.features.record import Features
counts, deaths, words = pathlib.Path(sys.argv[1]), sys.argv[2].split(","), json.loads(sys.argv[3])
for line in sys.stdin.buffer:
    request = json.loads(line)
    kind = request["type"]
    if kind == "Shutdown":
        break
    with (counts / kind).open("a") as file:
        file.write("x")
    number = (counts / kind).stat().st_size
    if f"{kind} {number}" in deaths:
        os._exit(7)
    result = {}
    if kind == "Load":
        time.sleep(0.2)  # much is measured before a model is there
        result = {"weights": "0", "device": "cpu", "precision": "float32"}
    if kind == "Extract":
        told = {"bpm": 160.0, "bpm_sure": True}
        if request["clip"]["start_s"] in (20, 130):
            told = {"bpm": 80.2, "bpm_sure": False}
        result = Features.from_json(told if "song" in request["clip"]["path"] else {}).to_json()
    if kind == "DescribeMany":
        result = {"captions": [{
            "text": words.get(pathlib.Path(clip["path"]).name, "A waltz."), "version": "1.0", "backbone": "mini",
            "weights": "0", "prompt_id": "facts-1/describe", "prompt": "p", "seed": 0,
            "sampling": request["sampling"], "features": features}
            for clip, features in zip(request["clips"], request["features"])]}
    event = {"type": "Done", "request_id": request["id"], "result": result, "stats": {}, "cancelled": False}
    if kind == "Extract" and "promised" in request["clip"]["path"] and request["clip"]["start_s"] >= 20:
        event = {"type": "Failed", "request_id": request["id"], "title": "Audio cannot be read", "message": "No sound.",
                 "hint": "", "exit_code": 4}
    sys.stdout.buffer.write(json.dumps(event).encode() + b"\\n")
    sys.stdout.buffer.flush()
"""


def engines_answer(monkeypatch: pytest.MonkeyPatch, counts: Path, deaths: str = "", words: str = "{}") -> None:
    """Every engine of a run over a folder is one of these; ``counts`` gets a file for each kind of request, as many
    letters long as there were. ``words`` are captions by the name of a file, as JSON."""
    command = [sys.executable, "-c", ENGINE, str(counts), deaths, words]
    monkeypatch.setattr(engines, "EngineClient",
                        lambda told, **options: EngineClient(told, command=command, log_path=options["log_path"]))
