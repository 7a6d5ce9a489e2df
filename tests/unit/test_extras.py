"""What is said where an extra is missing: a command that reaches this installation and no other."""

from __future__ import annotations

import shlex
import sys

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
