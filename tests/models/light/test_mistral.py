"""A small Mistral without torch: the same tokens as transformers', and everything else the general way."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import MistralConfig, MistralForCausalLM

from j2a import paths
from j2a.caption import Sampling
from j2a.errors import ModelError
from j2a.models import registry
from j2a.models.language.chat import CHATML
from j2a.models.language.llm import load_llm
from j2a.models.language.sequence import sequence
from j2a.models.language.stats import GenerationStats
from j2a.models.light import llm as light
from j2a.models.light import mistral
from j2a.models.light.generation import PREFILL_CHUNK, generate
from j2a.models.light.mistral import Cache, Positions
from j2a.models.prompts import HEARD_INSTRUCTIONS
from tests.models.tiny import save_tiny, tiny_tokenizer

TEXTS = [
    "Tempo: 128 BPM, fast\nMeter: 4/4\nKey: A minor\nChords: Am, F, C, G, repeating\nDescribe the music.",
    "Describe <|im_end|> naïve ☕ 東京\u2063",
    *HEARD_INSTRUCTIONS.values(),
]
FILES = ("config.json", "tokenizer_config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors")


@pytest.fixture(scope="module")
def both():
    folder = paths.builtin_model_dir()
    found = light.load(folder)
    assert found is not None
    return found, load_llm(str(folder))


def test_texts_become_the_same_ids(both):
    ours, general = (one.tokenizer for one in both)
    for text in TEXTS:
        for options in ({}, {"split_special_tokens": True}):
            ids = [one(text, add_special_tokens=False, **options)["input_ids"] for one in (ours, general)]
            assert ids[0] == ids[1]
    assert ours.eos_token_id == general.eos_token_id


def test_prompts_get_the_same_answers(both):
    ours, general = both
    assert (ours.weights, ours.width, ours.parameters) == (general.weights, general.width, general.parameters)
    for sampling in (Sampling(), Sampling(temperature=0.8, top_p=0.9)):
        alone = [["".join(one.stream(text, sampling=sampling, seed=3)) for text in TEXTS] for one in both]
        assert alone[0] == alone[1] and all(alone[0])
        together = [one.answers(TEXTS, sampling=sampling, seed=3) for one in both]
        assert together[0] == together[1] == alone[0]


def test_soft_tokens_are_read_alike(both):
    ours, general = both
    generator = torch.Generator().manual_seed(0)
    soft = [torch.randn(count, 256, generator=generator) * 0.05 for count in (1, 16, 90)]
    for tokens in soft:
        laid_out = sequence(general.model, general.tokenizer, "Describe.", tokens).embeddings
        np.testing.assert_array_equal(ours.embedded("Describe.", tokens.numpy()), laid_out.numpy())
    short = Sampling(max_new_tokens=40)
    said = [one.answers(["Describe."] * 3, soft if one is general else [x.numpy() for x in soft], sampling=short)
            for one in both]  # fmt: skip
    assert said[0] == said[1]


@pytest.fixture(scope="module", params=["float32", "bfloat16", "float16"])
def odd(request, tmp_path_factory):
    """Of sizes that no vector fits, with weights of each type, as folder and as transformers has it."""
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(1)
    config = MistralConfig(
        vocab_size=403, hidden_size=52, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, head_dim=10,
        intermediate_size=71, initializer_range=0.15, tie_word_embeddings=True, sliding_window=None, eos_token_id=2,
        pad_token_id=0, bos_token_id=None,
    )  # fmt: skip
    MistralForCausalLM(config).to(getattr(torch, request.param)).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(CHATML, encoding="utf-8")
    return folder, MistralForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def test_logits_agree_at_every_position_of_sequences_of_any_length(odd):
    folder, model = odd
    found = light.load(folder)
    assert found is not None
    generator = np.random.default_rng(0)
    prompts = [generator.integers(3, 400, count).tolist() for count in (1, 37, 70)]
    with torch.inference_mode():
        expected = [model(torch.tensor([ids])).logits[0].numpy() for ids in prompts]
    cache = Cache(found.model, len(prompts), 80)
    joined = [(row, place) for row, ids in enumerate(prompts) for place in range(len(ids))]
    for start in range(0, len(joined), 33):  # parts that end in the middle of a sequence
        part = joined[start : start + 33]
        positions = Positions(
            found.model.embed([prompts[row][place] for row, place in part]),
            [row for row, _ in part], [place for _, place in part], range(len(part)),
        )  # fmt: skip
        for (row, place), logits in zip(part, cache.logits(positions), strict=True):
            np.testing.assert_allclose(logits, expected[row][place], atol=2e-4)


@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_one_position_alone_is_that_of_many_on_vectors_of_any_width(odd, lanes):
    folder, reference = odd
    model = light.load(folder).model  # type: ignore[union-attr]
    ids = [5, 9, 300, 7]
    many = Cache(model, 1, 16, lanes=lanes).logits(Positions(model.embed(ids), [0] * 4, range(4), range(4)))
    with torch.inference_mode():
        np.testing.assert_allclose(many, reference(torch.tensor([ids])).logits[0].numpy(), atol=2e-4)
    alone = Cache(model, 1, 16, lanes=lanes)
    for place, token in enumerate(ids):
        (logits,) = alone.logits(Positions(model.embed([token]), [0], [place], [0]))
        np.testing.assert_allclose(logits, many[place], atol=1e-4)


def test_a_row_is_written_as_it_is_alone_whatever_stands_beside_it(both):
    model = both[0].model
    prompts = [model.embed(list(range(5, 5 + count))) for count in (3, 90, 41, 64)]
    how = {"sampling": Sampling(temperature=1.2, max_new_tokens=30), "eos_ids": [2], "seed": 5}
    together = list(generate(model, prompts, **how))
    for index, prompt in enumerate(prompts):
        alone = [found[0] for found in generate(model, [prompt], **how)]
        assert alone == [found[index] for found in together if index in found]


def test_a_cancel_ends_it_within_a_part_of_the_prompt_and_within_a_token(both):
    model = both[0].model
    asked = 0

    def after(count: int):
        def cancelled() -> bool:
            nonlocal asked
            asked += 1
            return asked > count

        return cancelled

    prompt = model.embed([7] * (3 * PREFILL_CHUNK))
    for calls, tokens in ((2, 0), (3 + 4, 5)):
        asked, stats = 0, GenerationStats()
        found = list(generate(model, [prompt], sampling=Sampling(), eos_ids=[], cancelled=after(calls), stats=stats))
        assert (len(found), stats.stopped, stats.new_tokens) == (tokens, "cancelled", tokens)


def test_a_token_that_the_model_does_not_know_is_told(odd):
    folder, _ = odd
    with pytest.raises(ModelError, match="token 403"):
        light.load(folder).model.embed([5, 403])  # type: ignore[union-attr]


def test_lengths_and_empty_prompts(both):
    model, stats = both[0].model, GenerationStats()
    found = list(
        generate(model, [model.embed([7, 8])], sampling=Sampling(max_new_tokens=3), eos_ids=[], stats=stats)
    )
    assert (len(found), stats.stopped, stats.prompt_tokens) == (3, "length", 2)
    with pytest.raises(ValueError, match="empty"):
        next(generate(model, [model.embed([])], sampling=Sampling(), eos_ids=[]))


def test_a_thousand_positions_take_no_time_of_their_own(both):
    model = both[0].model
    started = time.process_time()
    next(generate(model, [model.embed([7] * 1000)], sampling=Sampling(), eos_ids=[]))
    assert time.process_time() - started < 10


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
    for name in FILES:
        shutil.copy2(paths.builtin_model_dir() / name, tmp_path / name)
    assert light.load(tmp_path) is not None
    values = json.loads((tmp_path / file).read_bytes()) | changed
    (tmp_path / file).write_text(json.dumps(values), encoding="utf-8")
    assert light.load(tmp_path) is None


def test_folders_without_what_is_needed_go_the_general_way(tmp_path: Path):
    assert mistral.load(tmp_path) is None and light.load(tmp_path) is None
    folder = save_tiny(tmp_path / "llm")  # its head is a matrix of its own
    assert light.load(folder) is None
    assert type(registry.load_llm(str(folder)).model).__name__ == "MistralForCausalLM"
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    assert light.load(folder) is None
    (folder / "config.json").write_text("[" * 100_000 + "]" * 100_000, encoding="utf-8")
    assert mistral.load(folder) is None


@pytest.mark.parametrize(("variable", "value"), [("J2A_DEVICE", "cuda"), ("J2A_PRECISION", "bfloat16")])
def test_another_device_or_precision_goes_the_general_way(monkeypatch, variable, value):
    assert light.is_wanted()
    monkeypatch.setenv(variable, value)
    assert not light.is_wanted()


def test_weights_that_do_not_fit_are_told(tmp_path: Path):
    for name in FILES:
        shutil.copy2(paths.builtin_model_dir() / name, tmp_path / name)
    values = json.loads((tmp_path / "config.json").read_bytes())
    for changed in ({"intermediate_size": 1 << 40}, {"num_hidden_layers": 5}):
        (tmp_path / "config.json").write_text(json.dumps(values | changed), encoding="utf-8")
        with pytest.raises(ModelError, match="does not fit its config"):
            registry.load_llm(str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps(values), encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="is damaged"):
        registry.load_llm(str(tmp_path))
