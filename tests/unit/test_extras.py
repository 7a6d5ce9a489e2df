"""What is said where an extra is missing: a command that reaches this installation and no other."""

from __future__ import annotations

import importlib
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from j2a import extras


def test_the_command_names_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "is_there", lambda package: True)
    monkeypatch.setattr(sys, "executable", "/home/a b/bin/python")
    command = extras.install("tag")
    assert shlex.split(command) == ["/home/a b/bin/python", "-m", "pip", "install", "j2a[tag]"]


def test_what_uv_made_is_added_to_by_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "is_there", lambda package: package != "pip")
    assert shlex.split(extras.install("av")) == ["uv", "pip", "install", "--python", sys.executable, "j2a[av]"]


def test_a_module_of_ours_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "training_of_others").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError) as gone:
        importlib.import_module("j2a.no_such_module")
    told = extras.incomplete(gone.value)
    assert told is not None
    assert "j2a.no_such_module" in str(told) and "Install J2A again" in str(told)
    for name, ours in (("training_of_others", False), ("j2a.emptied", True)):
        emptied = ModuleType(name)  # as Python makes it of a folder without __init__.py
        with pytest.raises(AttributeError) as lacking:
            emptied.anything  # noqa: B018
        assert (extras.incomplete(lacking.value) is not None) == ours


def test_other_errors_are_not_taken_for_that() -> None:
    with pytest.raises(ImportError) as others:
        importlib.import_module("no_such_package")
    with pytest.raises(ImportError) as a_bug:
        exec("from j2a.errors import no_such_name")
    for error in (others.value, a_bug.value, AttributeError("x"), ValueError("x")):
        assert extras.incomplete(error) is None


@pytest.mark.parametrize(("command", "module"), [
    ("j2a", "j2a.cli"), ("j2a", "j2a.options"), ("j2a_tui", "j2a.ending"), ("j2a_train", "training.ground"),
])  # fmt: skip
def test_commands_that_are_not_whole_say_so(command: str, module: str) -> None:
    run = f"import sys, j2a_start; sys.modules[{module!r}] = None; sys.argv = ['it', '--help']; j2a_start.{command}()"
    ran = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.startswith("J2A is not complete: ") and module in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
