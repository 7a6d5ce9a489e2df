"""Our decoder against the model it stands in for, on tiny real models."""

from __future__ import annotations

import pytest
import torch
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

from j2a.caption import Sampling
from j2a.models.language import decoder
from j2a.models.language.generation import generate_tokens, left_pad
from tests.models.tiny import tiny_mistral

LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}


def tiny_llama(**options) -> LlamaForCausalLM:
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=400,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=1,
        head_dim=24,
        intermediate_size=128,
        initializer_range=0.15,
        tie_word_embeddings=True,
        **options,
    )
    return LlamaForCausalLM(config).eval()


MODELS = {
    "mistral": tiny_mistral,
    "llama": tiny_llama,
    "llama with a scaled rope": lambda: tiny_llama(rope_parameters=LLAMA3_ROPE),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("lengths", [[9], [40, 3, 17]], ids=["one row", "left-padded rows"])
@pytest.mark.parametrize("kind", [decoder.Decoder, decoder.Recorded])
def test_logits_equal_the_models(name, lengths, kind):
    model = MODELS[name]()
    generator = torch.Generator().manual_seed(0)
    ids, mask = left_pad([torch.randint(3, 400, (length,), generator=generator).tolist() for length in lengths], 0)
    following = torch.randint(3, 400, (12, len(lengths)), generator=generator)
    whole_mask = torch.cat([mask, mask.new_ones(len(lengths), 12)], dim=1)
    positions = (whole_mask.cumsum(1) - 1).clamp_min(0)
    cache = DynamicCache(config=model.config)
    with torch.inference_mode():
        model(ids, attention_mask=mask, position_ids=positions[:, : ids.shape[1]], cache=cache)
        everything = torch.cat([ids, following.T], dim=1)
        expected = model(everything, attention_mask=whole_mask, position_ids=positions).logits
    assert decoder.supports(model, everything.shape[1])
    follow = kind(model, cache, mask, 12)
    for step, tokens in enumerate(following):
        torch.testing.assert_close(follow(tokens), expected[:, ids.shape[1] + step], rtol=1e-4, atol=2e-5)


def test_what_it_cannot_do_is_left_to_the_model():
    model = tiny_mistral()
    assert decoder.supports(model, 200)
    model.config.sliding_window = 128
    assert decoder.supports(model, 128)
    assert not decoder.supports(model, 129)
    assert not decoder.supports(tiny_mistral().to(torch.bfloat16), 10)
    assert not decoder.supports(tiny_llama(attention_bias=True), 10)
    assert not decoder.supports(
        tiny_llama(rope_parameters={"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}), 10
    )
    replaced = tiny_mistral()
    replaced.model.layers[0].mlp.up_proj = torch.nn.Sequential(replaced.model.layers[0].mlp.up_proj)
    assert not decoder.supports(replaced, 10)


def test_a_text_that_outgrows_the_sliding_window_equals_generate():
    def greedy(model) -> list[int]:
        options = Sampling(max_new_tokens=24)
        return [token for (token,) in generate_tokens(model, input_ids=ids, sampling=options, eos_ids=[10_000])]

    ids = torch.randint(3, 400, (1, 20), generator=torch.Generator().manual_seed(3))
    model = tiny_mistral()
    model.config.sliding_window = 32
    theirs = model.generate(ids, do_sample=False, max_new_tokens=24, eos_token_id=10_000, pad_token_id=0)
    assert greedy(model) == theirs[0, 20:].tolist()
    assert greedy(model) != greedy(tiny_mistral()), "a window that changes nothing proves nothing"
