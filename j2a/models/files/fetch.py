"""Getting a model from the Hugging Face hub: only what is needed of it, resumable, checked against its digests."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import httpx2
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.file_download import http_get
from huggingface_hub.utils._headers import build_hf_headers

from j2a import paths
from j2a.backbone import BUILT_IN
from j2a.errors import J2AError, ModelError, ModelMissingError, UsageError
from j2a.records import dataclass

NAMES = {
    "7b": "mistralai/Mistral-7B-v0.1",
    "genre": "pedromatias97/genre-recognizer-finetuned-gtzan_dset",
}
_ANY = "a language model of the Hugging Face hub by its id, such as Qwen/Qwen2.5-0.5B"
_FOLDERS = {"genre": "genre"}  # where other than under the repository's own name it is looked for
_TEXTS = ("*.json", "*.model", "merges.txt", "vocab.txt", "*.jinja", "README.md", "LICENSE*")
_UNWANTED = ("consolidated*", "*/*", "training_args.bin")  # the weights once more, other formats, training leftovers
_PARTIAL, _PART = ".partial", ".part"
_INFO_TIMEOUT_S = 5.0
_HASH_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a repository; ``sha256`` is "" for small ones, which the hub knows by another digest."""

    name: str
    size: int
    sha256: str


def fetch(name: str, when_found: Callable[[], None] = lambda: None) -> Path:
    """Download "7b", "genre" or any hub id of a language model into the models folder; returns its folder.

    Progress is shown on stderr. What was downloaded before an interruption is kept and gone on with. The folder appears
    under its name only when every file has been checked. Raises ``ModelMissingError`` when the hub cannot be reached or
    does not have the model, ``ModelError`` when it does not fit on the disk or is damaged on its way, and
    ``UsageError`` for a name that nothing has. ``when_found`` is called when it is known that the hub has it.
    """
    source = NAMES.get(name, name)
    if name not in NAMES and "/" not in name:
        there = "mini comes with J2A" if name == BUILT_IN else f"There is no model {name!r}"
        raise UsageError(f"{there}.", f"What can be fetched: {', '.join(NAMES)}, networks, or {_ANY}.")
    revision, files = _listed(source)
    when_found()
    folder = paths.models_dir() / _FOLDERS.get(name, source.rpartition("/")[2])
    if folder.is_dir() and not _damaged(folder, files):
        return folder
    partial = paths.models_dir() / _PARTIAL / folder.name
    partial.parent.mkdir(parents=True, exist_ok=True)
    if folder.is_dir() and not partial.exists():
        folder.rename(partial)  # what is whole of it is not fetched again
    _check_room(source, partial, files)
    _download(source, revision, partial, files)
    if damaged := _damaged(partial, files):
        for file in damaged:
            (partial / file).unlink(missing_ok=True)
        raise ModelError(f"{', '.join(damaged)} of {source} came damaged.", "Run the same command again.")
    for part in partial.glob(f"*{_PART}"):  # of a revision that is gone
        part.unlink()
    if folder.is_dir():
        shutil.rmtree(folder)
    partial.rename(folder)
    return folder


def _listed(source: str) -> tuple[str, list[_File]]:
    """The revision and the files that are needed of it."""
    try:
        info = HfApi().model_info(source, files_metadata=True, timeout=_INFO_TIMEOUT_S)
    except (GatedRepoError, RepositoryNotFoundError, HFValidationError) as error:
        raise _refused(source, error) from error
    except (OfflineModeIsEnabled, httpx2.HTTPError, OSError) as error:
        raise _unreachable(source, error) from error
    found = [_File(f.rfilename, f.size or 0, f.lfs.sha256 if f.lfs else "") for f in info.siblings or []]
    found = [file for file in found if not any(fnmatch(file.name, pattern) for pattern in _UNWANTED)]
    weights = [file for file in found if file.name.endswith(".safetensors")] or [
        file for file in found if file.name.endswith(".bin")
    ]
    if not weights or info.sha is None:
        raise ModelError(f"{source} holds no weights that J2A can read.", "It reads safetensors, or PyTorch's .bin.")
    return info.sha, weights + [file for file in found if any(fnmatch(file.name, pattern) for pattern in _TEXTS)]


def _download(source: str, revision: str, partial: Path, files: list[_File]) -> None:
    """Fetch what is missing, each file under a name of its own until it is complete.

    By the hub library's function for one file: its function for whole repositories keeps nothing of a file that was
    interrupted.
    """
    headers = build_hf_headers()
    partial.mkdir(exist_ok=True)
    for file in files:
        if _is_whole(partial / file.name, file):
            continue
        part = partial / f"{file.name}.{(file.sha256 or revision)[:12]}{_PART}"
        url = hf_hub_url(source, file.name, revision=revision)
        try:
            with part.open("ab") as opened:
                http_get(
                    url,
                    opened,
                    resume_size=opened.tell(),
                    headers=headers,
                    expected_size=file.size,
                    displayed_filename=file.name,
                )
            part.replace(partial / file.name)
        except (OfflineModeIsEnabled, httpx2.HTTPError, HfHubHTTPError, OSError) as error:
            raise ModelMissingError(
                f"the download of {source} broke off: {_first_line(error)}",
                "What has come is kept: run the same command again and it goes on from there.",
            ) from error


def _damaged(folder: Path, files: list[_File]) -> list[str]:
    """The files that are not there, or not what the hub has."""
    return [file.name for file in files if not _is_whole(folder / file.name, file)]


def _is_whole(path: Path, file: _File) -> bool:
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    if not file.sha256:
        return True
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while block := opened.read(_HASH_BYTES):
            digest.update(block)
    return digest.hexdigest() == file.sha256


def _check_room(source: str, partial: Path, files: list[_File]) -> None:
    missing = sum(file.size for file in files if not (partial / file.name).is_file())
    free = shutil.disk_usage(partial.parent).free
    if missing > free:
        raise ModelError(
            f"{source} takes {missing / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free in {paths.models_dir()}.",
            "Make room there, or put J2A's files elsewhere with J2A_HOME.",
        )


def _refused(source: str, error: Exception) -> J2AError:
    if isinstance(error, GatedRepoError):
        return ModelMissingError(
            f"{source} asks you to accept its terms first.",
            f"Do that on its page on the hub ({source}), then give your token in HF_TOKEN and run the command again.",
        )
    return ModelMissingError(
        f"the hub has no model {source}, or keeps it private.",
        f"What can be fetched: {', '.join(NAMES)}, networks, or {_ANY}. A token goes into HF_TOKEN.",
    )


def _unreachable(source: str, error: Exception) -> ModelMissingError:
    if isinstance(error, OfflineModeIsEnabled):
        return ModelMissingError(f"{source} is not here, and HF_HUB_OFFLINE forbids the network.", "Unset it.")
    return ModelMissingError(
        f"{source} cannot be fetched: the hub cannot be reached ({_first_line(error)}).",
        "With a network, run the same command again.",
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
