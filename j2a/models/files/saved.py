"""A model of ours as a folder: ``config.json``, ``model.safetensors``, read back only where they fit each other."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from j2a.errors import ModelError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Config = TypeVar("Config", bound=DataclassInstance)

_HARMLESS = 10_000_000  # numbers
CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.safetensors"


def write(
    folder: Path, model_type: str, config: DataclassInstance, weights: Mapping[str, Tensor], *, half: bool = False
) -> None:
    """Write both files into an existing folder, the weights in float32.

    ``half``: matrices in float16, half as large; norms, biases and statistics stay as they are.
    """
    text = json.dumps({"model_type": model_type, **asdict(config)}, indent=2, ensure_ascii=False)
    (folder / CONFIG_FILE).write_text(text + "\n", encoding="utf-8")
    plain = {name: weight.detach().float().cpu().contiguous() for name, weight in weights.items()}
    if half:
        plain = {name: weight.half() if weight.ndim > 1 else weight for name, weight in plain.items()}
    save_file(plain, folder / WEIGHTS_FILE)
    shutil.copymode(folder / CONFIG_FILE, folder / WEIGHTS_FILE)  # safetensors keeps others from reading it


def read_config(folder: Path, model_type: str, kind: type[Config], mend: str) -> Config:
    """The config of a folder; ``kind`` checks its values and raises ``ValueError``.

    ``mend`` is what to do about a damaged folder. Raises ``ModelError`` that names the file.
    """
    path = folder / CONFIG_FILE
    try:
        values: Any = json.loads(path.read_bytes())
        if not isinstance(values, dict) or values.pop("model_type", None) != model_type:
            raise ModelError(f'{path} does not say "model_type": "{model_type}": it is of another model.', mend)
        optional = {field.name for field in fields(kind) if field.metadata.get("may_be_missing")}
        if differing := ({field.name for field in fields(kind)} ^ values.keys()) - optional:
            raise ValueError(f"missing or unknown: {', '.join(sorted(differing))}")
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
    held = sum(math.prod(shape) for shape in _shapes(path, mend).values())
    if numbers > max(held, _HARMLESS):  # of what is smaller it is told later which weight does not fit
        raise ModelError(
            f"{path} does not fit its {CONFIG_FILE}: it holds {held:,} numbers, and the config asks for {numbers:,}.",
            mend,
        )


def _shapes(path: Path, mend: str) -> dict[str, tuple[int, ...]]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.", mend) from error
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged: {error}.", mend) from error


def read_weights(folder: Path, wanted: Mapping[str, Tensor], mend: str) -> dict[str, Tensor]:
    """The weights of a folder in float32, which have the names and shapes of ``wanted``.

    ``mend`` is what to do about a damaged folder. Raises ``ModelError`` that names the file.
    """
    path = folder / WEIGHTS_FILE
    shapes = {name: tuple(weight.shape) for name, weight in wanted.items()}
    found = _shapes(path, mend)
    try:
        if differing := sorted(name for name in shapes.keys() | found.keys() if shapes.get(name) != found.get(name)):
            name = differing[0]
            raise ModelError(
                f"{path} does not fit its {CONFIG_FILE}: {name} is {found.get(name, 'missing')} in the weights and "
                f"{shapes.get(name, 'unknown')} by the config; so are {len(differing) - 1} more.",
                mend,
            )
        return {name: weight.float() for name, weight in load_file(path).items()}
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.", mend) from error
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged: {error}.", mend) from error
