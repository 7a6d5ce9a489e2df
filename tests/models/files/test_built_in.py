"""Damaged built-in weights are told, and write nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from j2a import paths
from j2a.errors import ExitCode, ModelMissingError
from j2a.models import registry
from j2a.models.files import built_in
from j2a.models.files.weights import hashed, weight_files, weights_hash
from tests.places import CLIPS, ROOT


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is built in, in its place."""
    folder = tmp_path / "mini"
    shutil.copytree(paths.builtin_model_dir(), folder)
    monkeypatch.setattr(paths, "builtin_model_dir", lambda: folder)
    return folder


def flip(path: Path) -> None:
    """One bit, in the middle."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))


def test_what_is_shipped_is_whole_and_every_file_of_it_is_known() -> None:
    root = paths.builtin_model_dir()
    known = built_in._shipped(root)
    assert set(known) == {
        path.relative_to(root).as_posix() for path in root.rglob("*")
        if path.is_file() and path.suffix != ".md" and path.name != built_in.SUMS
    }  # fmt: skip
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        built_in.refuse_damaged(folder)


def test_weights_are_named_without_reading_them_twice(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [one for one in (weights, *weights.rglob("*")) if one.is_dir() and weight_files(one)]
    assert len(folders) == 7
    names = {one: hashed(one) for one in folders}
    monkeypatch.setattr("j2a.models.files.weights.hashed", lambda folder: pytest.fail(f"{folder} was read again"))
    assert {one: weights_hash(one) for one in folders} == names


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("llm/model.safetensors", "1.0"), ("llm/tokenizer.json", "3.0"), ("config.json", "2.1"),
        ("encoder/model.safetensors", "2.0"), ("projector-3.0/model.safetensors", "3.0"),
        ("projector-3.0/heads/model.safetensors", "3.0"), ("model.safetensors", "2.1"), ("SHA256SUMS", "1.0"),
        ("WEIGHTS", "1.0"),
    ],
)  # fmt: skip
def test_one_flipped_bit_is_told(weights: Path, name: str, version: str) -> None:
    flip(weights / name)
    if name == "SHA256SUMS":
        (weights / name).write_bytes(b"\xff")
    with pytest.raises(ModelMissingError, match="built-in weights are damaged") as caught:
        registry.load(version, "mini")
    assert name in str(caught.value)
    assert "Install J2A again" in caught.value.hint
    assert caught.value.exit_code == ExitCode.MODEL_MISSING


def test_a_file_that_is_gone_or_cut_is_told_even_after_it_was_whole(weights: Path) -> None:
    built_in.refuse_damaged(weights)
    with (weights / "tokenizer.json").open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(ModelMissingError, match="not the file that was shipped"):
        built_in.refuse_damaged(weights)
    (weights / "tokenizer.json").unlink()
    with pytest.raises(ModelMissingError, match="cannot be read"):
        built_in.refuse_damaged(weights)
    built_in.refuse_damaged(weights / "encoder")
    built_in.refuse_damaged(weights.parent)  # a folder of one's own is nobody's business


@pytest.mark.long
def test_the_command_writes_no_caption_from_damaged_weights(weights: Path) -> None:
    flip(weights / "llm" / "model.safetensors")
    engine = (f"import pathlib, j2a.paths; j2a.paths.builtin_model_dir = lambda: pathlib.Path({str(weights)!r}); "
              "from j2a.engine.worker import main; main()")  # fmt: skip
    script = f"""
import sys
from j2a.engine import client
whole = client.EngineClient.__init__
def init(self, *args, **options):
    whole(self, *args, **options, command=[sys.executable, "-c", {engine!r}])
client.EngineClient.__init__ = init
sys.argv[0] = "j2a"
from j2a.cli import main
main()
"""
    clip = next(CLIPS.glob("*.flac"), None) or next(iter(sorted(CLIPS.iterdir())))
    done = subprocess.run([sys.executable, "-c", script, "describe", str(clip), "--end", "4"], cwd=ROOT,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=100)
    assert done.returncode == 3, done.stderr
    assert done.stdout == ""
    assert "the built-in weights are damaged" in done.stderr
