"""Loading a causal language model: the built-in one, Mistral-7B, any folder; LoRA adapters; 16, 8 or 4 bits."""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from safetensors import SafetensorError

from j2a.caption import Sampling
from j2a.errors import ModelError, ModelMissingError, UsageError
from j2a.extras import install
from j2a.models.files.weights import find_folder, size_bytes, weights_hash
from j2a.models.language.chat import prompt_ids
from j2a.models.language.generation import batch_text, stream_text
from j2a.models.language.sequence import embedding_of, sequence
from j2a.models.language.stats import GenerationStats
from j2a.records import dataclass

Precision = Literal["auto", "float32", "bfloat16", "8bit", "4bit"]
ADAPTER_CONFIG = "adapter_config.json"
_SMALL_MODEL_BYTES = 512 << 20
_SMALLER = {"float32": "8bit", "bfloat16": "8bit", "8bit": "4bit"}
_ROOM = 1.25  # memory for the cache and activations, as a factor on the weights


@dataclass(slots=True)
class LoadedLLM:
    """A model ready to generate, and what it is."""

    model: Any
    tokenizer: Any
    folder: Path
    weights: str  # see weights_hash; "base+adapter" with an adapter
    device: str
    precision: str
    note: str = ""  # what the user should know about how it was loaded

    @property
    def width(self) -> int:
        """Of its embeddings. Raises ``ModelError`` for a model that takes none."""
        return int(embedding_of(self.model).weight.shape[1])

    @property
    def parameters(self) -> int:
        """How many numbers it is of."""
        return sum(weights.numel() for weights in self.model.parameters())

    def stream(
        self,
        prompt: str,
        soft_tokens: torch.Tensor | None = None,
        *,
        sampling: Sampling,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
        stats: GenerationStats | None = None,
    ) -> Iterator[str]:
        """The answer to a prompt, behind which soft tokens (N, width) may stand, piece by piece."""
        return stream_text(
            self.model, self.tokenizer, self._read(prompt, soft_tokens), sampling=sampling, seed=seed,
            cancelled=cancelled, stats=stats,
        )  # fmt: skip

    def answers(
        self,
        prompts: Sequence[str],
        soft_tokens: Sequence[torch.Tensor] | None = None,
        *,
        sampling: Sampling,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
        stats: GenerationStats | None = None,
    ) -> list[str]:
        """The answers to several prompts, made together."""
        heard = [None] * len(prompts) if soft_tokens is None else soft_tokens
        read = [self._read(prompt, soft) for prompt, soft in zip(prompts, heard, strict=True)]
        return batch_text(
            self.model, self.tokenizer, read, sampling=sampling, seed=seed, cancelled=cancelled, stats=stats
        )

    @torch.inference_mode()
    def _read(self, prompt: str, soft_tokens: torch.Tensor | None) -> list[int] | torch.Tensor:
        if soft_tokens is None:
            return prompt_ids(self.tokenizer, prompt)
        return sequence(self.model, self.tokenizer, prompt, soft_tokens).embeddings


def load_llm(source: str, *, precision: Precision | None = None, device: str | None = None) -> LoadedLLM:
    """Load from a folder, a name in the models folder, or a hub id that was downloaded before.

    ``precision`` and ``device`` are chosen by the free memory where they are neither given nor named in the environment
    (``J2A_PRECISION``, ``J2A_DEVICE``). What does not fit after all is loaded in the next smaller precision, once; the
    ``note`` says so.

    A folder with ``adapter_config.json`` is a LoRA adapter: its base model is found the same way and the adapter is
    merged into it, or put on top of it where the base is in 8 or 4 bits.
    Raises ``ModelMissingError`` when something is not there, ``ModelError`` when it is there but cannot be used.
    """
    from transformers import AutoTokenizer  # takes seconds
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    folder = find_folder(source)
    adapter = folder if (folder / ADAPTER_CONFIG).is_file() else None
    base = find_folder(_base_of(folder)) if adapter else folder
    device, wanted = resources(precision, device)
    chosen = pick_precision(wanted, size_bytes(base), device)
    note = ""
    try:
        try:
            model = _load_model(base, adapter, chosen, device)
        except torch.OutOfMemoryError:
            smaller = _SMALLER.get(chosen)
            if wanted != "auto" or smaller is None:
                raise
            note = f"loaded in {smaller}: in {chosen} it does not fit into the memory of {device}"
            _require("bitsandbytes", f"{base.name} does not fit in {chosen}, and {smaller} needs bitsandbytes.")
            chosen = smaller
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            model = _load_model(base, adapter, chosen, device)
        tokenizer = AutoTokenizer.from_pretrained(_tokenizer_folder(base, adapter), local_files_only=True)
    except torch.OutOfMemoryError as error:
        raise ModelError(
            f"{base.name} does not fit into the memory of {device} in {chosen}.",
            "Choose J2A_PRECISION=8bit or 4bit, or the built-in backbone: --backbone mini.",
        ) from error
    except pickle.UnpicklingError as error:  # raised by torch's weights-only reader
        raise ModelError(
            f"{folder} holds something other than weights, which J2A never runs.",
            "Use a safetensors version of this model.",
        ) from error
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise ModelError(
            f"{folder} cannot be loaded: {_first_line(error)}", "Fetch the model again, or choose another --backbone."
        ) from error
    if tokenizer.eos_token_id is None:
        raise ModelError(
            f"the tokenizer of {base.name} has no EOS token, so captions would never end.",
            "Set eos_token in its tokenizer_config.json.",
        )
    if device == "cpu" and size_bytes(base) > _SMALL_MODEL_BYTES:
        torch.set_num_threads(os.cpu_count() or 1)  # the engine begins with one, which is best for small models
    hashes = [weights_hash(base), *([weights_hash(adapter)] if adapter else [])]
    return LoadedLLM(model.eval(), tokenizer, folder, "+".join(hashes), device, chosen, note)


def _load_model(base: Path, adapter: Path | None, precision: str, device: str) -> Any:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(
        base, local_files_only=True, attn_implementation="sdpa", **_loading_options(precision, device)
    )
    return _with_adapter(model, adapter, merge=precision in ("float32", "bfloat16")) if adapter else model


def resources(precision: Precision | None = None, device: str | None = None) -> tuple[str, Precision]:
    """The device to use, and the precision asked for: as given, as the environment says, or by what there is.

    Raises ``UsageError`` for a device that is not there, or a precision that does not exist.
    """
    asked: Any = precision or os.environ.get("J2A_PRECISION") or "auto"
    if asked not in get_args(Precision):
        raise UsageError(f"there is no precision {asked!r}.", f"Precisions: {', '.join(get_args(Precision))}.")
    chosen = device or os.environ.get("J2A_DEVICE") or "auto"
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if chosen == "auto":
        chosen = next(name for name in ("cuda", "mps", "cpu") if present[name])
    if not present.get(chosen.partition(":")[0]):
        here = ", ".join(name for name, there in present.items() if there)
        raise UsageError(f"there is no device {chosen!r} on this machine.", f"Devices here: {here}.")
    return chosen, asked


def _loading_options(precision: str, device: str) -> dict[str, Any]:
    if precision in ("8bit", "4bit"):
        from transformers import BitsAndBytesConfig
    if precision == "8bit":
        return {"quantization_config": BitsAndBytesConfig(load_in_8bit=True), "device_map": device}
    if precision == "4bit":
        config = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
        return {"quantization_config": config, "device_map": device}
    options: dict[str, Any] = {"dtype": getattr(torch, precision)}
    if device != "cpu":
        options["device_map"] = device
    return options


def pick_precision(precision: Precision, size: int, device: str) -> str:
    """By the bytes of the weights and the free memory; the first of bfloat16, 8bit and 4bit that fits a GPU.

    What was asked for is taken as it is. Raises ``ModelMissingError`` when that needs a package that is not there.
    """
    if precision in ("8bit", "4bit"):
        _require("bitsandbytes", f"{precision} weights need bitsandbytes.")
    if precision != "auto":
        return precision
    if size <= _SMALL_MODEL_BYTES and device == "cpu":
        return "float32"  # bfloat16 is slower than float32 on most processors, and small models fit anyway
    if not device.startswith("cuda") or importlib.util.find_spec("bitsandbytes") is None:
        return "bfloat16"
    free, _ = torch.cuda.mem_get_info(device)
    if size * _ROOM <= free:
        return "bfloat16"
    return "8bit" if size * _ROOM / 2 <= free else "4bit"


def _with_adapter(model: Any, adapter: Path, *, merge: bool) -> Any:
    _require("peft", f"{adapter.name} is a LoRA adapter, which needs peft.")
    from peft import PeftModel

    model = PeftModel.from_pretrained(model, str(adapter), local_files_only=True)
    return model.merge_and_unload() if merge else model


def _require(package: str, message: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise ModelMissingError(message, f"Install the extra: {install('llm')}")


def _base_of(adapter: Path) -> str:
    try:
        base = json.loads((adapter / ADAPTER_CONFIG).read_text(encoding="utf-8"))["base_model_name_or_path"]
        if not isinstance(base, str) or not base or "\0" in base:
            raise ValueError("it is no name")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(
            f"{adapter / ADAPTER_CONFIG} does not name its base model.", "Save the adapter again with peft."
        ) from error
    # A base given as a relative path is meant from the adapter's own place.
    return str(adapter / base) if (adapter / base).is_dir() else base


def _tokenizer_folder(base: Path, adapter: Path | None) -> Path:
    return adapter if adapter and (adapter / "tokenizer_config.json").is_file() else base


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
