"""Finding model folders on this machine, and telling which weights they hold."""

from __future__ import annotations

import hashlib
from pathlib import Path

from j2a import paths
from j2a.backbone import BUILT_IN
from j2a.errors import ModelMissingError
from j2a.models.files.built_in import refuse_damaged, shipped_name

_WEIGHT_SUFFIXES = {".safetensors", ".bin", ".pt", ".pth"}
_WHOLE_FILE_BYTES = 256 << 20
_SAMPLE_BYTES, _SAMPLES = 1 << 20, 64


def find_folder(source: str) -> Path:
    """The local folder of a model: a folder, a name in the models folder, or a hub id in the cache.

    "mini" is the built-in language model, "mini/encoder" what is built in beside it.
    Never touches the network. Raises ``ModelMissingError`` that names the command to get it, or says that what is built
    in is damaged.
    """
    name, _, part = source.partition("/")
    if name == BUILT_IN and "/" not in part and part not in (".", ".."):
        folder = paths.builtin_model_dir() / part
        if folder.is_dir():
            refuse_damaged(folder)
            return folder
    folder = Path(source).expanduser()
    if folder.is_dir():
        refuse_damaged(folder)
        return folder
    for name in (source, source.rpartition("/")[2]):
        if name and paths.is_folder(paths.models_dir() / name) and ".." not in name:
            return paths.models_dir() / name
    if (cached := _in_the_cache(source)) is not None:
        return cached
    raise ModelMissingError(
        f"{source} is neither a folder nor a model on this machine.",
        f"To get it from the hub: {download_command(source)}",
    )


def _in_the_cache(source: str) -> Path | None:
    """A hub id in the hub's own cache."""
    try:  # takes a moment, which what is built in does without
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError:
        return None
    try:
        return Path(snapshot_download(source, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, FileNotFoundError):
        return None


def download_command(source: str) -> str:
    """The command that puts a hub model where ``find_folder`` looks."""
    return f"j2a models fetch {source}"


def weight_files(folder: Path) -> list[Path]:
    """The files that hold weights, sorted by name. Safetensors alone, where a folder has both kinds."""
    files = sorted(path for path in folder.iterdir() if path.suffix in _WEIGHT_SUFFIXES)
    safe = [path for path in files if path.suffix == ".safetensors"]
    return safe or [path for path in files if path.name != "training_args.bin"]


def size_bytes(folder: Path) -> int:
    """Bytes of weights in a folder."""
    return sum(path.stat().st_size for path in weight_files(folder))


def weights_hash(folder: Path) -> str:
    """First 12 hex digits of a SHA-256 over the weights of a folder.

    Files up to 256 MiB are read whole. Of larger ones the length and 64 evenly spaced blocks of 1 MiB are read,
    so that a 14 GB model is named in a second: enough to tell revisions apart, no protection against forgery.
    """
    return shipped_name(folder) or hashed(folder)


def hashed(folder: Path) -> str:
    """:func:`weights_hash` from the files themselves."""
    digest = hashlib.sha256()
    for path in weight_files(folder):
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}\n".encode())
        with path.open("rb") as file:
            if size <= _WHOLE_FILE_BYTES:
                while block := file.read(_SAMPLE_BYTES):
                    digest.update(block)
                continue
            for index in range(_SAMPLES):
                file.seek(index * (size - _SAMPLE_BYTES) // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:12]
