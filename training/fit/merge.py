"""``j2a-train merge``: a LoRA adapter and its base as one plain language model."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from j2a.errors import J2AError, UsageError
from j2a.models.audio.projector import CARD_FILE
from j2a.models.files.weights import find_folder, weight_files
from j2a.models.language.llm import ADAPTER_CONFIG, load_llm
from training.ground.run_folder import BEST


def merge(run: Path, out: Path) -> None:
    """Write the best adapter of a run, or the adapter's folder itself, merged into its base, as a new folder ``out``.

    In the base's 16 or 32 bits. ``out`` appears when it is whole. Raises ``UsageError`` where it exists or there is no
    adapter, ``J2AError`` when something cannot be loaded or written.
    """
    if out.exists():
        raise UsageError(f"{out} exists already.", "Give a folder that does not exist yet.")
    adapter = run / BEST if (run / BEST).is_dir() else run
    if not (adapter / ADAPTER_CONFIG).is_file():
        raise UsageError(f"there is no adapter in {run}.", "Give a run of j2a-train fit --version 1.0.")
    llm = load_llm(str(adapter), device="cpu")
    base = find_folder(llm.model.config.name_or_path)
    staging = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        llm.model.to(_stored_type(base)).save_pretrained(staging)
        llm.tokenizer.save_pretrained(staging)
        if (adapter / CARD_FILE).is_file():
            card = (adapter / CARD_FILE).read_text(encoding="utf-8")
            text = "\nThis folder holds adapter and base merged, by `j2a-train merge`.\n"
            (staging / CARD_FILE).write_text(card + text, encoding="utf-8")
        staging.rename(out)
    except (OSError, SafetensorError) as error:
        raise J2AError(
            f"{out} cannot be written: {getattr(error, 'strerror', None) or error}.",
            "Make room there, or choose another folder.",
            title="Cannot merge",
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _stored_type(base: Path) -> torch.dtype:
    """float32 where the base is stored so, bfloat16 else."""
    with safe_open(weight_files(base)[0], framework="pt") as file:
        kinds = {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
    return torch.float32 if kinds == {"F32"} else torch.bfloat16
