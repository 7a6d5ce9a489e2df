"""Runs that are cut off and taken up again, and runs of several processes: the same numbers as in one go."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from j2a.errors import J2AError, UsageError
from tests.models.training.fit.runs import assert_nearly_same_run, at_step, fit_settings, in_two_processes, losses
from tests.models.training.parts import make_parts
from training.cli import app
from training.fit.loop import fit
from training.fit.parallel import World
from training.ground.log import read_log
from training.ground.settings import settings_text


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> Path:
    return make_parts(tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="module")
def whole(parts, tmp_path_factory) -> Path:
    """A run in one go."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    fit(parts / "table", run, fit_settings(parts))
    return run


def assert_same_run(run: Path, other: Path) -> None:
    """Equal to the last bit: losses, validations, weights, the optimizer's state."""
    assert losses(run) == losses(other)
    for name in ("valid_loss", "learning_rate", "gradient_norm"):
        assert [r.get(name) for r in read_log(run)] == [r.get(name) for r in read_log(other)]
    for file in ("last/model.safetensors", "last/optimizer.safetensors", "best/model.safetensors"):
        ours, theirs = load_file(run / file), load_file(other / file)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours), file
    assert json.loads((run / "last/state.json").read_text()) == json.loads((other / "last/state.json").read_text())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_the_run_goes_on_as_if_nothing_was(parts, whole, tmp_path, monkeypatch, number):
    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        at_step(patch, 4, lambda: os.kill(os.getpid(), number))
        result = fit(parts / "table", run, fit_settings(parts))
    assert (result.interrupted, result.state.step) == (True, 5)
    assert losses(run) == losses(whole)[:5]
    result = fit(parts / "table", run, fit_settings(parts), resume=True)
    assert (result.interrupted, result.state.step) == (False, 12)
    assert_same_run(run, whole)


def test_a_crash_costs_the_steps_since_the_last_save(parts, whole, tmp_path, monkeypatch):
    run = tmp_path / "run"

    def crash() -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patch:
        at_step(patch, 9, crash)
        with pytest.raises(RuntimeError):
            fit(parts / "table", run, fit_settings(parts))
    assert len(losses(run)) == 9
    (run / "last").rename(run / "last.old")  # as a crash between two renames leaves it
    (run / "last.part").mkdir()
    fit(parts / "table", run, fit_settings(parts), resume=True)
    assert_same_run(run, whole)
    assert sorted(path.name for path in run.iterdir()) == ["best", "last", "log.jsonl", "run.json", "settings.toml"]


def test_a_full_disk_keeps_what_was_saved(parts, whole, tmp_path, monkeypatch):
    run = tmp_path / "run"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with monkeypatch.context() as patch:
        at_step(patch, 7, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard)))
        try:
            with pytest.raises(J2AError, match=r"cannot be written: .*File too large.*go on with --resume"):
                fit(parts / "table", run, fit_settings(parts))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert json.loads((run / "last/state.json").read_text())["step"] == 6
    fit(parts / "table", run, fit_settings(parts), resume=True)
    assert_same_run(run, whole)


def test_the_command_ends_with_130(parts, tmp_path, monkeypatch):
    (tmp_path / "s.toml").write_text(settings_text(fit_settings(parts)))
    words = ["fit", str(parts / "table"), "--config", str(tmp_path / "s.toml"), "--out", str(tmp_path / "run")]
    with monkeypatch.context() as patch:
        at_step(patch, 2, lambda: os.kill(os.getpid(), signal.SIGTERM))
        run = CliRunner().invoke(app, words)
    assert run.exit_code == 130
    assert "saved after step 3" in run.stderr
    run = CliRunner().invoke(app, [*words, "--resume"])
    assert (run.exit_code, json.loads(run.stdout)["step"]) == (0, 12)
    again = CliRunner().invoke(app, [*words, "--resume"])
    assert (again.exit_code, again.stdout) == (0, run.stdout), "a finished run stays as it is"


def test_a_folder_of_another_run_is_refused_and_left_alone(parts, whole, tmp_path):
    before = {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="is there already"):
        fit(parts / "table", whole, fit_settings(parts))
    with pytest.raises(UsageError, match=r"another configuration: learning_rate was 0\.005 and is 0\.1 now\. Go on"):
        fit(parts / "table", whole, fit_settings(parts, learning_rate=0.1), resume=True)
    other = make_parts(tmp_path / "other", clips=44)
    with pytest.raises(UsageError, match="another configuration: table was"):
        fit(other / "table", whole, fit_settings(other), resume=True)
    with pytest.raises(UsageError, match="there is no run in"):
        fit(parts / "table", tmp_path / "none", fit_settings(parts), resume=True)
    assert before == {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()}


def test_two_do_not_work_in_one_folder(parts, tmp_path):
    fit(parts / "table", tmp_path / "run", fit_settings(parts, steps=1))
    code = "import fcntl, sys; f = open(sys.argv[1], 'r+b'); fcntl.lockf(f, 2); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "run/run.json")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == b"1\n"
        with pytest.raises(UsageError, match="another j2a-train works in"):
            fit(parts / "table", tmp_path / "run", fit_settings(parts, steps=1), resume=True)
        other.communicate(b"\n")
    fit(parts / "table", tmp_path / "run", fit_settings(parts, steps=1), resume=True)


def test_a_damaged_run_is_not_taken_up(parts, whole, tmp_path, monkeypatch):
    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        at_step(patch, 2, lambda: os.kill(os.getpid(), signal.SIGTERM))
        fit(parts / "table", run, fit_settings(parts))
    file = run / "last/optimizer.safetensors"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(J2AError, match="last is damaged"):
        fit(parts / "table", run, fit_settings(parts), resume=True)
    for state in ("{}", '{"step": "2", "best_loss": null, "best_step": 0, "worse": 0, "finished": ""}', "[]"):
        (run / "last/state.json").write_text(state)
        with pytest.raises(J2AError, match="last is damaged"):
            fit(parts / "table", run, fit_settings(parts), resume=True)
    (run / "run.json").write_text("[3]")
    with pytest.raises(UsageError, match="no run to go on with"):
        fit(parts / "table", run, fit_settings(parts), resume=True)


@pytest.mark.long
def test_two_processes_do_what_one_does(parts, tmp_path):
    fit(parts / "table", tmp_path / "one", fit_settings(parts, autocast=False))
    in_two_processes(tmp_path, parts / "table", fit_settings(parts, autocast=False, accumulate=2))
    assert read_log(tmp_path / "two")[0]["processes"] == 2
    assert_nearly_same_run(tmp_path / "two", tmp_path / "one")
    ours, theirs = (load_file(tmp_path / name / "best/model.safetensors") for name in ("one", "two"))
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-5) for name in ours)


def test_a_batch_that_cannot_be_shared_is_refused(parts, tmp_path, monkeypatch):
    monkeypatch.setattr("training.fit.loop.world", lambda device: nullcontext(World(0, 3, "cpu")))
    with pytest.raises(UsageError, match="cannot be shared by 3 processes"):
        fit(parts / "table", tmp_path / "run", fit_settings(parts))
