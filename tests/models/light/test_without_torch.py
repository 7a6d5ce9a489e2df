"""The built-in models where torch is not installed; and what is told where it is needed after all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from j2a.extras import install
from tests.places import DEMO, ROOT

HEAVY = ("torch", "transformers", "numba", "huggingface_hub", "scipy", "madmom")
REFUSE = """
import importlib.abc, json, sys

class Refusal(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in sys.argv[1].split(","):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refusal())
"""


def run(code: str, *arguments: str, without: tuple[str, ...] = HEAVY, **environment: str) -> object:
    """What code prints as JSON in a process of its own, where some packages cannot be imported."""
    import os

    done = subprocess.run(
        [sys.executable, "-c", REFUSE + code, ",".join(without), *arguments],
        capture_output=True, text=True, timeout=100, cwd=ROOT, env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


CAPTION = """
from pathlib import Path
from j2a.clip import Clip
from j2a.engine.jobs import Jobs
from j2a.engine.messages import DescribeMany
from j2a.features.record import Features

version, *names = sys.argv[2:]
clips = [Clip(Path(name), 0, 10) for name in names]
features = [Features(bpm=97.0, meter="4/4").to_json()] * len(clips)
asked = DescribeMany(clips=clips, features=features, version=version, backbone="mini")
done = Jobs(lambda event: None).run(1, asked, lambda: False)
print(json.dumps([[one["text"] for one in done.result["captions"]], sorted(sys.modules)]))
"""


@pytest.mark.parametrize("version", ["1.0", "2.0", "2.1", "3.0"])
@pytest.mark.parametrize("without", [HEAVY, ()], ids=["missing", "there"])
def test_mini_captions_without_anything_heavy(version, without):
    texts, modules = run(CAPTION, version, *map(str, sorted(DEMO.glob("*.ogg"))[:2]), without=without)
    assert all(text.endswith(".") for text in texts) and len(texts) == 2
    assert not set(HEAVY) & set(modules)


LOAD = """
from j2a.errors import J2AError
from j2a.models import registry

try:
    registry.load(*sys.argv[2:])
    print(json.dumps(["", "", 0]))
except J2AError as error:
    print(json.dumps([error.message, error.hint, error.exit_code]))
"""


def test_other_language_models_say_what_they_need(tmp_path: Path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}))
    message, hint, code = run(LOAD, "1.0", str(tmp_path))
    assert "needs torch and transformers, which are not installed" in message and str(tmp_path) in message
    assert hint == f"Install the extra: {install('torch')}" and code == 3


def test_7b_asks_for_torch_before_it_asks_for_14_gigabytes():
    message, hint, _ = run(LOAD, "1.0", "7b")
    assert message == "7b needs torch and transformers, which are not installed." and install("torch") in hint


def test_another_device_says_what_it_needs():
    for version in ("1.0", "3.0"):
        message, hint, _ = run(LOAD, version, "mini", J2A_DEVICE="cuda")
        assert "needs torch" in message and "j2a[torch]" in hint
        assert run(LOAD, version, "mini", J2A_DEVICE="cpu") == ["", "", 0]


def test_a_model_that_is_nowhere_is_told_without_the_hubs_library():
    message, hint, _ = run(LOAD, "1.0", "org/name")
    assert "neither a folder nor a model on this machine" in message and "j2a models fetch org/name" in hint


def test_doctor_says_what_torch_is_for():
    code = """
from dataclasses import asdict
from j2a.engine import doctor

checks = (doctor._torch, doctor._precision, doctor._builtin_model, doctor._genre)
print(json.dumps([asdict(check()) for check in checks]))
"""
    torch, precision, model, genre = run(code)
    assert torch["state"] == "missing" and torch["mend"] == install("torch") and "7b" in torch["detail"]
    assert precision["state"] == "ok" and "mini in float32" in precision["detail"]
    assert model["state"] == "ok" and "M parameters" in model["detail"]
    assert genre["state"] == "missing" and genre["mend"] == install("torch")
    torch, precision, model, _ = run(code, J2A_PRECISION="bfloat16")
    assert (precision["state"], model["state"]) == ("broken", "broken")
    torch, precision, model, _ = run(code, without=())
    assert torch["state"] == "ok" and "7b in bfloat16" in precision["detail"]


@pytest.mark.parametrize("command", [("fit", "x", "--out", "y"), ("mini", "y"), ("encode", "x", "y")])
def test_training_says_what_it_needs(command):
    code = """
import contextlib, io
from training.cli import app

said = io.StringIO()
with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
    app(sys.argv[2:])
print(json.dumps(" ".join(said.getvalue().split())))
"""
    said = run(code, *command)
    assert f"j2a-train {command[0]} needs torch" in said and "j2a[torch]" in said
    assert "Usage" in run(code, command[0], "--help")
