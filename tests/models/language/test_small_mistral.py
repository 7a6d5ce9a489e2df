"""The built-in model without transformers: the same tokens, and everything else the general way."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from j2a import paths
from j2a.caption import Sampling
from j2a.errors import ModelError
from j2a.models.language import small_mistral
from j2a.models.language.generation import batch_text, generate_tokens
from j2a.models.language.llm import load_llm, load_to_caption
from j2a.models.language.sequence import sequence
from j2a.models.prompts import HEARD_INSTRUCTIONS
from tests.models.tiny import save_tiny

TEXTS = [
    "Tempo: 128 BPM, fast\nMeter: 4/4\nKey: A minor\nChords: Am, F, C, G, repeating\nDescribe the music.",
    "Describe <|im_end|> naïve ☕ 東京\u2063",
    *HEARD_INSTRUCTIONS.values(),
]


@pytest.fixture(scope="module")
def both():
    folder = str(paths.builtin_model_dir())
    found = load_to_caption(folder)
    assert isinstance(found.model, small_mistral.SmallMistral), "the built-in model is read without transformers"
    return found, load_llm(folder)


def test_texts_become_the_same_ids(both):
    ours, general = (one.tokenizer for one in both)
    for text in TEXTS:
        for options in ({}, {"split_special_tokens": True}):
            ids = [one(text, add_special_tokens=False, **options)["input_ids"] for one in (ours, general)]
            assert ids[0] == ids[1]
    assert (ours.eos_token_id, ours.pad_token_id) == (general.eos_token_id, general.pad_token_id)


def test_prompts_get_the_same_answers(both):
    ours, general = both
    assert ours.weights == general.weights
    for sampling in (Sampling(), Sampling(temperature=0.8, top_p=0.9)):
        alone = [["".join(one.stream(text, sampling=sampling, seed=3)) for text in TEXTS] for one in both]
        assert alone[0] == alone[1] and all(alone[0])
    together = [one.answers(TEXTS, sampling=Sampling()) for one in both]
    assert together[0] == together[1] == ["".join(ours.stream(text, sampling=Sampling())) for text in TEXTS]


def test_soft_tokens_are_read_alike(both):
    generator = torch.Generator().manual_seed(0)
    soft = [torch.randn(count, 256, generator=generator) * 0.05 for count in (1, 16, 90)]
    prompts = [[sequence(one.model, one.tokenizer, "Describe.", tokens).embeddings for tokens in soft] for one in both]
    assert all(torch.equal(one, other) for one, other in zip(*prompts, strict=True))
    said = [batch_text(one.model, one.tokenizer, prompts[0], sampling=Sampling(max_new_tokens=40)) for one in both]
    assert said[0] == said[1]


def test_logits_agree_behind_padding(both):
    mask = torch.ones(2, 100, dtype=torch.long)
    mask[0, :70] = 0  # longer than a chunk of the prefill
    ids = torch.randint(3, 4000, (2, 100), generator=torch.Generator().manual_seed(0)) * mask
    asked = {"input_ids": ids, "attention_mask": mask, "sampling": Sampling(max_new_tokens=12), "eos_ids": []}
    tokens = [list(generate_tokens(one.model, **asked)) for one in both]
    assert tokens[0] == tokens[1]


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("config.json", {"hidden_act": "gelu"}),
        ("config.json", {"sliding_window": 64}),
        ("config.json", {"model_type": "llama"}),
        ("config.json", {"head_dim": None}),
        ("config.json", {"num_key_value_heads": 3}),
        ("config.json", {"num_hidden_layers": 0}),
        ("config.json", {"hidden_size": 256.0}),
        ("config.json", {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}),
        ("tokenizer_config.json", {"eos_token": "<|other|>"}),
        ("tokenizer_config.json", {"eos_token": "\ud800"}),
    ],
)
def test_other_models_go_the_general_way(tmp_path: Path, file, changed):
    for name in ("config.json", "tokenizer_config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors"):
        shutil.copy2(paths.builtin_model_dir() / name, tmp_path / name)
    assert small_mistral.load(tmp_path) is not None
    values = json.loads((tmp_path / file).read_bytes()) | changed
    (tmp_path / file).write_text(json.dumps(values), encoding="utf-8")
    assert small_mistral.load(tmp_path) is None


def test_folders_without_what_is_needed_go_the_general_way(tmp_path: Path):
    assert small_mistral.load(tmp_path) is None
    folder = save_tiny(tmp_path / "llm")
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    assert small_mistral.load(folder) is None
    assert type(load_to_caption(str(folder)).model).__name__ == "MistralForCausalLM"
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    assert small_mistral.load(folder) is None
    (folder / "config.json").write_text("[" * 100_000 + "]" * 100_000, encoding="utf-8")
    assert small_mistral.load(folder) is None


def test_weights_that_do_not_fit_are_told(tmp_path: Path):
    for name in ("config.json", "tokenizer_config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors"):
        shutil.copy2(paths.builtin_model_dir() / name, tmp_path / name)
    values = json.loads((tmp_path / "config.json").read_bytes())
    for changed in ({"intermediate_size": 1 << 40}, {"num_hidden_layers": 5}):
        (tmp_path / "config.json").write_text(json.dumps(values | changed), encoding="utf-8")
        with pytest.raises(ModelError, match="does not fit its config"):
            load_to_caption(str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps(values), encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="is damaged"):
        load_to_caption(str(tmp_path))


def test_captioning_imports_neither_transformers_nor_torchs_compiler():
    code = (
        "import sys; from j2a.models import registry; registry.load('2.1', 'mini'); "
        "print(*{'transformers', 'torch._dynamo', 'sympy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
