"""Weights of 16 bits in the decoder: the same products, only where nothing is lost, and never stale."""

from __future__ import annotations

import copy

import pytest
import torch

from j2a.caption import Sampling
from j2a.models import decoder
from j2a.models.generation import generate_tokens
from j2a.models.halves import halves_of, times
from tests.models.tiny import tiny_mistral


@pytest.fixture
def rounded():
    """A tiny model whose weights were saved as bfloat16."""
    return copy.deepcopy(tiny_mistral()).bfloat16().float()


def test_a_product_is_that_of_the_linear():
    torch.manual_seed(0)
    linear = torch.nn.Linear(257, 65, bias=False).bfloat16().float()
    row = torch.randn(1, 257)
    (half,) = halves_of(torch.nn.Sequential(linear)).values()
    assert half.nbytes == 2 * 257 * 65
    assert torch.allclose(times(half, row), linear(row), atol=1e-5)


def test_captions_are_the_same(rounded, monkeypatch):
    def written():
        prompt = torch.arange(5, 25)[None]
        return list(generate_tokens(rounded, input_ids=prompt, sampling=Sampling(max_new_tokens=40), eos_ids=[-1]))

    assert halves_of(rounded)
    ours = written()
    monkeypatch.setattr(decoder, "halves_of", lambda model: {})
    assert ours == written()


def test_weights_that_would_lose_something_stay_as_they_are():
    assert halves_of(tiny_mistral()) == {}


def test_changed_weights_are_read_anew(rounded):
    linear = rounded.lm_head
    before = halves_of(rounded)[linear]
    assert halves_of(rounded)[linear] is before
    with torch.no_grad():
        linear.weight.mul_(2)
    row = torch.ones(1, linear.in_features)
    assert torch.allclose(times(halves_of(rounded)[linear], row), linear(row), atol=1e-4)
