"""A model of ours as a folder: ``config.json``, ``model.safetensors``, read back only where they fit each other.

Weights are mapped, not read: processes share them, and they take no memory of their own.
:mod:`j2a.models.files.tensors` has the same for torch.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from j2a.errors import ModelError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Config = TypeVar("Config", bound=DataclassInstance)

_HARMLESS = 10_000_000  # numbers
CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.safetensors"
# bfloat16, which NumPy does not have, as its bits.
_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U8": "u1",
}  # fmt: skip


def read_config(folder: Path, model_type: str, kind: type[Config], mend: str) -> Config:
    """The config of a folder; ``kind`` checks its values and raises ``ValueError``.

    ``mend`` is what to do about a damaged folder. Raises ``ModelError`` that names the file.
    """
    path = folder / CONFIG_FILE
    try:
        values: Any = json.loads(path.read_bytes())
        if not isinstance(values, dict) or values.pop("model_type", None) != model_type:
            raise ModelError(f'{path} does not say "model_type": "{model_type}": it is of another model.', mend)
        numbers = {field.name for field in fields(kind) if field.type in ("int", "float")}
        optional = {field.name for field in fields(kind) if field.metadata.get("may_be_missing")}
        if differing := ({field.name for field in fields(kind)} ^ values.keys()) - optional:
            raise ValueError(f"missing or unknown: {', '.join(sorted(differing))}")
        if wrong := [name for name, value in values.items() if isinstance(value, bool) and name in numbers]:
            raise ValueError(f"{', '.join(wrong)} is true or false, not a number")  # Python's are numbers
        return kind(**values)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.", mend) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} cannot be used: {error}.", mend) from error


def refuse_larger(folder: Path, numbers: int, mend: str) -> None:
    """Raise ``ModelError`` where the weights of a folder have fewer numbers than its config asks for.

    So a config that is mad, or meant to harm, is refused before anything of its size is built. (Torch's "meta" device
    builds for nothing, but imports torch's compiler for it, which takes longer than to load a small model.)
    """
    path = folder / WEIGHTS_FILE
    held = sum(math.prod(shape) for shape in shapes(folder, mend).values())
    if numbers > max(held, _HARMLESS):  # of what is smaller it is told later which weight does not fit
        raise ModelError(
            f"{path} does not fit its {CONFIG_FILE}: it holds {held:,} numbers, and the config asks for {numbers:,}.",
            mend,
        )


def shapes(folder: Path, mend: str) -> dict[str, tuple[int, ...]]:
    """The shapes of a folder's weights, by name. Raises ``ModelError`` as :func:`mapped`."""
    path = folder / WEIGHTS_FILE
    try:
        with safe_open(path, framework="np") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.", mend) from error
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged: {error}.", mend) from error


def refuse_others(folder: Path, wanted: Mapping[str, tuple[int, ...]], mend: str) -> None:
    """Raise ``ModelError`` that names the file where a folder's weights have other names or shapes than ``wanted``."""
    found = shapes(folder, mend)
    if differing := sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)):
        name = differing[0]
        raise ModelError(
            f"{folder / WEIGHTS_FILE} does not fit its {CONFIG_FILE}: {name} is {found.get(name, 'missing')} in the "
            f"weights and {wanted.get(name, 'unknown')} by the config; so are {len(differing) - 1} more.",
            mend,
        )


def mapped(folder: Path, wanted: Mapping[str, tuple[int, ...]], mend: str) -> dict[str, NDArray[Any]]:
    """The weights of a folder as they lie in its file, bfloat16 as its bits (uint16); they cannot be written to.

    They have the names and shapes of ``wanted``. ``mend`` is what to do about a damaged folder. Raises ``ModelError``
    that names the file.
    """
    refuse_others(folder, wanted, mend)  # safetensors has checked that everything lies inside the file
    path = folder / WEIGHTS_FILE
    try:
        with path.open("rb") as file:
            start = int.from_bytes(file.read(8), "little")
            about = json.loads(file.read(start))
        content = np.asarray(np.memmap(path, np.uint8, "r"))
        return {name: _weight(content[8 + start :], about[name], path, mend) for name in wanted}
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path} cannot be read: {error}.", mend) from error


def _weight(content: NDArray[np.uint8], about: dict[str, Any], path: Path, mend: str) -> NDArray[Any]:
    kind = _TYPES.get(about["dtype"])
    if kind is None:
        raise ModelError(f"{path} holds weights of the type {about['dtype']}, which J2A does not know.", mend)
    begin, end = about["data_offsets"]
    return content[begin:end].view(kind).reshape(about["shape"])


def as_float32(weight: NDArray[Any]) -> NDArray[np.float32]:
    """A mapped weight in float32, itself where it is that already."""
    if weight.dtype == np.uint16:
        return (weight.astype(np.uint32) << 16).view(np.float32)
    return np.asarray(weight, np.float32)
