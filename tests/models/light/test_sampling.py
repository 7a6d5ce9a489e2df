"""What is drawn without torch is what torch draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from j2a.caption import Sampling
from j2a.models.language import generation
from j2a.models.light.sampling import Draws, choose


@pytest.mark.parametrize("seed", [0, 1, 4_294_967_295, (1 << 40) + 7])
def test_random_numbers_are_torchs(seed):
    draws, generator = Draws(seed), torch.Generator().manual_seed(seed)
    for count in (1, 40, 4096, 17):  # the next ones, too
        expected = torch.empty(count).exponential_(1, generator=generator).numpy()
        np.testing.assert_allclose(draws.exponential(count), expected, rtol=3e-7)


@pytest.mark.parametrize(
    "sampling",
    [Sampling(), Sampling(0.3), Sampling(0.8, 0.9), Sampling(2.0, 0.01), Sampling(1.5, 1.0), Sampling(1e-3),
     Sampling(1e-40), Sampling(1e-320)],
)
def test_tokens_are_torchs(sampling):
    logits = np.random.default_rng(0).normal(0, 3, (200, 500)).astype(np.float32)
    draws, generator = Draws(9), torch.Generator().manual_seed(9)
    for row in logits:
        expected = generation.choose(torch.from_numpy(row)[None], sampling, [generator])
        assert choose(row, sampling, draws) == int(expected)
