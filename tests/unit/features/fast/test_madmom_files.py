"""madmom's pickles are read without running anything that they name."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from j2a import networks
from j2a.errors import ModelError
from j2a.features.fast import madmom_files
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
        with pytest.raises(madmom_files.DAMAGED):
            madmom_files.loads(text)


def test_what_is_refused_is_said_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(madmom_files, "_folder", lambda: tmp_path)
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Calls(os.system, "exit 1"), protocol=2))
    for name in ("evil.pkl", "none.pkl"):
        with pytest.raises(ModelError, match=r"cannot be read"):
            madmom_files.read(name)
    (tmp_path / "large.pkl").write_bytes(b"")
    os.truncate(tmp_path / "large.pkl", madmom_files._LARGEST + 1)
    with pytest.raises(ModelError, match="too large"):
        madmom_files.read("large.pkl")


def test_without_madmom_the_reason_is_said(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(networks, "HERE", tmp_path / "none")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "madmom", raising=False)
    with pytest.raises(ModelError, match="not on this machine"):
        madmom_files.read(madmom_files.KEY)


CRF = (madmom_files._folder() / madmom_files.CHORD_PATH).read_bytes()


@given(st.lists(st.tuples(st.integers(0, len(CRF) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_damaged_files_are_refused_or_read_and_change_nothing_else(changes):
    content = bytearray(CRF)
    for place, value in changes:
        content[place] = value
    with contextlib.suppress(*madmom_files.DAMAGED):
        madmom_files.loads(bytes(content))
    assert np.dtype("<f4") == np.dtype(np.float32)
    assert np.array([1.0], np.float32).tobytes() == b"\0\0\x80?"
