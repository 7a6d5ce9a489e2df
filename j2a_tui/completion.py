"""Completion of ``j2a-tui`` for shells, made from its own options. (``j2a`` and ``j2a-train`` have typer's.)"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "j2a-tui"


class ShowCompletion(argparse.Action):
    """Prints the script for a shell, the one in use where none is named, and leaves."""

    def __init__(self, option_strings: Sequence[str], dest: str, **how: Any) -> None:
        super().__init__(option_strings, dest, nargs="?", choices=SHELLS, metavar="SHELL", **how)

    def __call__(self, parser: argparse.ArgumentParser, *given: Any) -> None:
        """As argparse calls it: namespace, value, option."""
        sys.stdout.write(script(parser, given[1] or shell_in_use(os.environ.get("SHELL", ""))))
        parser.exit()


def shell_in_use(path: str) -> str:
    """The shell of this name, bash where it is another."""
    name = Path(path).name
    return name if name in SHELLS else "bash"


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """What the shell is to read at its start."""
    options = [(option, action.help or "") for action in parser._actions for option in action.option_strings]
    words = [option for option, _ in options if option.startswith("--")]
    if shell == "bash":
        return f'complete -o default -W "{" ".join(words)}" {PROGRAM}\n'
    if shell == "fish":
        return "".join(f"complete -c {PROGRAM} -l {option[2:]} -d '{_plain(about)}'\n"
                       for option, about in options if option.startswith("--"))
    lines = [f"  '{option}[{_plain(about)}]' \\\n" for option, about in options if option.startswith("--")]
    return (f"#compdef {PROGRAM}\n_j2a_tui() {{\n  _arguments \\\n{''.join(lines)}  '*:music:_files'\n}}\n"
            f"compdef _j2a_tui {PROGRAM}\n")


def _plain(about: str) -> str:
    """Without what shells would take for theirs."""
    return about.translate(str.maketrans("", "", "'[]\\:%$`\""))
