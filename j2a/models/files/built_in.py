"""Whether the built-in weights are what was shipped: a damaged one would still write captions, and wrong ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

from j2a import paths
from j2a.errors import ModelMissingError

SUMS = "SHA256SUMS"
"""Beside the weights; made there by ``sha256sum $(find * -type f ! -name '*.md' ! -name SHA256SUMS | sort)``."""
_BLOCK_BYTES = 1 << 20
_checked: dict[Path, tuple[tuple[int, int], str]] = {}  # size, time of change; the sum


def refuse_damaged(folder: Path) -> None:
    """Raise ``ModelMissingError`` where a file of a built-in folder is not what was shipped. Other folders pass.

    39 MB take a tenth of a second, once a process.
    """
    root = paths.builtin_model_dir().resolve()
    folder = folder.resolve()
    if not folder.is_relative_to(root):
        return
    for name, wanted in _shipped(root).items():
        path = root / name
        if path.parent == folder and (what := _damage(path, wanted)):
            raise ModelMissingError(
                f"the built-in weights are damaged: {path} {what}.",
                "Install J2A again; what you captioned stays.",
                title="Model cannot be used",
            )


def _shipped(root: Path) -> dict[str, str]:
    try:
        lines = (root / SUMS).read_text(encoding="ascii").splitlines()
        return {name.removeprefix("*"): digest for digest, name in (line.split(maxsplit=1) for line in lines)}
    except (OSError, ValueError) as error:
        raise ModelMissingError(
            f"the built-in weights are damaged: {root / SUMS} cannot be read.",
            "Install J2A again; what you captioned stays.",
            title="Model cannot be used",
        ) from error


def _damage(path: Path, wanted: str) -> str:
    try:
        about = path.stat()
        state = about.st_size, about.st_mtime_ns
        known = _checked.get(path)
        if known is None or known[0] != state:
            known = _checked[path] = state, _sum(path)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if known[1] == wanted else "is not the file that was shipped"


def _sum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
