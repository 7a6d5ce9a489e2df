"""Folders of models: configs, headers of weights, a tokenizer's files, adapters. Torch and tokenizers do the rest."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models

from bench.fuzz.target import Target, as_choice, chosen, told
from j2a.caption import Sampling
from j2a.errors import J2AError
from j2a.models import registry
from j2a.models.audio.encoder_config import MWMAEConfig
from j2a.models.audio.mwmae import MWMAE, load_encoder
from j2a.models.audio.projector import Projector, load_projector
from j2a.models.audio.projector_config import ProjectorConfig
from j2a.models.files import saved
from j2a.models.language import llm
from j2a.models.language.chat import CHATML
from j2a.models.light import llm as light
from j2a.models.light import mistral

FILES = (
    "encoder/config.json", "projector/config.json", "mini/config.json", "mini/tokenizer.json",
    "mini/tokenizer_config.json", "mini/chat_template.jinja", "encoder/model.safetensors",
    "projector/model.safetensors", "mini/model.safetensors", "adapter/adapter_config.json", "data/models/x/config.json",
)  # fmt: skip
_MINI: dict[str, Any] = {
    "model_type": "mistral", "vocab_size": 8, "hidden_size": 4, "intermediate_size": 4, "num_hidden_layers": 1,
    "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 2, "rms_norm_eps": 1e-5, "hidden_act": "silu",
    "tie_word_embeddings": True, "sliding_window": None, "eos_token_id": 1,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
}  # fmt: skip


def attempt(data: bytes, folder: Path) -> None:
    """A folder with one strange file: it is loaded and can be used, or refused in words."""
    name, content = chosen(data, FILES)
    whole = _folders(folder)
    (folder / name).write_bytes(content)
    try:
        _load(name, folder)
    except J2AError as error:
        told(error)
    finally:
        (folder / name).write_bytes(whole[name])


def _load(name: str, folder: Path) -> None:
    kind = name.partition("/")[0]
    if kind == "encoder":
        encoder = load_encoder(folder / kind)
        assert encoder.config.features > 0
    elif kind == "projector":
        projector = load_projector(folder / kind)
        projector(torch.zeros(1, 3, projector.config.encoder_width))
    elif kind == "mini":
        found = light.load(folder / kind)
        if found is not None:
            found.answers(["ab<|im_end|>"], sampling=Sampling(max_new_tokens=2))
    elif kind == "adapter":
        assert llm._base_of(folder / kind)
    else:
        os.environ["J2A_HOME"] = str(folder)
        registry.models()


def _content(folder: Path) -> dict[str, bytes]:
    """The valid files, by name."""
    torch.manual_seed(0)
    for place in FILES:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
    MWMAE(MWMAEConfig(width=4, depth=1, heads=2, mlp_width=4, chunk_frames=4)).save(folder / "encoder")
    config = ProjectorConfig("2.1", 2, "encoder", "", 4, "mini", "", 4)
    Projector(config).save(folder / "projector")
    generator = np.random.default_rng(0)
    weights = {name: generator.normal(0, 1, shape).astype(np.float32) for name, shape in mistral.shapes(_MINI).items()}
    save_file(weights, folder / "mini" / saved.WEIGHTS_FILE)
    words = {"<|pad|>": 0, "<|im_end|>": 1, "<|im_start|>": 2, "a": 3, "b": 4, "u": 5, "\u010a": 6}
    backend = Tokenizer(models.BPE(vocab=words, merges=[]))
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(["<|pad|>", "<|im_end|>", "<|im_start|>"])
    (folder / "mini/tokenizer.json").write_text(backend.to_str())
    (folder / "mini/config.json").write_text(json.dumps(_MINI))
    (folder / "mini/tokenizer_config.json").write_text(json.dumps({"eos_token": "<|im_end|>", "pad_token": "<|pad|>"}))
    (folder / "mini/chat_template.jinja").write_text(CHATML)
    (folder / "adapter/adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "base", "r": 8}))
    (folder / "data/models/x/config.json").write_text(json.dumps({"architectures": ["MistralForCausalLM"]}))
    return {name: (folder / name).read_bytes() for name in FILES}


_folders = functools.cache(_content)


def seeds(folder: Path) -> list[bytes]:
    """Each file as it should be."""
    whole = _folders(folder)
    return [as_choice(number, whole[name]) for number, name in enumerate(FILES)]


TARGET = Target(attempt, seeds, (
    b'"dtype"', b'"F32"', b'"shape"', b'"data_offsets"', b"null", b"1e999", b"9" * 400, b'"model_type"', b"vocab",
    b"[]",
), longest=8_192)  # fmt: skip
