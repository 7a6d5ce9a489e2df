"""The weights of a folder of ours (:mod:`j2a.models.files.saved`) as torch's tensors, and such a folder written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from j2a.errors import ModelError
from j2a.models.files.saved import CONFIG_FILE, WEIGHTS_FILE, refuse_others

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


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


def read_weights(folder: Path, wanted: Mapping[str, Tensor], mend: str) -> dict[str, Tensor]:
    """The weights of a folder in float32, which have the names and shapes of ``wanted``.

    ``mend`` is what to do about a damaged folder. Raises ``ModelError`` that names the file.
    """
    refuse_others(folder, {name: tuple(weight.shape) for name, weight in wanted.items()}, mend)
    path = folder / WEIGHTS_FILE
    try:
        return {name: weight.float() for name, weight in load_file(path).items()}
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.", mend) from error
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged: {error}.", mend) from error
