"""Whether the built-in weights are what was shipped: a damaged one would still write captions, and wrong ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

from j2a import paths
from j2a.errors import ModelMissingError

SUMS, NAMES = "SHA256SUMS", "WEIGHTS"
"""Beside the weights, made by ``scripts/built_in_sums.py``: the sum of every file, and what ``weights_hash`` says of
each folder, because to read all of them twice holds up every start."""
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
        if (root / name).parent == folder:
            _refuse_damaged_file(root / name, wanted)


def shipped_name(folder: Path) -> str | None:
    """What ``weights_hash`` says of the weights in a built-in folder; ``None`` for other folders.

    Raises ``ModelMissingError`` where they are not what was shipped.
    """
    root, folder = paths.builtin_model_dir().resolve(), folder.resolve()
    if not folder.is_relative_to(root):
        return None
    refuse_damaged(folder)
    _refuse_damaged_file(root / NAMES, _shipped(root).get(NAMES, ""))
    return _listed(root / NAMES).get(folder.relative_to(root).as_posix())


def _shipped(root: Path) -> dict[str, str]:
    return {name.removeprefix("*"): digest for name, digest in _listed(root / SUMS).items()}


def _listed(path: Path) -> dict[str, str]:
    """The names in a list and what stands before each."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}
    except (OSError, ValueError) as error:
        raise _damaged(f"{path} cannot be read") from error


def _refuse_damaged_file(path: Path, wanted: str) -> None:
    if what := _damage(path, wanted):
        raise _damaged(f"{path} {what}")


def _damaged(what: str) -> ModelMissingError:
    return ModelMissingError(
        f"the built-in weights are damaged: {what}.", "Install J2A again; what you captioned stays.",
        title="Model cannot be used",
    )  # fmt: skip


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
