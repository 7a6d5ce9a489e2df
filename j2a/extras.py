"""Packages that only some of J2A needs, and that may not be installed."""

from __future__ import annotations

import importlib.util

from j2a.errors import ModelMissingError

TORCH_EXTRA = 'pip install "j2a[torch]"'


def require_torch(what: str) -> None:
    """Raise ``ModelMissingError`` where torch or transformers is not installed; ``what`` is what needs them."""
    missing = [package for package in ("torch", "transformers") if not is_there(package)]
    if missing:
        raise ModelMissingError(
            f"{what} needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed.",
            f"Install the extra: {TORCH_EXTRA}",
        )


def is_there(package: str) -> bool:
    """Whether a package is installed. Imports nothing."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False
