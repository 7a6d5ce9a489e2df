"""scripts/find_python.sh: which of the Pythons that are there the set-up takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT

SCRIPT = ROOT / "scripts" / "find_python.sh"
OLD, BARE, WHOLE = "too old", "without headers", "whole"
STUB = """#!/bin/sh
case $2 in
*ensurepip*) exit {incomplete};;
*version_info*) exit {unsupported};;
esac
"""


def found(there: dict[str, str], tmp_path: Path, named: str = "") -> subprocess.CompletedProcess[str]:
    for name, kind in there.items():
        stub = tmp_path / name
        stub.write_text(STUB.format(incomplete=int(kind != WHOLE), unsupported=int(kind == OLD)))
        stub.chmod(0o755)
    code = f'say() {{ echo "$*"; }}; . "{SCRIPT}"; find_python; echo "$FOUND"'
    return subprocess.run(
        ["/bin/sh", "-c", code], env={"PATH": str(tmp_path), "J2A_MAKE_PYTHON": named}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ({"python3.11": WHOLE, "python3.12": WHOLE, "python3.13": WHOLE}, "python3.13"),
        ({"python3.11": WHOLE, "python3.13": BARE}, "python3.11"),
        ({"python3.12": BARE, "python3.13": BARE}, "python3.13"),
        ({"python3.11": OLD, "python3": WHOLE}, "python3"),
        ({"python3": OLD, "python": BARE}, "python"),
    ],
)
def test_the_newest_that_can_do_it_is_taken(there: dict[str, str], taken: str, tmp_path: Path) -> None:
    run = found(there, tmp_path)
    assert (run.returncode, run.stdout.strip()) == (0, taken)


def test_none_that_will_do_is_told(tmp_path: Path) -> None:
    run = found({"python3": OLD}, tmp_path)
    assert run.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in run.stdout


def test_what_is_named_is_taken_or_refused(tmp_path: Path) -> None:
    assert found({"mine": WHOLE, "python3.13": WHOLE}, tmp_path, "mine").stdout.strip() == "mine"
    run = found({"mine": OLD, "python3.13": WHOLE}, tmp_path, "mine")
    assert run.returncode == 1 and "PYTHON=mine is not" in run.stdout


def test_this_python_is_one_of_them(tmp_path: Path) -> None:
    assert found({}, tmp_path, sys.executable).stdout.strip() == sys.executable
