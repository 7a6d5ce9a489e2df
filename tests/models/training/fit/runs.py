"""Short runs of ``fit``, cut off, taken up again, in several processes, and held against each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from training.datasets.lessons import Course
from training.fit.settings import FitSettings
from training.ground.log import read_log
from training.ground.settings import settings_text


def fit_settings(parts: Path, **changed: Any) -> FitSettings:
    """A run of a second or two."""
    values: dict[str, Any] = {
        "encoded": parts / "encoded", "llm": str(parts / "llm"), "encoder": str(parts / "encoder"), "soft_tokens": 4,
        "steps": 12, "batch_size": 8, "learning_rate": 5e-3, "warmup_steps": 3, "validate_every": 6, "device": "cpu",
        "threads": 1,
    }  # fmt: skip
    return FitSettings(**{**values, **changed})


def losses(run: Path) -> list[float]:
    """The training loss step by step."""
    return [record["loss"] for record in read_log(run) if "loss" in record]


def at_step(monkeypatch, step: int, act) -> None:
    """Do something when the lessons of a step are asked for."""
    real = Course.batch

    def batch(self, at):
        if at == step:
            act()
        return real(self, at)

    monkeypatch.setattr(Course, "batch", batch)


def in_two_processes(folder: Path, table: Path, settings: FitSettings) -> None:
    """The command, started twice by torchrun."""
    (folder / "s.toml").write_text(settings_text(settings))
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "training", "fit"]
    run = subprocess.run(
        [sys.executable, *command, str(table), "--config", str(folder / "s.toml"), "--out", str(folder / "two")],
        capture_output=True, text=True, timeout=100, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["step"] == 12, "one of them tells"


def assert_nearly_same_run(run: Path, other: Path) -> None:
    """Equal but for the order in which floats are added up."""
    assert len(losses(run)) == 12
    assert losses(run) == pytest.approx(losses(other), abs=2e-5)
    for name in ("valid_loss", "gradient_norm", "tokens"):
        ours, theirs = ([r[name] for r in read_log(folder) if name in r] for folder in (run, other))
        assert ours == pytest.approx(theirs, rel=1e-4)
