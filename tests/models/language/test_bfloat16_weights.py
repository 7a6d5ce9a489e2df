"""Weights of 16 bits in the decoder: the same products, only where nothing is lost, and never stale."""

from __future__ import annotations

import copy

import pytest
import torch

from j2a.caption import Sampling
from j2a.models.language import compiled_token, decoder
from j2a.models.language.bfloat16_weights import bfloat16_weights_of, matrix_vector_product
from j2a.models.language.generation import generate_tokens
from tests.models.tiny import tiny_mistral


@pytest.fixture
def rounded():
    """A tiny model whose weights were saved as bfloat16."""
    return copy.deepcopy(tiny_mistral()).bfloat16().float()


def test_a_product_is_that_of_the_linear():
    torch.manual_seed(0)
    linear = torch.nn.Linear(257, 65, bias=False).bfloat16().float()
    row = torch.randn(1, 257)
    (half,) = bfloat16_weights_of(torch.nn.Sequential(linear)).values()
    assert half.nbytes == 2 * 257 * 65
    out = torch.empty(65)
    matrix_vector_product(half, row[0].numpy(), out.numpy())
    assert torch.allclose(out, linear(row)[0], atol=1e-5)


def test_captions_are_the_same(rounded, monkeypatch):
    def written():
        prompt = torch.arange(5, 25)[None]
        return list(generate_tokens(rounded, input_ids=prompt, sampling=Sampling(max_new_tokens=40), eos_ids=[-1]))

    assert compiled_token.weights_of(rounded) is not None
    ours = written()
    monkeypatch.setattr(compiled_token, "weights_of", lambda model: None)
    assert ours == written()


def test_logits_agree_at_every_position(rounded):
    mask = torch.ones(1, 6, dtype=torch.long)
    with torch.inference_mode():
        cache = rounded(torch.arange(5, 11)[None], use_cache=True).past_key_values
    both = [decoder.Decoder(rounded, cache, mask, 8), decoder.follow(rounded, cache, mask, 8)]
    assert isinstance(both[1], decoder.CompiledDecoder)
    for token in (3, 300, 7, 7, 120):
        one, other = (each(torch.tensor([token])) for each in both)
        assert torch.allclose(one, other, atol=1e-4)


def test_padding_and_batches_go_the_other_way(rounded):
    with torch.inference_mode():
        cache = rounded(torch.arange(5, 11)[None], use_cache=True).past_key_values
    padded = torch.tensor([[0, 1, 1, 1, 1, 1]])
    assert type(decoder.follow(rounded, cache, padded, 4)) is decoder.Decoder
    with torch.inference_mode():
        cache = rounded(torch.arange(5, 17).view(2, 6), use_cache=True).past_key_values
    assert type(decoder.follow(rounded, cache, torch.ones(2, 6, dtype=torch.long), 4)) is decoder.Decoder


def test_weights_that_would_lose_something_stay_as_they_are():
    assert bfloat16_weights_of(tiny_mistral()) == {} and compiled_token.weights_of(tiny_mistral()) is None


def test_changed_weights_are_read_anew(rounded):
    before = compiled_token.weights_of(rounded)
    assert compiled_token.weights_of(rounded) is before
    with torch.no_grad():
        rounded.lm_head.weight.mul_(2)
    after = compiled_token.weights_of(rounded)
    assert not (after.head == before.head).all() and (after.down == before.down).all()
