"""J2A-1.0's adapter on a tiny real model."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from j2a.caption import Sampling
from j2a.clip import Clip
from j2a.errors import J2AError, UsageError
from j2a.features.record import Chord, Features
from j2a.models import registry
from j2a.models.files.weights import weights_hash
from j2a.models.language.chat import prompt_ids
from j2a.models.language.llm import load_llm
from j2a.models.prompts import build_prompt
from tests.models.training.fit.runs import assert_nearly_same_run, at_step, fit_settings, in_two_processes, losses
from tests.models.training.parts import CAPTIONS, make_parts
from training.cli import app
from training.datasets.shards import MEASURED, write_index, write_shard
from training.datasets.table import read_table
from training.fit.loop import fit
from training.fit.merge import merge
from training.fit.settings import FitSettings

HEARD = [
    Features(bpm=72.0, key="A minor", key_probability=0.9),
    Features(bpm=140.0, chords=[Chord(0, 5, "A:min"), Chord(5, 10, "F:maj")]),
    Features(),
    Features(bpm=120.0, beats=[0.5, 1.0, 1.5, 2.0], meter="4/4"),
]


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> Path:
    folder = make_parts(tmp_path_factory.mktemp("parts"))
    store = folder / "encoded" / MEASURED
    store.mkdir()
    write_shard(store, {f"m{kind}": features.to_json() for kind, features in enumerate(HEARD)})
    keys = {row.id: f"m{CAPTIONS.index(row.captions[0])}" for row in read_table(folder / "table")}
    write_index(store, {"extractor": 1}, keys, {})
    return folder


def lora_settings(parts: Path, **changed) -> FitSettings:
    values = {"version": "1.0", "encoder": "", "soft_tokens": 0, "lora_rank": 4, "learning_rate": 1e-2}
    return fit_settings(parts, **{**values, **changed})


@pytest.fixture(scope="module")
def run(parts, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "lora"
    fit(parts / "table", folder, lora_settings(parts, steps=24, lora_dropout=0.1))
    return folder


def test_the_adapter_learns_and_its_base_stays(parts, run):
    curve = losses(run)
    assert np.mean(curve[-4:]) < 0.8 * np.mean(curve[:4]), curve
    assert sorted(path.name for path in (run / "best").glob("*.safetensors")) == ["adapter_model.safetensors"]
    assert load_llm(str(run / "best")).weights.split("+")[0] == weights_hash(parts / "llm")
    card = (run / "best/README.md").read_text()
    assert "ours (32 clips)" in card
    assert "Validation loss" in card


def test_an_adapter_that_was_stopped_goes_on_with_the_same_dropout(parts, run, tmp_path, monkeypatch):
    settings = lora_settings(parts, steps=24, lora_dropout=0.1)
    with monkeypatch.context() as patch:
        at_step(patch, 7, lambda: os.kill(os.getpid(), signal.SIGTERM))
        assert fit(parts / "table", tmp_path / "run", settings).state.step == 8
    fit(parts / "table", tmp_path / "run", settings, resume=True)
    assert losses(tmp_path / "run") == losses(run)
    for file in ("best/adapter_model.safetensors", "last/adapter_model.safetensors", "last/optimizer.safetensors"):
        ours, theirs = load_file(tmp_path / "run" / file), load_file(run / file)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours), file


def test_merged_it_says_the_same_as_the_adapter(parts, run, tmp_path):
    done = CliRunner().invoke(app, ["merge", str(run), str(tmp_path / "merged")])
    assert done.exit_code == 0, done.output
    plain, adapter = load_llm(str(tmp_path / "merged")), load_llm(str(run / "best"))
    assert "PeftModel" not in type(plain.model).__name__
    ids = torch.tensor([prompt_ids(plain.tokenizer, build_prompt(HEARD[0]).text)])
    with torch.inference_mode():
        assert torch.allclose(plain.model(ids).logits, adapter.model(ids).logits, atol=1e-5)
        assert not torch.allclose(plain.model(ids).logits, load_llm(str(parts / "llm")).model(ids).logits, atol=0.1)
    short = Sampling(max_new_tokens=12)
    clip, captioner = Clip(Path("none.wav")), registry.load("1.0", str(tmp_path / "merged"))
    said = registry.load("1.0", str(run / "best")).describe(clip, features=HEARD[0], sampling=short).text
    assert captioner.describe(clip, features=HEARD[0], sampling=short).text == said
    with pytest.raises(UsageError, match="exists already"):
        merge(run, tmp_path / "merged")
    with pytest.raises(UsageError, match="no adapter"):
        merge(parts / "llm", tmp_path / "other")
    (tmp_path / "file").write_text("")
    with pytest.raises(J2AError, match="cannot be written"):
        merge(run, tmp_path / "file" / "out")


@pytest.mark.long
def test_a_model_that_is_spread_over_two_processes_learns_the_same(parts, tmp_path):
    settings = lora_settings(parts, autocast=False, lora_dropout=0.0)
    fit(parts / "table", tmp_path / "one", settings)
    in_two_processes(tmp_path, parts / "table", replace(settings, fsdp=True, checkpointing=True))
    assert_nearly_same_run(tmp_path / "two", tmp_path / "one")


def test_an_adapter_is_no_base_for_another(parts, run, tmp_path):
    with pytest.raises(UsageError, match="j2a-train merge"):
        fit(parts / "table", tmp_path / "run", lora_settings(parts, llm=str(run / "best")))
