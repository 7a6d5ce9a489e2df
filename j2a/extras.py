"""Packages that only some of J2A needs, and that may not be installed."""

from __future__ import annotations

import importlib.util
import shlex
import sys

from j2a.address_space import refuse_less_than
from j2a.errors import ModelMissingError

_TORCH = ("torch", "transformers")
_TORCH_BYTES = 1_400_000 << 10  # of address space, with the smallest model: torch 2.13 on x86-64


def install(extra: str) -> str:
    """The command that adds an extra to this installation of J2A.

    It names this Python: a bare ``pip`` may belong to another one, where j2a is not installed and a package of that
    name would be taken from the index. What uv makes has no pip.
    """
    python = shlex.quote(sys.executable or "python")
    command = f"{python} -m pip install" if is_there("pip") else f"uv pip install --python {python}"
    return f'{command} "j2a[{extra}]"'


def require_torch(what: str) -> None:
    """Raise ``ModelMissingError`` where torch or transformers is not installed; ``what`` is what needs them.

    Raises ``EngineError`` where they would not have the address space to load.
    """
    missing = [package for package in _TORCH if not is_there(package)]
    if missing:
        raise ModelMissingError(
            f"{what} needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed.",
            f"Install the extra: {install('torch')}",
        )
    refuse_less_than(_TORCH_BYTES, "torch")


def is_there(package: str) -> bool:
    """Whether a package is installed. Imports nothing."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def has_torch() -> bool:
    """Whether what the extra ``torch`` brings is installed."""
    return all(map(is_there, _TORCH))
