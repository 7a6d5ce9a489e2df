"""Genre, by a HuBERT audio classifier fine-tuned on GTZAN's ten genres; only when its weights are on this machine."""

from __future__ import annotations

import functools
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from j2a import paths
from j2a.audio import decode
from j2a.clip import Clip
from j2a.errors import AudioError, J2AError
from j2a.extras import require_torch
from j2a.features.madmom_door import SAMPLE_RATE
from j2a.features.record import Genre

REPOSITORY = "pedromatias97/genre-recognizer-finetuned-gtzan_dset"
SOURCE = "gtzan"
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
NO_MODEL = "The genre model is not on this machine; this gets it: j2a models fetch genre"
MAX_S = 30.0  # the model was trained on clips of 30 s; from longer sections the middle is taken


def find_weights() -> Path | None:
    """The folder of the genre model: in J2A's own models folder, else in the Hugging Face cache. Never the network."""
    own = paths.models_dir() / "genre"
    if paths.is_folder(own) and _is_complete(own):
        return own
    if "huggingface_hub" not in sys.modules and not _may_be_cached():
        return None
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(REPOSITORY, "config.json")
    if isinstance(config, str) and _is_complete(Path(config).parent):
        return Path(config).parent
    return None


def _may_be_cached() -> bool:
    """Whether the Hugging Face cache has a folder of the model; told without its slow library."""
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    cache = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or home / "hub"
    folder = Path(os.path.expandvars(cache)) / f"models--{REPOSITORY.replace('/', '--')}"
    try:
        return paths.is_folder(folder.expanduser())
    except RuntimeError:  # "~" without a home
        return False


def measure_genre_of(clip: Clip) -> tuple[Genre | None, str | None]:
    """As :func:`measure_genre`; the middle of the clip is decoded only when there is a model to hear it."""
    if find_weights() is None:
        return None, NO_MODEL
    try:
        duration_s = decode.duration_s(clip)
        start_s = clip.start_s + max(0.0, (duration_s - MAX_S) / 2)
        middle = Clip(clip.path, start_s, start_s + min(duration_s, MAX_S))
        return measure_genre(decode.load(middle, SAMPLE_RATE))
    except AudioError as error:
        return None, error.message


def measure_genre(samples: NDArray[np.float32]) -> tuple[Genre | None, str | None]:
    """(the likeliest genre and its probability, ``None``), or (``None``, the reason).

    ``samples``: float32 (T,), mono, 44,100 Hz, at least 2 s.
    """
    folder = find_weights()
    if folder is None:
        return None, NO_MODEL
    try:
        require_torch("The genre model")
        extractor, model = _load(folder)
    except J2AError as error:
        return None, f"{error.message} {error.hint}"
    except (OSError, ValueError, RuntimeError, KeyError, ImportError, pickle.UnpicklingError) as error:
        first_line = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        return None, f"The genre model in {folder} cannot be used: {first_line}"
    import torch

    rate = int(extractor.sampling_rate)
    length = round(MAX_S * SAMPLE_RATE)
    start = max(0, (len(samples) - length) // 2)
    resampled = soxr.resample(samples[start : start + length], SAMPLE_RATE, rate).astype(np.float32)
    inputs = extractor(resampled, sampling_rate=rate, return_tensors="pt")
    with torch.inference_mode():
        probabilities = torch.softmax(model(**inputs).logits[0].float(), dim=-1)
    best = int(probabilities.argmax())
    score = float(probabilities[best])
    if not np.isfinite(score):
        return None, "The genre model gave no finite answer."
    return Genre(str(model.config.id2label[best]), round(score, 4), SOURCE), None


@functools.lru_cache(maxsize=1)
def _load(folder: Path) -> tuple[Any, Any]:
    """Feature extractor and classifier. Weights in a ``.bin`` are read by torch's weights-only reader."""
    from transformers import AutoFeatureExtractor, HubertForSequenceClassification

    extractor = AutoFeatureExtractor.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    model: Any
    report: dict[str, Any]
    model, report = HubertForSequenceClassification.from_pretrained(  # type: ignore[misc]  # a pair, when asked for
        folder, local_files_only=True, weights_only=True, output_loading_info=True
    )
    if report["missing_keys"] or report["mismatched_keys"]:
        raise ValueError("its weights do not fit a HuBERT classifier.")
    return extractor, model.eval()


def _is_complete(folder: Path) -> bool:
    return (folder / "config.json").is_file() and any((folder / name).is_file() for name in WEIGHT_FILES)
