"""What a training keeps beside its work: the run's record and state, logs, statuses, cards, heads' settings."""

from __future__ import annotations

import functools
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from bench.fuzz.target import Target, as_choice, chosen, told
from j2a.errors import J2AError
from training.datasets.shards import Measured, write_index, write_shard
from training.download.folder import StatusFile
from training.ground.log import RunLog, read_log
from training.ground.run_folder import RunFolder, State
from training.prepare.card import read_card, write_card

FILES = ("run.json", "last/state.json", "log.jsonl", "status.jsonl", "card.json", "measured/index.json")


_NO_OPTIMIZER: Any = None  # without parameters none is asked


class _Nothing:
    """A student that keeps nothing."""

    def save(self, folder: Path, *, whole: bool) -> None:
        """It has nothing to write."""

    def restore(self, folder: Path) -> None:
        """It has nothing to take."""


def attempt(data: bytes, folder: Path) -> None:
    """One file as a crash or another hand left it: gone on with, mended, or refused in words."""
    name, content = chosen(data, FILES)
    run = folder / "run"
    whole = _folder(folder)
    (run / name).write_bytes(content)
    try:
        _take_up(name, run)
    except J2AError as error:
        told(error)
    finally:
        (run / name).write_bytes(whole[name])


def _take_up(name: str, run: Path) -> None:
    if name == "run.json":
        RunFolder(run).begin({"seed": 0}, "seed = 0\n", resume=True)
    elif name == "last/state.json":
        state = RunFolder(run).load_last(_Nothing(), {}, _NO_OPTIMIZER)
        assert state.step - state.best_step <= state.step + abs(state.best_step)
        json.dumps(asdict(state))
    elif name == "log.jsonl":
        read_log(run)
        with RunLog(run, keep_steps=3) as log:
            log.write(step=4, loss=1.0)
        assert read_log(run)[-1]["loss"] == 1.0
    elif name == "status.jsonl":
        file = StatusFile(run)
        file.tell("new", None, "", 1)
        file.close()
        file = StatusFile(run)
        assert "new" in file.known, "a line that was written is lost"
        file.close()
    elif name == "card.json":
        read_card(run)
    else:
        measured = Measured(run)
        for row in list(measured._keys):
            assert row in measured


@functools.cache
def _folder(folder: Path) -> dict[str, bytes]:
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    (run / "last").mkdir(parents=True)
    (run / "measured").mkdir()
    (run / "run.json").write_text(json.dumps({"seed": 0}))
    (run / "last/state.json").write_text(json.dumps(asdict(State(3, 1.5, 2, 1))))
    save_file({"w/step": torch.zeros(1)}, run / "last/optimizer.safetensors")
    (run / "log.jsonl").write_text('{"time": 1.5, "step": 1, "loss": 2.0}\n{"time": 2.5, "step": 9, "loss": 1.0}\n')
    (run / "status.jsonl").write_text(
        '{"id": "a", "reason": null, "message": "", "tries": 1, "at": "2026-01-02T03:04:05+00:00"}\n'
        '{"id": "b", "reason": "gone", "message": "no video", "tries": 2, "at": "2026-01-02T03:04:05+00:00"}\n'
    )
    write_card(run, {"kind": "official"}, [], {"a": "no audio"}, ["b"])
    write_shard(run / "measured", {"k": {"bpm": 120.0}})
    write_index(run / "measured", {"engine": "fast"}, {"a": "k"}, {"b": "no audio"})
    return {name: (run / name).read_bytes() for name in FILES}


def seeds(folder: Path) -> list[bytes]:
    """Each file as it should be."""
    whole = _folder(folder)
    return [as_choice(number, whole[name]) for number, name in enumerate(FILES)]


TARGET = Target(attempt, seeds, (b'"step"', b'"reason"', b'"id"', b"null", b"\n", b"NaN", b'"left_out"', b'"rows"'))
