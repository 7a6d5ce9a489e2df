"""Training the projector on tiny real models: what learns, what must not, and what comes out."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from j2a.clip import Clip
from j2a.errors import J2AError, ModelMissingError, UsageError
from j2a.features.record import Features
from j2a.models import registry
from j2a.models.audio.mwmae import MWMAE
from j2a.models.audio.projector import Projector, load_projector
from j2a.models.audio.projector_config import ProjectorConfig
from j2a.models.files.weights import weights_hash
from j2a.models.language.llm import load_llm
from tests.models.training.fit.runs import fit_settings, losses
from tests.models.training.parts import ENCODER, make_parts
from tests.places import DEMO
from training.cli import app
from training.datasets.shards import MEASURED, write_index, write_shard
from training.datasets.table import Row, read_table, write_table
from training.fit import students
from training.fit.loop import fit, learning_rate
from training.ground.log import read_log
from training.ground.run_folder import LAST


def measure_parts(folder: Path) -> Path:
    """Features of all clips of such a folder but the first one."""
    rows, store = read_table(folder / "table"), folder / "encoded" / MEASURED
    store.mkdir()
    write_shard(store, {row.id: Features(bpm=90.0 + n, key="A minor").to_json() for n, row in enumerate(rows)})
    write_index(store, {}, {row.id: row.id for row in rows[1:]}, {rows[0].id: "broken"})
    return folder


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> Path:
    return measure_parts(make_parts(tmp_path_factory.mktemp("parts")))


@pytest.mark.parametrize(("version", "tokens"), [("2.0", 1), ("2.1", 4), ("3.0", 4)])
def test_the_projector_learns_and_nothing_else_changes(parts, tmp_path, monkeypatch, version, tokens):
    loaded = []
    monkeypatch.setattr("training.fit.loop.load_llm", lambda *a, **k: loaded.append(load_llm(*a, **k)) or loaded[0])
    hashes = [weights_hash(parts / part) for part in ("encoder", "llm")]
    before = load_llm(str(parts / "llm")).model.state_dict()
    settings = fit_settings(parts, version=version, soft_tokens=tokens, steps=40)
    result = fit(parts / "table", tmp_path / "run", settings)
    assert (result.state.step, result.interrupted) == (40, False)
    curve = losses(tmp_path / "run")  # four steps are an epoch
    assert np.mean(curve[-4:]) < 0.93 * np.mean(curve[:4]), curve
    assert result.state.best_loss < np.mean(curve[:4])
    after = loaded[0].model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    assert hashes == [weights_hash(parts / part) for part in ("encoder", "llm")]
    projector = load_projector(tmp_path / "run/best")
    assert (projector.config.version, projector.config.soft_tokens) == (version, tokens)


def test_the_best_one_is_a_backbone(parts, tmp_path):
    fit(parts / "table", tmp_path / "run", fit_settings(parts))
    captioner = registry.load("2.1", str(tmp_path / "run/best"))
    assert captioner.describe(Clip(DEMO / "Night Bus.ogg", 0, 3)).version == "2.1"
    card = (tmp_path / "run/best/README.md").read_text()
    assert "ours (32 clips)" in card
    assert "CC0" in card
    assert "Validation loss" in card
    for file in (tmp_path / "run/best").glob("*.[jm][sd]*"):
        assert str(parts) not in file.read_text(), "what goes with its parts names no place on this machine"
    assert not (tmp_path / "run/last/llm").exists()


def test_a_projector_goes_on_from_one_of_another_version(parts, tmp_path):
    fit(parts / "table", tmp_path / "one", fit_settings(parts, version="2.0", soft_tokens=1, steps=40))
    other = tmp_path / "one" / "best"
    settings = fit_settings(parts, steps=1, learning_rate=1e-9, start=other)
    fit(parts / "table", tmp_path / "on", settings)
    before, after = (load_projector(one).state_dict() for one in (other, tmp_path / "on" / "best"))
    assert before.keys() == after.keys()
    assert all(torch.allclose(weight, after[name], atol=1e-6) for name, weight in before.items())
    card = (tmp_path / "on/best/README.md").read_text()
    assert f"as another projector (weights {weights_hash(other)})" in card and str(tmp_path) not in card
    with pytest.raises(J2AError, match="another configuration: start_weights"):
        fit(parts / "table", tmp_path / "on", replace(settings, start=tmp_path / "on" / "best"), resume=True)
    with pytest.raises(UsageError, match="leads from a width of 48 to 64, not from 80 to 64"):
        fit(parts / "table", tmp_path / "wide", replace(settings, start=narrow_projector(tmp_path / "narrow")))


def narrow_projector(folder: Path) -> Path:
    """One for an encoder with features of 48."""
    sizes = {"encoder": "e", "encoder_weights": "", "encoder_width": 48, "llm": "l", "llm_weights": "", "llm_width": 64}
    folder.mkdir()
    Projector(ProjectorConfig("2.0", 1, **sizes)).save(folder)  # type: ignore[arg-type]
    return folder


def test_3_0_reads_what_was_measured_beside_what_is_heard(parts, tmp_path, monkeypatch):
    asked = []
    real = students.sequence
    monkeypatch.setattr(students, "sequence", lambda *a: asked.append(a[2]) or real(*a))
    fit(parts / "table", tmp_path / "run", fit_settings(parts, version="3.0", steps=2))
    assert all(text.startswith("Tempo: ") and "Key: A minor" in text for text in asked)
    assert "31 clips" in (tmp_path / "run/best/README.md").read_text(), "the one that was not measured is left out"


def test_the_learning_rate_rises_then_falls_to_a_tenth(parts):
    settings = fit_settings(parts, learning_rate=1.0, warmup_steps=4)
    rates = [learning_rate(step, 20, settings) for step in range(21)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[4] == 1.0
    assert rates[20] == pytest.approx(0.1)


def test_it_stops_early_where_validation_gets_no_better(parts, tmp_path):
    rows = read_table(parts / "table")
    strange = [replace(row, captions=("Nobody learns to say this: xyzzy.",)) for row in rows if row.split == "valid"]
    write_table(tmp_path, [*(row for row in rows if row.split == "train"), *strange])
    state = fit(tmp_path, tmp_path / "run", fit_settings(parts, steps=60, validate_every=2, patience=2)).state
    assert state.step == state.best_step + 4 < 60
    assert state.worse == 2
    assert "no better" in state.finished


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"version": "2.0", "soft_tokens": 2}, "one soft token"),
        ({"llm": ""}, "needs --encoded, --llm"),
        ({"encoder": ""}, "needs .*--encoder"),
        ({"batch_size": 7, "accumulate": 2}, "cannot be divided"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0, not a number above 0"),
        ({"epochs": float("inf")}, "epochs is inf, not a number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"distil": 1.5}, "shares from 0 to 1"),
        ({"version": "1.0", "start": Path("x")}, "no projector to go on from"),
        ({"validate_every": 0}, "not at least 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(parts, changed, why):
    with pytest.raises(ValueError, match=why):
        fit_settings(parts, **changed)


def test_a_table_that_was_not_encoded_is_refused(parts, tmp_path):
    rows = [Row(f"other {row.id}", row.audio, row.split, row.captions) for row in read_table(parts / "table")]
    write_table(tmp_path / "table", rows)
    with pytest.raises(UsageError, match=f"none of the {len(rows)} clips of .* is in "):
        fit(tmp_path / "table", tmp_path / "run", fit_settings(parts))


def test_audio_that_is_not_what_was_encoded_is_refused(parts, tmp_path):
    write_table(tmp_path / "table", read_table(parts / "table"))
    (tmp_path / "table" / "7.wav").write_bytes(b"another sound by the same name")
    with pytest.raises(J2AError, match=r"7\.wav of .* is not the audio that .* holds for r7"):
        fit(tmp_path / "table", tmp_path / "run", fit_settings(parts))


def test_too_many_soft_tokens_are_refused(parts, tmp_path):
    with pytest.raises(UsageError, match="9999 soft tokens are too many"):
        fit(parts / "table", tmp_path / "run", fit_settings(parts, soft_tokens=9999))


def test_parts_that_do_not_fit_are_refused(parts, tmp_path):
    torch.manual_seed(5)
    other = tmp_path / "other"
    other.mkdir()
    MWMAE(ENCODER).save(other)
    with pytest.raises(UsageError, match="was encoded with encoder"):
        fit(parts / "table", tmp_path / "run", fit_settings(parts, encoder=str(other)))
    with pytest.raises(J2AError, match="Run j2a-train encode"):
        fit(parts / "table", tmp_path / "run", fit_settings(parts, encoded=tmp_path / "none"))
    write_table(tmp_path, [Row("r0", "a.wav", "train", ("",)), Row("unknown", "b.wav", "train", ("x",))])
    with pytest.raises(J2AError, match="none of 1 clips to train on has a caption"):
        fit(tmp_path, tmp_path / "run", fit_settings(parts))
    if importlib.util.find_spec("tensorboard") is None:
        with pytest.raises(ModelMissingError, match="pip install tensorboard"):
            fit(parts / "table", tmp_path / "run", fit_settings(parts, tensorboard=True))
    assert not (tmp_path / "run").exists()


def test_the_command_prints_its_settings_and_where_the_best_one_is(parts, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(
        f'encoded = "{parts / "encoded"}"\nllm = "{parts / "llm"}"\nencoder = "{parts / "encoder"}"\nsteps = 9\n'
        'soft_tokens = 2\nbatch_size = 4\nvalidate_every = 2\ndevice = "cpu"\nthreads = 1\n'
    )
    words = ["fit", str(parts / "table"), "--config", str(file), "--out", str(tmp_path / "run"), "--steps", "2"]
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["step"] == 2
    assert "soft_tokens = 2" in run.stderr
    assert (tmp_path / "run/settings.toml").read_text() in run.stderr
    assert str(tmp_path / "run/best") in run.stderr
    assert (tmp_path / "run" / LAST / "state.json").exists()
    refused = CliRunner().invoke(app, words)
    assert refused.exit_code == 2
    assert "--resume" in refused.stderr
    wrong = CliRunner().invoke(app, [*words, "--accumulate", "3"])
    assert wrong.exit_code == 2


def test_forgotten_activations_change_nothing(parts, tmp_path):
    for name, kept in (("kept", False), ("forgotten", True)):
        fit(parts / "table", tmp_path / name, fit_settings(parts, steps=4, autocast=False, checkpointing=kept))
    assert losses(tmp_path / "forgotten") == pytest.approx(losses(tmp_path / "kept"), abs=1e-6)
    norms = [[r["gradient_norm"] for r in read_log(tmp_path / name)[1:]] for name in ("kept", "forgotten")]
    assert norms[1] == pytest.approx(norms[0], rel=1e-4)
