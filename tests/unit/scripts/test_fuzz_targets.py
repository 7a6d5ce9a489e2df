"""bench/fuzz: every target holds on its examples and on a few hundred inputs made of them, without atheris."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.fuzz.mutate import mutated
from bench.fuzz.target import NAMES, load
from tests.places import ROOT

MUTATIONS = 200
SLOW = ("mwmae", "template")  # for what they import
SLOWEST_S = 5.0  # an input; libFuzzer allows ten seconds


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.long] * (name in SLOW)) for name in NAMES])
def test_a_target_holds(name: str, tmp_path: Path) -> None:
    target, rng = load(name), random.Random(0)
    seeds = target.seeds(tmp_path)
    for number in range(len(seeds) + MUTATIONS):
        data = seeds[number] if number < len(seeds) else mutated(rng.choice(seeds), rng, target.tokens)
        started = time.process_time()
        try:
            target.attempt(data, tmp_path)
        except BaseException as error:
            error.add_note(f"{name} on {data!r}"[:5_000])
            raise
        assert number < len(seeds) or time.process_time() - started < SLOWEST_S, data


def test_examples_are_small() -> None:
    names = [name for name in NAMES if name not in SLOW]
    assert {name for name in NAMES if (ROOT / "bench/fuzz/targets" / f"{name}.py").is_file()} == set(NAMES)
    assert all(load(name).longest <= 20_000 for name in names)


def test_mutations_are_the_same_for_a_seed_and_odd_in_json() -> None:
    example = json.dumps({"a": [1, {"b": "c"}], "d": None}).encode()
    made = [mutated(example, random.Random(seed), (b"xyz",)) for seed in range(200)]
    assert made == [mutated(example, random.Random(seed), (b"xyz",)) for seed in range(200)]
    assert len(set(made)) > 80
    assert any(b"999" in one for one in made) and any(b"xyz" in one for one in made)


def test_a_fault_is_found_and_told(tmp_path: Path) -> None:
    """Of a target that is none; atheris is asked for first."""
    code = [sys.executable, "-m", "bench.fuzz", "nothing"]
    said = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 2 and "there is no target nothing" in said.stderr


def test_without_atheris_it_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "atheris").mkdir()
    hide = "import importlib.util as u, runpy, sys; found = u.find_spec; sys.argv = ['fuzz', 'table']\n"
    hide += "u.find_spec = lambda name, package=None: None if name == 'atheris' else found(name, package)\n"
    hide += "runpy.run_module('bench.fuzz', run_name='__main__')"
    said = subprocess.run([sys.executable, "-c", hide], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "pip install atheris" in said.stderr and "Traceback" not in said.stderr


@pytest.mark.long
@pytest.mark.endurance
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
def test_the_command_fuzzes_and_counts(tmp_path: Path) -> None:
    code = [sys.executable, "-m", "bench.fuzz", "table", "--seconds", "3", "--keep", str(tmp_path / "crashes")]
    said = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    name, tried, edges, *_ = said.stdout.splitlines()[-1].replace(",", "").split()
    assert name == "table" and int(tried) > 100 and int(edges) > 20
    assert not (tmp_path / "crashes").exists()
