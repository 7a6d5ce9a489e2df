"""Packages that only some of J2A needs, and that may not be installed."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from types import ModuleType

from j2a.address_space import refuse_less_than
from j2a.errors import J2AError, ModelMissingError

INSTALL_AGAIN = "Install J2A again (README.md, Install)."
_OURS = ("j2a", "j2a_tui", "training")
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


def incomplete(error: Exception) -> J2AError | None:
    """What an error means where a module of ours is not there, as after a copy that was not whole; else ``None``."""
    name = ""
    if isinstance(error, ModuleNotFoundError) or (isinstance(error, ImportError) and error.path is None):
        name = error.name or ""
    elif isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        # A folder without its own module is an empty one to Python.
        name = "" if getattr(error.obj, "__file__", None) else error.obj.__name__
    if name.partition(".")[0] not in _OURS:
        return None
    return J2AError(f"{name} is missing from this installation.", INSTALL_AGAIN, title="J2A is not complete")


def is_there(package: str) -> bool:
    """Whether a package is installed. Imports nothing."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def has_torch() -> bool:
    """Whether what the extra ``torch`` brings is installed."""
    return all(map(is_there, _TORCH))
