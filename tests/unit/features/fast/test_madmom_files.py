"""madmom's pickles are read without running anything that they name."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from j2a import features, networks
from j2a.clip import Clip
from j2a.features import networks as feature_networks
from j2a.features.fast import madmom_files
from j2a.features.record import NOT_MUSIC
from j2a.features.table import table_of
from j2a.features.warm_up import warm_up
from tests.places import DEMO, ROOT

HEAVY = (
    "torch", "numba", "llvmlite", "scipy", "madmom", "librosa", "transformers", "huggingface_hub", "tokenizers",
    "musicnn", "threadpoolctl",
)  # fmt: skip
FRESH = """
import json, sys
from pathlib import Path
from j2a.clip import Clip
from j2a.features import extract
found = extract(Clip(Path(sys.argv[1]), 0, 8))
print(json.dumps({"heavy": [name for name in sys.argv[2:] if name in sys.modules], "bpm": found.bpm, "key": found.key,
                  "chords": len(found.chords)}))
"""


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self):
        return self.call[0], self.call[1:]


def test_measuring_imports_nothing_heavy(tmp_path):
    command = [sys.executable, "-c", FRESH, str(DEMO / "Night Bus.ogg"), *HEAVY]
    home = os.environ | {"J2A_HOME": str(tmp_path), "HF_HOME": str(tmp_path)}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT, timeout=100, env=home)
    found = json.loads(done.stdout)
    assert found.pop("heavy") == []
    assert all(found.values()), "it measured"


@pytest.mark.parametrize("call", [
    (os.system, "exit 1"), (eval, "1"), (getattr, "a", "b"), (np.load, "x"), (np.dtype, "O"), (np.dtype, "f2"),
    (np.ndarray, (1,)),
])  # fmt: skip
def test_nothing_else_may_be_named(call):
    with pytest.raises((pickle.UnpicklingError, TypeError)):  # TypeError: it stands for a name, and cannot be called
        madmom_files.loads(pickle.dumps(Calls(*call), protocol=2))


def test_parts_of_a_longer_name_are_refused():
    for text in (b"cmadmom.ml.nn\nNeuralNetwork.load\n.", b"cmadmom.ml.nn.layers\nos\n.", b"P1\n.", b"cos\n."):
        with pytest.raises((pickle.UnpicklingError, EOFError)):
            madmom_files.loads(text)


def test_a_file_that_is_not_the_published_one_is_not_opened(tmp_path: Path, monkeypatch):
    whole = networks.folder("madmom")
    assert whole is not None
    shutil.copytree(whole, tmp_path / "madmom")
    monkeypatch.setattr(networks, "HERE", tmp_path)
    monkeypatch.setattr(madmom_files, "loads", lambda content: pytest.fail("it was opened"))
    path = tmp_path / "madmom" / "models" / madmom_files.KEY
    for content in (pickle.dumps(Calls(os.system, "exit 1"), protocol=2), path.read_bytes()[:-1], b""):
        path.write_bytes(content)
        with pytest.raises(networks.NotBroughtError, match=r"not the published file.*j2a models fetch networks"):
            madmom_files.read(madmom_files.KEY)


def test_without_madmom_the_reason_is_said(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(networks, "HERE", tmp_path / "none")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "madmom", raising=False)
    with pytest.raises(networks.NotBroughtError, match="not on this machine"):
        madmom_files.read(madmom_files.KEY)


def test_without_the_networks_everything_else_is_measured(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(networks, "HERE", tmp_path / "none")
    monkeypatch.setattr(networks, "_installed", lambda name: None)
    for kept in (feature_networks.ensemble, feature_networks.convolutional, feature_networks._chord_path):
        kept.cache_clear()
    warm_up()
    found = features.extract(Clip(DEMO / "Night Bus.ogg", 0, 8))
    assert found.bpm is None and found.key is None and found.sound is not None
    for name in ("bpm", "key", "chords", "tags", "genre"):
        assert found.unknown[name] == networks.missing()
    assert "networks of madmom and musicnn" in networks.missing()
    assert "j2a models fetch networks" in networks.missing()
    assert table_of(found).count("j2a models fetch networks") == 1


def test_without_madmom_alone_what_is_heard_counts_as_music(monkeypatch):
    of_musicnn = networks.folder("musicnn")
    if of_musicnn is None:
        pytest.skip("the networks of musicnn are not here")
    monkeypatch.setattr(madmom_files, "read", _missing)
    for kept in (feature_networks.ensemble, feature_networks.convolutional, feature_networks._chord_path):
        kept.cache_clear()
    found = features.extract(Clip(DEMO / "Night Bus.ogg", 0, 10))
    assert found.bpm is None
    assert found.tags and any(tag.kind != "voice" for tag in found.tags)
    assert NOT_MUSIC not in " ".join(found.unknown.values())


def _missing(name: str) -> None:
    raise networks.NotBroughtError(f"{name} is not here")
