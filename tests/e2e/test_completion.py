"""Completion in the shell: what is asked for and nothing else, without loading what takes long."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


def asked(program: str, words: str, at: int) -> tuple[list[str], str]:
    """What bash would offer, and what came on standard error."""
    variable = f"_{program.replace('-', '_').upper()}_COMPLETE"
    env = {**os.environ, variable: "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(at)}
    done = subprocess.run([BIN / program], env=env, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.split(), done.stderr


@pytest.mark.parametrize(("program", "words", "at", "offered"), [
    ("j2a", "j2a cap", 1, ["caption"]),
    ("j2a", "j2a caption --resu", 2, ["--resume"]),
    ("j2a", "j2a nonsense x", 2, []),
    ("j2a-train", "j2a-train enco", 1, ["encode", "encoder"]),
])
def test_bash_is_offered_commands_and_options_alone(program: str, words: str, at: int, offered: list[str]) -> None:
    assert asked(program, words, at) == (offered, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_app_prints_what_completes_it(shell: str) -> None:
    done = subprocess.run([BIN / "j2a-tui", "--show-completion", shell], capture_output=True, text=True, timeout=60,
                          check=True)
    assert "demo" in done.stdout
    assert "correct-figures" in done.stdout
    assert done.stderr == ""


def test_bash_takes_it() -> None:
    script = subprocess.run([BIN / "j2a-tui", "--show-completion", "bash"], capture_output=True, text=True, timeout=60,
                            check=True).stdout
    asking = f"{script}\ncompgen -W \"$(complete -p j2a-tui | sed 's/.*-W .\\(.*\\). j2a-tui/\\1/')\" -- --de"
    done = subprocess.run(["bash", "-c", asking], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.split() == ["--demo"]
